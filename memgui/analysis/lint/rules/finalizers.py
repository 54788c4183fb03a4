"""MG019: an object brings itself back in `__del__`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from memgui.analysis.lint.flow import base_path
from memgui.analysis.lint.rule import Place, Rule, Settings
from memgui.analysis.lint.source import Source, own

_PUTS = {"append", "appendleft", "add", "insert", "put", "put_nowait", "setdefault", "push", "extend"}


def _check(source: Source, _settings: Settings) -> Iterator[Place]:
    for function in source.nodes(ast.FunctionDef):
        if function.name != "__del__" or not function.args.args:
            continue
        me = function.args.args[0].arg
        declared = {
            name for node in own(function.body) if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names
        }
        for node in own(function.body):
            target = _kept_in(node, me, declared)
            if target and target.partition(".")[0] != me:
                yield Place(node, f"`{target}` takes `{me}` back in __del__: the object and all it holds live on")


def _kept_in(node: ast.AST, me: str, declared: set[str]) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _PUTS:
        return base_path(node.func.value) if any(_is_it(item, me) for item in node.args) else ""
    if isinstance(node, ast.Assign) and _is_it(node.value, me):
        for target in node.targets:
            path = base_path(target)
            if not isinstance(target, ast.Name) or path in declared:
                return path
    return ""


def _is_it(node: ast.expr, name: str) -> bool:
    if isinstance(node, ast.Tuple | ast.List):
        return any(_is_it(item, name) for item in node.elts)
    return isinstance(node, ast.Name) and node.id == name


RULES = (
    Rule(
        "MG019",
        "resurrection",
        "An object brings itself back in __del__",
        "Storing `self` in `__del__` makes the object live again, with its tensors. It is not finalized a "
        "second time, so "
        "nobody gives back what it holds.",
        "Keep the resource in a pool, not the object: give back `self.buffer`, or use `weakref.finalize`.",
        """\
class Buffer:
    def __del__(self):
        POOL.append(self)
""",
        """\
class Buffer:
    def __del__(self):
        POOL.append(self.storage)
""",
        ("__del__",),
        _check,
    ),
)
