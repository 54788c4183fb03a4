"""What a check has to say: hits of rules and files that could not be read. Frozen, any thread."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Edit:
    """A change that keeps what the code computes: `kind` is applied to the expression that begins there.

    Attributes:
        line, column: where the expression begins; line from 1, column from 0, in characters.
        kind: "detach" (append `.detach()`), "drop set_to_none" or "load to cpu".
    """

    line: int
    column: int
    end_line: int
    end_column: int
    kind: str


@dataclass(frozen=True, order=True)
class Hit:
    """A rule's finding at one place.

    Attributes:
        line, column: from 1, in characters; `end_line` is the last line of what is meant.
        message: what is kept and why, in one sentence.
        fix: what to change, in one sentence.
        edit: the change where one is safe, else None.
    """

    path: str
    line: int
    column: int
    rule: str
    message: str
    fix: str
    end_line: int = 0
    edit: Edit | None = None


@dataclass(frozen=True, order=True)
class Unreadable:
    """A file that could not be checked, with the place of a syntax error where it is one."""

    path: str
    line: int
    column: int
    reason: str


@dataclass(frozen=True)
class Report:
    """What was found in some files, in order of path and line."""

    hits: tuple[Hit, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    files: int = 0
    suppressed: int = 0
