"""What a rule is: its words, and a function from a source to places."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from memgui.analysis.lint.report import Edit
from memgui.analysis.lint.source import Source


@dataclass(frozen=True)
class Settings:
    """What rules need to know beyond the text.

    Attributes:
        memory_bytes: memory of the machine that the code is meant for; None where unknown.
        sample_bytes: size of one sample of a dataset where the code does not tell; None where unknown.
    """

    memory_bytes: float | None = None
    sample_bytes: float | None = None


@dataclass(frozen=True)
class Place:
    """Where a rule found something."""

    node: ast.AST
    message: str
    edit: Edit | None = None


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        code: "MG001"; name: its words joined by hyphens.
        title: what is wrong, in one line; why: what it costs and how.
        fix: what to change.
        bad, good: programs that the rule finds and does not find.
        words: a text that holds none of them cannot break the rule.
        fixable: `--fix` knows how to change it, where a change is safe.
    """

    code: str
    name: str
    title: str
    why: str
    fix: str
    bad: str
    good: str
    words: tuple[str, ...]
    check: Callable[[Source, Settings], Iterable[Place]]
    fixable: bool = False
