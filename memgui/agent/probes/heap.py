"""What the C heap hands out and what it keeps, and what the process holds without that: read in one moment."""

from __future__ import annotations

import math
import time
from typing import Callable, Optional, Sequence, Tuple

from memgui.agent.probes.probe import Number, Probe
from memgui.agent.steps import StepClock

# A few times a second, since every arena's lock is taken; and of the time of the thread that reads no more than this
# share, however fragmented the heap is.
_PERIOD_S, _SHARE = 0.24, 1 / 1000
# A step that takes so many times the usual time, or this long where steps are short, is an evaluation or a save.
_STEPS, _PAUSE_S = 3.0, 1.0
# Beyond this nobody waits for a step to end.
_LONGEST_S = 20.0


class HeapProbe(Probe):
    """Used and kept bytes of glibc's heap, and the host's memory less what is kept.

    A step takes and gives back far more than leaks, so that readings at any place of it scatter by that. While steps
    run, the training thread reads at the end of one, when the agent's thread has asked for it; where no step ends, the
    agent's thread reads by itself. The next sample after the end of a step has what was read there.
    """

    name = "heap"
    names = ("host.heap_used_bytes", "host.heap_kept_bytes", "host.held_bytes")

    def __init__(
        self,
        heap: Callable[[], Tuple[int, int]],
        taken: Callable[[], Optional[int]],
        clock: StepClock,
        *,
        now: Callable[[], float] = time.monotonic,
        cpu_now: Callable[[], float] = time.thread_time,
    ) -> None:
        """`taken` reads the host's memory: anonymous, shared and swapped out."""
        self._heap = heap
        self._taken = taken
        self._clock = clock
        self._now = now
        self._cpu_now = cpu_now
        self._latest: Sequence[Optional[Number]] = (None,) * len(self.names)
        self._asked_s: Optional[float] = None
        self._due_s = 0.0
        self._cost_s = math.inf

    def read(self) -> Sequence[Optional[Number]]:
        """Used, kept, held; at this moment."""
        used, kept = self._heap()
        taken = self._taken()
        return used, kept, None if taken is None else taken - kept

    def sample(self) -> Sequence[Optional[Number]]:
        """The same at the end of the last step that was asked for, or at this moment where steps do not end."""
        now_s = self._now()
        if now_s >= self._due_s:
            asked_s = self._asked_s
            if asked_s is None:
                self._asked_s = asked_s = now_s
                self._clock.at_next_end = self._step_ended
            if now_s - asked_s >= self._patience_s():
                self._take()
        return self._latest

    def _patience_s(self) -> float:
        step_s = self._clock.recent_step_s()
        return 0.0 if step_s is None else min(max(_STEPS * step_s, _PAUSE_S), _LONGEST_S)

    def _step_ended(self) -> None:
        """On the training thread."""
        try:
            self._take()
        except Exception:  # noqa: BLE001 - counted where the agent's thread reads, as it does when nothing comes from here
            return
        self._asked_s = None

    def _take(self) -> None:
        # In CPU time: where other threads make it wait, as they do in each of torch's calls, it costs nothing.
        begin_s = self._cpu_now()
        self._latest = self.read()
        before_s, self._cost_s = self._cost_s, self._cpu_now() - begin_s
        # A garbage collection, or a pause of the machine, that falls into one reading is not what a reading costs.
        self._due_s = self._now() + max(_PERIOD_S, min(before_s, self._cost_s) / _SHARE)
