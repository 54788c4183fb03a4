"""MG005: a cache on a method."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from memgui.analysis.lint.rule import Place, Rule, Settings
from memgui.analysis.lint.source import Source, is_constant, is_method, keyword, last_word


def _check(source: Source, _settings: Settings) -> Iterator[Place]:
    for node in source.nodes(ast.FunctionDef):
        if not is_method(node, source.parents) or not node.args.args:
            continue
        names = {last_word(item.func if isinstance(item, ast.Call) else item) for item in node.decorator_list}
        if names & {"staticmethod", "classmethod"} or _is_enumeration(source, node):
            continue
        for item in node.decorator_list:
            call = item.func if isinstance(item, ast.Call) else item
            if source.origin(call) in ("functools.lru_cache", "functools.cache") and not _holds_nothing(item):
                size = "for ever" if _is_unbounded(item) else "until they fall out of the cache"
                yield Place(item, f"the cache of `{node.name}` belongs to the class and keeps each `self` {size}")


def _holds_nothing(item: ast.expr) -> bool:
    return isinstance(item, ast.Call) and (
        is_constant(keyword(item, "maxsize"), 0) or any(is_constant(argument, 0) for argument in item.args)
    )


def _is_unbounded(item: ast.expr) -> bool:
    if last_word(item.func if isinstance(item, ast.Call) else item) == "cache":
        return True
    return (
        isinstance(item, ast.Call)
        and is_constant(keyword(item, "maxsize") or next(iter(item.args), None), None)
        and (bool(item.args or item.keywords))
    )


def _is_enumeration(source: Source, node: ast.AST) -> bool:
    owner = source.class_of(node)
    return owner is not None and any(base.endswith(("Enum", "Flag")) or base == "type" for base in source.bases(owner))


RULES = (
    Rule(
        "MG005",
        "cache-on-method",
        "lru_cache or cache on a method",
        "The cache hangs on the function, so on the class: it keeps `self` of every object that called it, "
        "with all its "
        "tensors, and each argument and result.",
        "Cache in the object (`functools.cached_property`, a dict of its own), or cache a function of plain arguments.",
        """\
from functools import lru_cache


class Tokens:
    @lru_cache(maxsize=None)
    def encode(self, text):
        return self.model(text)
""",
        """\
from functools import cached_property


class Tokens:
    @cached_property
    def table(self):
        return self.model.table()
""",
        ("lru_cache", "functools"),
        _check,
    ),
)
