"""The history of one target: every metric on one shared axis of time and steps, in bounded memory.

Single-threaded: whoever owns the timeline appends and reads. Times are Unix seconds on the viewer's clock.

Recent rows are kept as they came; older ones as minima and maxima of 8, 64 and 512 rows, and the coarsest level merges
neighbours when it is full. So no peak is ever lost, a series costs at most 60 kB however long it runs, and drawing
reads a few thousand blocks whatever the length of the history.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memgui.store.events import EventLog
from memgui.store.thinning import thin
from memgui.store.tier import Floats, Tier

_FACTOR = 8
_RAW_ROWS = 1024
_BLOCKS = 1536
_TIERS = 4
# A row is behind a gap when it comes this many sampling periods late, and later than the slowest flight ring's tick.
_GAP_PERIODS = 5.0
_GAP_S = 2.5


@dataclass(frozen=True)
class Row:
    """One reading, or the summary of several: then `low` and `high` hold the extremes. None is a gap."""

    t_s: float
    step: int
    values: Mapping[str, float | None]
    low: Mapping[str, float | None] | None = None
    high: Mapping[str, float | None] | None = None


class _Block:
    """Rows gathered for the next block of a tier."""

    def __init__(self) -> None:
        self.rows = 0

    def add(self, start: float, end: float, step: int, low: Floats, high: Floats, *, gap: bool) -> None:
        if self.rows == 0:
            self.start, self.gap, self.low, self.high = start, gap, low, high
        else:
            self.low, self.high = np.fmin(self.low, low), np.fmax(self.high, high)
        self.end, self.step = end, step
        self.rows += 1


class Timeline:
    """Series by name.

    Attributes:
        revision: rises with every change, so that nobody needs to look twice.
        rewritten: rises where something came into the past, and not after the newest row.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.events = EventLog()
        self.revision = self.rewritten = 0
        self._clear()
        for name in names:
            self._series(name)

    def _clear(self) -> None:
        self._index: dict[str, int] = {}
        # The names of the last row, and their places: rows mostly have the same.
        self._usual: tuple[str, ...] = ()
        self._places: NDArray[np.intp] = np.empty(0, np.intp)
        self._tiers = [Tier(_RAW_ROWS, 0, np.float64), *(Tier(_BLOCKS, 0, np.float32) for _ in range(_TIERS - 1))]
        self._blocks = [_Block() for _ in range(_TIERS - 1)]
        self._latest: Floats = np.empty(0)
        self._first_t: float | None = None
        self._last_t: float | None = None
        self._last_step = -1
        self._period: float | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Every metric that ever had a value, in order of appearance."""
        return tuple(self._index)

    @property
    def first_t(self) -> float | None:
        """Time of the first row, Unix seconds; None while there is none."""
        return self._first_t

    @property
    def last_t(self) -> float | None:
        """Time of the newest row, Unix seconds; None while there is none."""
        return self._last_t

    @property
    def last_step(self) -> int:
        """Step of the newest row, -1 before the first."""
        return self._last_step

    @property
    def nbytes(self) -> int:
        """Memory that the series hold, bytes."""
        return sum(tier.nbytes for tier in self._tiers)

    def append(self, t_s: float, step: int, values: Mapping[str, float | None]) -> None:
        """Add a reading. One that is not newer than the last is dropped: time does not run backwards."""
        self.append_summary(t_s, step, values, None, None)

    def append_summary(
        self,
        t_s: float,
        step: int,
        values: Mapping[str, float | None],
        low: Mapping[str, float | None] | None,
        high: Mapping[str, float | None] | None,
    ) -> None:
        """Add a row that stands for several; `low` and `high` are their extremes."""
        if self._last_t is not None and t_s <= self._last_t:
            return
        latest = self._vector(values)
        lows = latest if low is None else np.fmin(latest, self._vector(low))
        highs = latest if high is None else np.fmax(latest, self._vector(high))
        self._push(0, t_s, t_s, step, lows, highs, gap=self._is_gap(t_s))
        self._latest = latest
        self._first_t = t_s if self._first_t is None else self._first_t
        self._last_t, self._last_step = t_s, step
        self.revision += 1

    def backfill(self, rows: Sequence[Row]) -> None:
        """Put rows in their place before the newest one. Rebuilds the pyramid, which takes tens of milliseconds."""
        merged = sorted([*self.rows(), *rows], key=_time_of)
        latest, names, revision = dict(zip(self._index, self._latest, strict=True)), self.names, self.revision
        self._clear()
        for name in names:
            self._series(name)
        for row in merged:
            self.append_summary(row.t_s, row.step, row.values, row.low, row.high)
        newest = self._vector({name: value for name, value in latest.items() if not math.isnan(value)})
        self._latest = np.where(np.isnan(self._latest), newest, self._latest)
        self.revision = revision + 1
        self.rewritten += 1

    def rows(self) -> list[Row]:
        """All that is held, oldest first; what is old as summaries."""
        rows = []
        for tier, order in self._pieces(-math.inf, math.inf):
            start, _, step, _ = tier.axis(order)
            for place, t_s, last_step in zip(order, start, step, strict=True):
                low, high = (self._named(values) for values in tier.row(int(place)))
                rows.append(Row(float(t_s), int(last_step), high, low, high))
        return rows

    def latest(self, name: str) -> float | None:
        """The value in the newest row, None where it has none."""
        at = self._index.get(name)
        if at is None or at >= len(self._latest) or math.isnan(self._latest[at]):
            return None
        return float(self._latest[at])

    def at(self, name: str, t_s: float) -> float | None:
        """The newest value not after a time, the maximum where only a summary is left; None in a gap."""
        return self.all_at((name,), t_s).get(name)

    def all_at(self, names: Iterable[str], t_s: float) -> dict[str, float]:
        """As `at`, of several series, which are read at once; those without a value are left out."""
        known = [name for name in names if name in self._index]
        found = self._assemble(known, t_s - 1e-9, t_s)
        if found is None or not len(found[0]):
            return {}
        start, end, _, gap, _, high = found
        at = int(np.searchsorted(start, t_s, side="right")) - 1
        if at < 0 or (t_s > end[at] and at + 1 < len(gap) and gap[at + 1]):
            return {}
        return {name: value for name, value in zip(known, high[:, at].tolist(), strict=True) if not math.isnan(value)}

    def range(self, name: str, t0: float, t1: float) -> tuple[float, float] | None:
        """Minimum and maximum between two times, None where there is no value."""
        return self.ranges((name,), t0, t1).get(name)

    def ranges(self, names: Iterable[str], t0: float, t1: float) -> dict[str, tuple[float, float]]:
        """As `range`, of several series, which are read at once; those without a value are left out."""
        known = [name for name in names if name in self._index]
        found = self._assemble(known, t0, t1)
        if found is None:
            return {}
        start, end, _, _, low, high = found
        inside = (end >= t0) & (start <= t1)
        if not inside.any():
            return {}
        lows, highs = np.fmin.reduce(low[:, inside], axis=1), np.fmax.reduce(high[:, inside], axis=1)
        bounds = zip(known, lows.tolist(), highs.tolist(), strict=True)
        return {name: (least, most) for name, least, most in bounds if not math.isnan(least)}

    def window(self, name: str, t0: float, t1: float, columns: int, *, axis: str = "time") -> tuple[Floats, Floats]:
        """What to draw of a series between `t0` and `t1`, both in units of the axis: Unix seconds, or steps.

        Returns:
            x and y, float64[n], n at most 2 × columns; minima and maxima are kept, NaN marks a gap.
        """
        x, ys = self.windows((name,), t0, t1, columns, axis=axis)
        return x, ys[0] if len(ys) else np.empty(0)

    def windows(
        self, names: Sequence[str], t0: float, t1: float, columns: int, *, axis: str = "time", as_rows: bool = True
    ) -> tuple[Floats, Floats]:
        """What to draw of several series, as `window` has it; what they share is read once.

        Args:
            as_rows: few rows are given as they are; else always two points a column.

        Returns:
            x, float64[n], and y, float64[series, n]; both empty where a name is not known.
        """
        span = (t0, t1) if axis == "time" else self._times_of_steps(t0, t1)
        found = self._assemble(names, *span)
        if found is None:
            return np.empty(0), np.empty((0, 0))
        start, end, step, gap, low, high = found
        if axis == "time":
            return thin(start, end, gap, low, high, (t0, t1), columns, as_rows=as_rows)
        known = step >= 0
        steps = step[known].astype(np.float64)
        return thin(steps, steps, gap[known], low[:, known], high[:, known], (t0, t1), columns, as_rows=as_rows)

    def step_at(self, t_s: float) -> int:
        """The step that was the last one completed at a time, -1 before the first."""
        _, end, step, _ = self._axis()
        at = int(np.searchsorted(end, t_s, side="right")) - 1
        return int(step[at]) if at >= 0 else -1

    def time_of_step(self, step: float) -> float | None:
        """When a step was first seen to be completed, Unix seconds; None where it was not yet."""
        _, end, steps, _ = self._axis()
        at = int(np.searchsorted(steps, step, side="left"))
        return float(end[at]) if at < len(end) else None

    # ---- inside --------------------------------------------------------------------------------------------------

    def _series(self, name: str) -> int:
        at = self._index.setdefault(name, len(self._index))
        if at >= len(self._latest):
            self._latest = np.append(self._latest, np.nan)
            for tier in self._tiers:
                tier.widen(len(self._index))
            for block in self._blocks:
                if block.rows:
                    block.low, block.high = np.append(block.low, np.nan), np.append(block.high, np.nan)
        return at

    def _vector(self, values: Mapping[str, float | None]) -> Floats:
        names = tuple(values)
        if names != self._usual:
            self._usual, self._places = names, np.array([self._series(name) for name in names], np.intp)
        row = np.full(len(self._index), np.nan)
        row[self._places] = np.array(tuple(values.values()), np.float64)  # None becomes NaN
        return row

    def _is_gap(self, t_s: float) -> bool:
        if self._last_t is None:
            return False
        waited = t_s - self._last_t
        if self._period is None:
            self._period = waited
        late = waited > max(_GAP_S, _GAP_PERIODS * self._period)
        if not late:
            self._period += 0.1 * (waited - self._period)
        return late

    def _push(self, level: int, start: float, end: float, step: int, low: Floats, high: Floats, *, gap: bool) -> None:
        tier = self._tiers[level]
        if level == _TIERS - 1:
            if tier.count == tier.capacity:
                tier.halve()
            tier.push(start, end, step, low, high, gap=gap)
            return
        block = self._blocks[level]
        if gap and block.rows:
            self._close(level)
            block = self._blocks[level]
        tier.push(start, end, step, low, high, gap=gap)
        block.add(start, end, step, low, high, gap=gap)
        if block.rows == _FACTOR:
            self._close(level)

    def _close(self, level: int) -> None:
        block = self._blocks[level]
        self._blocks[level] = _Block()
        self._push(level + 1, block.start, block.end, block.step, block.low, block.high, gap=block.gap)

    def _pieces(self, t0: float, t1: float) -> list[tuple[Tier, NDArray[np.int64]]]:
        """Tiers and positions that together cover the time, oldest first; each moment by its finest tier."""
        pieces: list[tuple[Tier, NDArray[np.int64]]] = []
        until = math.inf
        for tier in self._tiers:
            order = tier.order()
            if not len(order):
                continue
            start, end = tier.ends(order)
            first = int(np.searchsorted(end, t0, side="left"))
            last = min(int(np.searchsorted(start, until, side="left")), int(np.searchsorted(start, t1, side="right")))
            pieces.append((tier, order[first:last]))
            until = min(until, float(start[0]))
            if until <= t0 or not tier.wrapped:
                break
        return pieces[::-1]

    def _assemble(
        self, names: Sequence[str], t0: float, t1: float
    ) -> tuple[Floats, Floats, NDArray[np.int64], NDArray[np.bool_], Floats, Floats] | None:
        places = [self._index[name] for name in names if name in self._index]
        if not places or len(places) < len(names) or self._last_t is None:
            return None
        reach = max(_GAP_S, self._period or 0.0)
        pieces = self._pieces(t0 - reach, t1 + reach)
        parts = [(*tier.axis(order), *tier.levels(places, order)) for tier, order in pieces]
        start, end, step, gap, low, high = (np.concatenate(column, axis=-1) for column in zip(*parts, strict=True))
        return start, end, step, gap, low, high

    def _axis(self) -> tuple[Floats, Floats, NDArray[np.int64], NDArray[np.bool_]]:
        pieces = self._pieces(-math.inf, math.inf)
        if not pieces:
            return np.empty(0), np.empty(0), np.empty(0, np.int64), np.empty(0, bool)
        parts = [tier.axis(order) for tier, order in pieces]
        start, end, step, gap = (np.concatenate(column) for column in zip(*parts, strict=True))
        return start, end, step, gap

    def _times_of_steps(self, step0: float, step1: float) -> tuple[float, float]:
        first = self.time_of_step(step0)
        last = self.time_of_step(step1)
        return (math.inf if first is None else first), (math.inf if last is None else last)

    def _named(self, values: Floats) -> dict[str, float | None]:
        return {name: float(value) for name, value in zip(self._index, values, strict=True) if not math.isnan(value)}


def _time_of(row: Row) -> float:
    return row.t_s
