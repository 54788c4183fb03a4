"""MG010: an exception is kept, and with it every frame that it passed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from memgui.analysis.lint.containers import shrinks
from memgui.analysis.lint.flow import base_path
from memgui.analysis.lint.rule import Place, Rule, Settings
from memgui.analysis.lint.source import Source, dotted, is_parameter, last_word, own

_CLEARS = ("clear_frames", "with_traceback")


def _check(source: Source, _settings: Settings) -> Iterator[Place]:
    for handler in source.nodes(ast.ExceptHandler):
        if handler.name is None or _lets_go(handler):
            continue
        for node in own(handler.body):
            target = _kept_in(node, handler.name)
            if target and _outlives(source, target, handler, node):
                yield Place(node, f"`{target}` keeps the exception, and its traceback keeps the locals of every frame")


def _kept_in(node: ast.AST, name: str) -> str:
    """Where an exception is put as it is: an attribute, a container."""
    if isinstance(node, ast.Assign) and _is_it(node.value, name):
        return next((base_path(target) for target in node.targets if not isinstance(target, ast.Name | ast.Tuple)), "")
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("append", "add", "insert")
    ):
        return base_path(node.func.value) if node.args and _is_it(node.args[-1], name) else ""
    return ""


def _is_it(node: ast.expr, name: str) -> bool:
    if isinstance(node, ast.Tuple | ast.List):
        return any(_is_it(item, name) for item in node.elts)
    if isinstance(node, ast.Dict):
        return any(_is_it(item, name) for item in node.values)
    return isinstance(node, ast.Name) and node.id == name


def _outlives(source: Source, target: str, handler: ast.ExceptHandler, kept: ast.AST) -> bool:
    """An attribute or a global that nobody empties or raises again; a local list goes with its call."""
    function = source.function(handler)
    root, dot, _ = target.partition(".")
    local = function is not None and source.is_local(root, function) and not is_parameter(function, root)
    if local or (function is None and not dot):
        return False
    return not (_is_raised(source, target) or shrinks(source, target, made=kept))


def _is_raised(source: Source, target: str) -> bool:
    raised: set[str] | None = source.shared.get("raised")
    if raised is None:
        ends = [end for node in source.nodes(ast.Raise) for end in (node.exc, node.cause) if end is not None]
        raised = source.shared["raised"] = {last_word(end) for end in ends}
    return target.rpartition(".")[2] in raised


def _lets_go(handler: ast.ExceptHandler) -> bool:
    for node in own(handler.body):
        if isinstance(node, ast.Call) and last_word(node.func) in _CLEARS:
            return True
        if isinstance(node, ast.Assign) and any(last_word(target) == "__traceback__" for target in node.targets):
            return True
        if isinstance(node, ast.Raise) and (node.exc is None or dotted(node.exc) == handler.name):
            return True
    return False


RULES = (
    Rule(
        "MG010",
        "exception-kept",
        "An exception is kept",
        "An exception refers to its traceback, the traceback to every frame between raise and except, and "
        "the frames to "
        "their locals: activations, batches, losses. Kept in a list or an attribute, it keeps all of them.",
        "Keep `repr(error)` or `traceback.format_exc()`, or drop the frames by `error.with_traceback(None)`.",
        """\
class Trainer:
    def step(self, batch):
        try:
            self.run(batch)
        except RuntimeError as error:
            self.errors.append(error)
""",
        """\
class Trainer:
    def step(self, batch):
        try:
            self.run(batch)
        except RuntimeError as error:
            self.errors.append(repr(error))
""",
        ("except",),
        _check,
    ),
)
