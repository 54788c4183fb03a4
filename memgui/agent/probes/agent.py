"""What only the agent knows: steps, what the script observed, and its own cost."""

from __future__ import annotations

from typing import Callable, Optional, Sequence, Tuple

from memgui.agent.probes.probe import Number, Probe
from memgui.agent.steps import StepClock


class StepProbe(Probe):
    """Mean step time since the last sample; None where no step ended."""

    name = "step"
    names = ("step.duration_s",)
    for_receipts = False

    def __init__(self, clock: StepClock) -> None:
        self._clock = clock
        self._last: Tuple[int, float] = clock.progress

    def read(self) -> Sequence[Optional[Number]]:
        """One value."""
        (before, begin), now = self._last, self._clock.progress
        self._last = now
        steps = now[0] - before
        return ((now[1] - begin) / steps if steps > 0 and before > 0 else None,)


class ValueProbe(Probe):
    """One number that somebody else keeps: what the script hands to `step`, or what the agent knows of itself."""

    for_receipts = False

    def __init__(self, name: str, value: Callable[[], Optional[Number]], *, period_s: float = 0.0) -> None:
        self._value = value
        self.name = name
        self.names = (name,)
        self.period_s = period_s

    def read(self) -> Sequence[Optional[Number]]:
        """One value."""
        return (self._value(),)


class ObservedProbe(ValueProbe):
    """A number that the script hands to `step`."""

    def __init__(self, clock: StepClock, observed: str) -> None:
        self._clock = clock
        self._observed = observed
        super().__init__(f"step.{observed}", self._last)

    def _last(self) -> Optional[Number]:
        return self._clock.observed.get(self._observed)
