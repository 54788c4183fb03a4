"""Containers that a file makes, what is put into them and whether anything is taken out. Pure."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from memgui.analysis.lint.flow import base_path
from memgui.analysis.lint.source import Source, dotted, keyword, last_word

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


class Traffic:
    """What is put into containers and taken out of them anywhere in a file, by name; found in one pass."""

    def __init__(self, source: Source) -> None:
        self.puts: dict[str, list[Growth]] = defaultdict(list)
        self.takes: dict[str, list[ast.AST]] = defaultdict(list)
        self.made: dict[str, list[ast.Assign]] = defaultdict(list)
        self.emptied: dict[str, list[ast.Assign]] = defaultdict(list)
        for call in source.calls(*_ADDS):
            if isinstance(call.func, ast.Attribute) and call.args:
                growth = Growth(call, call.args[0] if len(call.args) > 1 else None, call.args[-1])
                self.puts[base_path(call.func.value)].append(growth)
        for call in source.calls(*_TAKES):
            if isinstance(call.func, ast.Attribute):
                self.takes[_word(base_path(call.func.value))].append(call)
        for call in source.calls("len"):
            if isinstance(source.parents.get(call), ast.Compare):
                for argument in call.args:
                    self.takes[last_word(argument)].append(call)
        for node in source.nodes(ast.Delete):
            for target in node.targets:
                self.takes[_word(base_path(target))].append(node)
        for added in source.nodes(ast.AugAssign):
            if isinstance(added.op, ast.Add):
                self.puts[dotted(added.target)].append(Growth(added, None, added.value))
        for assigned in source.nodes(ast.Assign):
            for target in assigned.targets:
                self._assigned(assigned, target)

    def _assigned(self, node: ast.Assign, target: ast.expr) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            for item in target.elts:
                self._assigned(node, item)
        elif not isinstance(target, ast.Subscript):
            self.made[dotted(target)].append(node)
        elif isinstance(target.slice, ast.Slice):
            self.emptied[dotted(target.value)].append(node)
        else:
            self.puts[base_path(target)].append(Growth(node, target.slice, node.value))


def traffic(source: Source) -> Traffic:
    """The traffic of a file, found once."""
    found: Traffic | None = source.shared.get("traffic")
    if found is None:
        found = source.shared["traffic"] = Traffic(source)
    return found


def growths(source: Source, function: ast.AST, path: str) -> Iterator[Growth]:
    """Where a function puts something into a container, functions in it left out; in the order of the text."""
    found = [growth for growth in traffic(source).puts.get(path, ()) if source.function(growth.node) is function]
    yield from sorted(found, key=_line)


def shrinks(source: Source, path: str, *, within: ast.AST | None = None, made: ast.AST | None = None) -> bool:
    """Whether anything in the file (or a part of it) takes something out of a container, or makes it anew.

    Args:
        made: the statement that makes it first, which does not count.
    """
    known = traffic(source)
    again = [node for node in known.made.get(path, ()) if node is not made and not _is_first(source, node)]
    found: list[ast.AST] = [*known.takes.get(_word(path), ()), *known.emptied.get(path, ()), *again]
    return any(within is None or source.inside(node, within) for node in found)


def _line(growth: Growth) -> int:
    return growth.node.lineno  # type: ignore[attr-defined, no-any-return]


def _word(path: str) -> str:
    return path.rpartition(".")[2]


def _is_first(source: Source, node: ast.AST) -> bool:
    """Where containers are made: at the top of a module or class, and in `__init__`."""
    function = source.function(node)
    return function is None or getattr(function, "name", "") == "__init__"
