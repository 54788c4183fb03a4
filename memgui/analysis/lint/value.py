"""What the data flow knows of an expression: from which calls and names its graph may come. Frozen, pure."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    """One of several values that a call returns."""

    call: ast.Call
    index: int


# A call or a member of what it returns, a literal that makes a container, the dotted name of what came from outside.
Origin = ast.AST | Member | str
_NONE: frozenset[Origin] = frozenset()


@dataclass(frozen=True)
class Value:
    """A value by its origins.

    Attributes:
        strong: it is one of these, or a tensor computed from one by operations that are known to keep the graph.
        weak: these went into it through calls of which nothing is known.
        items: the members, where it is a tuple of known length.
    """

    strong: frozenset[Origin] = _NONE
    weak: frozenset[Origin] = _NONE
    items: tuple[Value, ...] | None = None

    def member(self, index: int) -> Value:
        """One member of it when it is unpacked."""
        if self.items is not None and index < len(self.items):
            return self.items[index]
        strong = {Member(origin, index) if isinstance(origin, ast.Call) else origin for origin in self.strong}
        return Value(frozenset(strong), self.weak)

    @property
    def all(self) -> frozenset[Origin]:
        """Every origin."""
        return self.strong | self.weak


PLAIN = Value()


def call_of(origin: Origin) -> ast.Call | None:
    """The call that an origin is, or is a member of."""
    call = origin.call if isinstance(origin, Member) else origin
    return call if isinstance(call, ast.Call) else None


def shares(some: Iterable[Origin], others: Iterable[Origin]) -> bool:
    """Whether two sets have an origin in common; a call as a whole has all its members."""
    known = set(others)
    whole = {origin.call for origin in known if isinstance(origin, Member)}
    return any(
        origin in known or origin in whole or (isinstance(origin, Member) and origin.call in known) for origin in some
    )


def union(values: Iterable[Value]) -> Value:
    """Any of these, or all together in a container."""
    known = [value for value in values if value is not PLAIN]
    if not known:
        return PLAIN
    if len(known) == 1:
        return known[0]
    return Value(
        frozenset().union(*(value.strong for value in known)), frozenset().union(*(value.weak for value in known))
    )


def through(origin: Origin, inputs: Iterable[Value]) -> Value:
    """The result of a call of which nothing is known."""
    return Value(frozenset((origin,)), frozenset().union(*(value.all for value in inputs)))
