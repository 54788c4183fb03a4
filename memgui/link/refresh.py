"""When to ask an agent again who it is and what its actions would yield. Reader thread only."""

from __future__ import annotations

_EVERY_S = 5.0
_SOONEST_S = 0.25


class Refresh:
    """Every five seconds, and soon after a change was told; on the clock of its caller.

    Attributes:
        is_old: a change was told since it was asked.
    """

    def __init__(self) -> None:
        self._asked_s = 0.0
        self.is_old = False

    def asked(self, now_s: float) -> None:
        """It was asked for just now."""
        self._asked_s, self.is_old = now_s, False

    def changed(self) -> None:
        """What was told is known to be out of date."""
        self.is_old = True

    @property
    def due_s(self) -> float:
        """When to ask, as things stand."""
        return self._asked_s + (_SOONEST_S if self.is_old else _EVERY_S)
