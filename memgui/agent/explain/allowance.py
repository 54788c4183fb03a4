"""What the survivor watch may take of the training's time, kept as an account: steps pay in, the watch draws.

All of it is processor time of the training thread, not the clock's: another program's load makes a step longer and what
the watch adds to it alike, and where the thread waits for a device, what it may take only becomes less. A step is
recorded only while the account covers what one has taken so far, so that what is dear to record is recorded more
seldom, and the share holds at every moment.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Deque, Optional, Sequence, Tuple

_KNOWN = 15
_USED = 0.4
# A median is taken anew after so many steps: it costs more than all else at a boundary.
_ANEW = 8
# A pause of the training, such as an evaluation, does not buy a burst of recorded steps.
_LONGEST = 3.0
# Before a step was recorded: a quarter of a step, since more than that is rare, and half a second at most.
_FIRST, _FIRST_MOST_S = 0.25, 0.5


class Allowance:
    """One watch's account. On training threads."""

    def __init__(self, share: float) -> None:
        # Less than half of what is allowed: what the safe point takes to come by is not measured here.
        self._share = _USED * share
        self._usual: Deque[float] = deque(maxlen=_KNOWN)
        self._recorded: Deque[float] = deque(maxlen=_KNOWN)
        self._usual_s = self._recorded_s = 0.0
        self._until_anew = 0
        self._recordings = 0
        self._steps_s = 0.0
        self._own_s = 0.0
        self._looking_s = 0.0
        self._began: Optional[Tuple[int, float]] = None

    def step_begins(self) -> None:
        """The training goes on, on this thread."""
        self._began = threading.get_ident(), time.thread_time()

    def step_ended(self, *, recorded: bool, is_one: bool) -> None:
        """It has come to the next boundary; `is_one` where exactly one step lies between."""
        began, self._began = self._began, None
        if recorded:
            self._recordings += 1
        if began is None or began[0] != threading.get_ident() or not is_one:
            return
        self.note(time.thread_time() - began[1], recorded=recorded)

    def note(self, seconds: float, *, recorded: bool) -> None:
        """A step has taken so much of the processor."""
        (self._recorded if recorded else self._usual).append(seconds)
        self._until_anew -= 1
        if recorded or self._until_anew <= 0 or len(self._usual) < _ANEW:
            self._until_anew = _ANEW
            self._usual_s = _median(self._usual)
            # The mean: the first steps that record take longer than those after them.
            self._recorded_s = sum(self._recorded) / len(self._recorded) if self._recorded else 0.0
        # What recording adds pays nothing in.
        self._steps_s += min(seconds, (1.0 if recorded else _LONGEST) * self._usual_s)

    def draw(self, seconds: float, *, looked: bool) -> None:
        """The watch itself has taken so long at a boundary; `looked` where it had a recorded step to look at."""
        self._own_s += seconds
        if looked:
            self._looking_s += seconds

    def covers_another(self) -> bool:
        """One more recorded step is within what is allowed."""
        if not self._usual:
            return False
        return self._spent_s + self._each_s <= self._share * self._steps_s

    @property
    def taken(self) -> float:
        """Share of the step time, as far as it can be told."""
        return self._spent_s / self._steps_s if self._steps_s else 0.0

    @property
    def _spent_s(self) -> float:
        return self._own_s + self._recordings * self._extra_s

    @property
    def _extra_s(self) -> float:
        """By what a recorded step is longer than another."""
        return max(0.0, self._recorded_s - self._usual_s) if self._recorded and self._usual else 0.0

    @property
    def _each_s(self) -> float:
        """What another recorded step will take, with looking at it again."""
        if not self._recorded:
            return min(_FIRST * self._usual_s, _FIRST_MOST_S)
        return self._extra_s + self._looking_s / self._recordings


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0
