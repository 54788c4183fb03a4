"""How long a look may keep the training thread."""

from __future__ import annotations

import time
from typing import Callable, Optional


class Budget:
    """Asked every few hundred objects by whatever walks; from `is_spent` on the walk ends with what it has.

    Attributes:
        reason: why the walk was cut short; None while it was not.
    """

    def __init__(self, allowed_s: float, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self._allowed_s = allowed_s
        self._clock = clock
        self._end_s = clock() + allowed_s
        self.reason: Optional[str] = None

    def is_spent(self) -> bool:
        """True from the moment at which the time is over, or nobody waits for the answer any more."""
        if self.reason is None and self._clock() >= self._end_s:
            self.cut(f"stopped after {self._allowed_s * 1e3:g} ms; ask with a larger budget_ms for all of it")
        return self.reason is not None

    def cut(self, reason: str) -> None:
        """End the walk at its next question; from any thread. The first reason stands."""
        if self.reason is None:
            self.reason = reason
