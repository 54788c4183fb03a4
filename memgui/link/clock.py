"""The viewer's one time line: Unix seconds that never run backwards, whatever happens to the wall clock. Any thread."""

from __future__ import annotations

import time
from collections.abc import Callable

_AHEAD_S = 1.0


class ViewerClock:
    """Ties the monotonic clock to wall time once, so that an adjusted wall clock tears no hole into a history.

    Only when wall time has run ahead by more than a second (the machine slept, or the clock was set forward) is it
    followed; it is never followed backwards, since a timeline drops what is older than its newest row.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time) -> None:
        self.monotonic = monotonic
        self._wall = wall
        self._anchor_s = wall() - monotonic()

    def unix(self, monotonic_s: float) -> float:
        """Unix seconds of a reading of this side's monotonic clock."""
        return monotonic_s + self._anchor_s

    def now(self) -> float:
        """Unix seconds of this moment."""
        return self.unix(self.monotonic())

    def follow(self) -> None:
        """Catch up with wall time where that has run ahead; one thread calls it now and then."""
        ahead_s = self._wall() - self.now()
        if ahead_s > _AHEAD_S:
            self._anchor_s += ahead_s
