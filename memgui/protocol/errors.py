"""Errors that a person reads: what happened, the likely cause, and the next step."""

from __future__ import annotations


class Problem(Exception):  # noqa: N818 - the field's word for an error with advice, as in RFC 9457
    """Something a user can act on.

    Attributes:
        what: one sentence that says what happened and why.
        next_step: one sentence that says what to do about it; empty where nothing can be done.
        exit_status: the exit status of a command that ends with it.
    """

    exit_status = 1

    def __init__(self, what: str, next_step: str = "") -> None:
        super().__init__(f"{what}\n{next_step}" if next_step else what)
        self.what = what
        self.next_step = next_step


class BadInput(Problem):
    """A wrong argument, a broken file or an unusable setting."""

    exit_status = 2


class Unreachable(Problem):
    """The target is gone, or nothing answers where it should be."""

    exit_status = 3


class Refused(Problem):
    """The other side, or the system, does not allow it."""

    exit_status = 4
