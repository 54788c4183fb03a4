"""What happened when: marks of the script, receipts of actions, ends; bounded."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

LIMIT = 10_000


@dataclass(frozen=True)
class MarkedEvent:
    """One event; `t_s` is Unix seconds on the viewer's clock, `step` -1 before the first."""

    t_s: float
    kind: str
    text: str
    step: int = -1
    data: Mapping[str, Any] = field(default_factory=dict)


def _time_of(event: MarkedEvent) -> float:
    return event.t_s


class EventLog:
    """Events in order of time; the oldest make way beyond `LIMIT`. No event is kept twice."""

    def __init__(self) -> None:
        self._events: list[MarkedEvent] = []
        self.revision = 0

    def append(self, event: MarkedEvent) -> bool:
        """Add an event in its place in time; False where it was there before (history and stream overlap)."""
        near = self._events[bisect_left(self._events, event.t_s - 1e-3, key=_time_of) :]
        for other in near:
            if other.t_s > event.t_s + 1e-3:
                break
            if (other.kind, other.text, other.step) == (event.kind, event.text, event.step):
                return False
        insort(self._events, event, key=_time_of)
        del self._events[: max(len(self._events) - LIMIT, 0)]
        self.revision += 1
        return True

    def between(self, t0: float, t1: float) -> tuple[MarkedEvent, ...]:
        """Events from `t0` to `t1`, both included, oldest first."""
        first = bisect_left(self._events, t0, key=_time_of)
        return tuple(self._events[first : bisect_right(self._events, t1, key=_time_of)])

    def __iter__(self) -> Iterator[MarkedEvent]:
        return iter(tuple(self._events))

    def __len__(self) -> int:
        return len(self._events)
