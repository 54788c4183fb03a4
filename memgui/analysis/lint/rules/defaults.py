"""MG009: a mutable default that collects."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from memgui.analysis.lint.containers import Growth, growths, is_empty_container
from memgui.analysis.lint.flow import base_path
from memgui.analysis.lint.rule import Place, Rule, Settings
from memgui.analysis.lint.source import Source, dotted, own


def _check(source: Source, _settings: Settings) -> Iterator[Place]:
    for function in source.functions():
        for argument, default in _defaults(function):
            if not is_empty_container(default) and not isinstance(default, ast.List | ast.Dict | ast.Set):
                continue
            first = next(
                (growth for growth in growths(source, function, argument.arg) if _adds(source, growth, argument.arg)),
                None,
            )
            if first is not None and not _is_rebound(function, argument.arg, first.node):
                yield Place(default, f"the default of `{argument.arg}` is made once and collects from call to call")


def _adds(source: Source, growth: Growth, name: str) -> bool:
    """Not under a key that is written out, and not over what is there."""
    if growth.key is not None and isinstance(growth.key, ast.Constant):
        return False
    return not any(
        base_path(part.func.value if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) else part)
        == name
        for loop in source.loops(growth.node)
        if not isinstance(loop, ast.While)
        for part in [loop.iter]
    )


def _defaults(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[ast.arg, ast.expr]]:
    arguments = [*function.args.posonlyargs, *function.args.args]
    if function.args.defaults:
        yield from zip(arguments[-len(function.args.defaults) :], function.args.defaults, strict=True)
    for argument, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
        if default is not None:
            yield argument, default


def _is_rebound(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str, before: ast.AST) -> bool:
    """Copied, or replaced, before something is put into it."""
    return any(
        isinstance(node, ast.Assign)
        and node.lineno < before.lineno  # type: ignore[attr-defined]
        and any(dotted(target) == name for target in node.targets)
        for node in own(function.body)
    )


RULES = (
    Rule(
        "MG009",
        "default-collects",
        "A mutable default collects",
        "A default is made once, when the function is defined. What is put into it stays for the life of the process.",
        "Take None as the default, and make the list or dict inside.",
        """\
def record(loss, history=[]):
    history.append(loss)
    return history
""",
        """\
def record(loss, history=None):
    history = [] if history is None else history
    history.append(loss)
    return history
""",
        ("def ",),
        _check,
    ),
)
