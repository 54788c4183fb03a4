"""Containers that a file makes, what is put into them and whether anything is taken out. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from memgui.analysis.lint.flow import base_path
from memgui.analysis.lint.source import Source, dotted, keyword, last_word, own

_MAKERS = {"dict", "list", "set", "defaultdict", "OrderedDict", "Counter", "deque"}
_ADDS = {"append", "add", "appendleft", "extend", "insert", "update", "setdefault"}
_TAKES = {"clear", "pop", "popleft", "popitem", "remove", "discard", "move_to_end"}


@dataclass(frozen=True)
class Growth:
    """Something is put into a container: `value` under `key`, where they are known."""

    node: ast.AST
    key: ast.expr | None
    value: ast.expr | None


def is_empty_container(node: ast.AST | None) -> bool:
    """`[]`, `{}`, `dict()`, `defaultdict(list)` …, without a bound."""
    if isinstance(node, ast.List | ast.Set):
        return not node.elts
    if isinstance(node, ast.Dict):
        return not node.keys
    if not isinstance(node, ast.Call) or last_word(node.func) not in _MAKERS:
        return False
    if last_word(node.func) == "defaultdict":
        return len(node.args) <= 1
    return not node.args and keyword(node, "maxlen") is None


def growths(body: list[ast.stmt], path: str) -> Iterator[Growth]:
    """Where these statements put something into a container."""
    for node in own(body):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ADDS:
            if base_path(node.func.value) == path and node.args:
                yield Growth(node, node.args[0] if len(node.args) > 1 else None, node.args[-1])
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if (
                    isinstance(target, ast.Subscript)
                    and not isinstance(target.slice, ast.Slice)
                    and base_path(target) == path
                ):
                    yield Growth(node, target.slice, node.value)
        elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and dotted(node.target) == path:
            yield Growth(node, None, node.value)


def shrinks(source: Source, path: str, *, within: ast.AST | None = None, made: ast.AST | None = None) -> bool:
    """Whether anything in the file (or a part of it) takes something out of a container, or makes it anew.

    Args:
        made: the statement that makes it first, which does not count.
    """
    word = path.rpartition(".")[2]
    for call in source.calls(*_TAKES):
        if isinstance(call.func, ast.Attribute) and _names(call.func.value, word) and _within(source, call, within):
            return True
    for node in source.nodes(ast.Delete):
        if any(_names(target, word) for target in node.targets) and _within(source, node, within):
            return True
    for assigned in source.nodes(ast.Assign):
        again = assigned is not made and not _is_first(source, assigned)
        for target in assigned.targets:
            emptied = _is_slice(target, path) or (again and _is_whole(target, path))
            if emptied and _within(source, assigned, within):
                return True
    return any(
        last_word(argument) == word and _within(source, call, within)
        for call in source.calls("len")
        for argument in call.args
        if isinstance(source.parents.get(call), ast.Compare)
    )


def _within(source: Source, node: ast.AST, outer: ast.AST | None) -> bool:
    return outer is None or source.inside(node, outer)


def _names(node: ast.AST, word: str) -> bool:
    return base_path(node).rpartition(".")[2] == word


def _is_first(source: Source, node: ast.AST) -> bool:
    """Where containers are made: at the top of a module or class, and in `__init__`."""
    function = source.function(node)
    return function is None or getattr(function, "name", "") == "__init__"


def _is_slice(target: ast.expr, path: str) -> bool:
    return isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Slice) and dotted(target.value) == path


def _is_whole(target: ast.expr, path: str) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return any(_is_whole(item, path) for item in target.elts)
    return dotted(target) == path
