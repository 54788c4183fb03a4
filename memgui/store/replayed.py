"""A timeline that can be read as it was at an earlier moment: what came after that moment is not there yet."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from memgui.store.events import EventLog, MarkedEvent
from memgui.store.tier import Floats
from memgui.store.timeline import Row, Timeline


class ReplayedEvents(EventLog):
    """Events up to `until_s`; None for all."""

    def __init__(self) -> None:
        super().__init__()
        self.until_s: float | None = None

    def between(self, t0: float, t1: float) -> tuple[MarkedEvent, ...]:
        """Events from `t0` to `t1`, both included, oldest first."""
        return super().between(t0, t1 if self.until_s is None else min(t1, self.until_s))

    def __iter__(self) -> Iterator[MarkedEvent]:
        return iter(self.between(-np.inf, np.inf))

    def __len__(self) -> int:
        if self.until_s is None:
            return super().__len__()
        return bisect_right(self._events, self.until_s, key=lambda event: event.t_s)


class ReplayedTimeline(Timeline):
    """A timeline with a moment up to which it is read; what is appended goes behind it as ever."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        super().__init__(names)
        self._log = ReplayedEvents()
        self.events = self._log

    @property
    def until_s(self) -> float | None:
        """The moment up to which it is read, Unix seconds; None for the newest."""
        return self._log.until_s

    def read_until(self, until_s: float | None) -> None:
        """Read up to a moment from now on, or all of it."""
        self._log.until_s = until_s
        self._log.revision += 1
        self.revision += 1

    @property
    def whole_last_t(self) -> float | None:
        """Time of the newest row, also of one that is later than `until_s`."""
        return super().last_t

    @property
    def last_t(self) -> float | None:
        """The moment up to which it is read."""
        last, until = super().last_t, self.until_s
        return last if last is None or until is None else min(last, until)

    @property
    def last_step(self) -> int:
        """Step at that moment, -1 before the first."""
        until = self.until_s
        return super().last_step if until is None else self.step_at(until)

    def latest(self, name: str) -> float | None:
        """The value at that moment."""
        until = self.until_s
        return super().latest(name) if until is None else self.at(name, until)

    def rows(self) -> list[Row]:
        """All that is held up to that moment, oldest first; what is old as summaries."""
        until = self.until_s
        return [row for row in super().rows() if until is None or row.t_s <= until]

    def ranges(self, names: Iterable[str], t0: float, t1: float) -> dict[str, tuple[float, float]]:
        """Minimum and maximum of several series between two times, where there is a value."""
        return super().ranges(names, t0, t1 if self.until_s is None else min(t1, self.until_s))

    def windows(
        self, names: Sequence[str], t0: float, t1: float, columns: int, *, axis: str = "time", as_rows: bool = True
    ) -> tuple[Floats, Floats]:
        """What to draw of several series between `t0` and `t1`, in units of the axis."""
        x, levels = super().windows(names, t0, t1, columns, axis=axis, as_rows=as_rows)
        if self.until_s is None:
            return x, levels
        seen = x <= (self.until_s if axis == "time" else self.last_step)
        return x[seen], levels[:, seen]

    def whole_window(self, name: str, t0: float, t1: float, columns: int) -> tuple[Floats, Floats]:
        """As `window` by time, whatever moment is looked at."""
        x, levels = super().windows((name,), t0, t1, columns)
        return x, levels[0] if len(levels) else np.empty(0)

    def time_of_step(self, step: float) -> float | None:
        """When a step was first seen to be completed; None where it was not yet."""
        found = super().time_of_step(step)
        return None if found is None or (self.until_s is not None and found > self.until_s) else found
