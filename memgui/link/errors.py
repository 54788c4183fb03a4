"""How a request ends where it does not end in a result."""

from __future__ import annotations

from memgui.protocol.errors import Problem, Unreachable


class RemoteError(Problem):
    """The agent answered with an error; `code` is the JSON-RPC code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class TimedOut(Unreachable):
    """No answer came within the time that was given."""


class Disconnected(Unreachable):
    """The connection was lost, or given up, before the answer came."""
