"""What the survivor watch may take of the training's time: how many steps have to pass before the next that records.

All of it is processor time of the training thread, not the clock's: another program's load makes a step longer and what
the watch adds to it alike, and where the thread waits for a device, what it may take only becomes less. What recording
adds is no difference of two steps, which vary by more than that, but the number of torch calls in between times what
one call costs to record. Nothing is counted at the steps in between: an account that is kept at every step eats up
what it grants.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Deque, Sequence

_KNOWN = 15
# The rest is for what comes by the safe point at every step, some 2 µs, and for what the trial does not see.
_USED = 0.7
# A step whose time nobody knows, such as one between two threads: look again after so many.
_UNKNOWN = 20


class Allowance:
    """One watch's account. On training threads."""

    def __init__(self, share: float) -> None:
        self._share = _USED * share
        self._usual: Deque[float] = deque(maxlen=_KNOWN)
        self._each: Deque[float] = deque(maxlen=_KNOWN)
        self._spent_s = self._since_s = 0.0
        self._steps = 0

    def step_took(self, seconds: float) -> None:
        """So much of the processor a step takes that is not recorded."""
        self._usual.append(seconds)

    def draw(self, seconds: float) -> None:
        """The watch has taken so much, at a boundary or by recording."""
        self._spent_s += seconds
        self._since_s += seconds

    def sampled(self) -> None:
        """One step was recorded and looked at again: what was drawn since the last one is what a sample costs."""
        self._each.append(self._since_s)
        self._since_s = 0.0

    def wait(self, steps: int) -> int:
        """How many steps have to pass until another sample is within the share.

        Args:
            steps: have passed since the watch began.
        """
        self._steps = steps
        # The median of both: an evaluation is no step, and what was dear once is paid for once.
        usual_s = _median(self._usual)
        if usual_s <= 0:
            return _UNKNOWN
        needed_s = self._spent_s + _median(self._each)
        return max(0, math.ceil(needed_s / (self._share * usual_s)) - steps)

    @property
    def taken(self) -> float:
        """Share of the step time, as far as it can be told."""
        usual_s = _median(self._usual)
        return self._spent_s / (self._steps * usual_s) if self._steps and usual_s else 0.0


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0
