"""The history of one target: every metric on one shared axis of time and steps, in bounded memory.

Single-threaded: whoever owns the timeline appends and reads. Times are Unix seconds on the viewer's clock.

Recent rows are kept as they came; older ones as minima and maxima of 8, 64 and 512 rows, and the coarsest level merges
neighbours when it is full. So no peak is ever lost, a series costs at most 60 kB however long it runs, and drawing
reads a few thousand blocks whatever the length of the history.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec
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
_SETS_OF_NAMES = 64


class Row(msgspec.Struct, frozen=True):
    """One reading, or the summary of several: then `low` and `high` hold the extremes. None is a gap.

    A struct, since hundreds are made each second: a frozen dataclass takes ten times as long to make.
    """

    t_s: float
    step: int
    values: Mapping[str, float | None]
    low: Mapping[str, float | None] | None = None
    high: Mapping[str, float | None] | None = None


class _Block:
    """Rows gathered for the next block of a tier."""

    def __init__(self) -> None:
        self.rows = 0

    def add(self, start: float, end: float, step: int, low: Floats, high: Floats, *, gap: bool, rows: int = 1) -> None:
        if self.rows == 0:
            self.start, self.gap, self.low, self.high = start, gap, low, high
        else:
            self.low, self.high = np.fmin(self.low, low), np.fmax(self.high, high)
        self.end, self.step = end, step
        self.rows += rows


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
        self._learn(tuple(names))

    def _clear(self) -> None:
        self._index: dict[str, int] = {}
        # Where the values of a row belong, by its names: rows have few sets of them, which take turns.
        self._places: dict[tuple[str, ...], NDArray[np.intp]] = {}
        # Rows that came and do not stand in the tiers yet: together they cost a fraction. All are of one block.
        self._waiting: list[tuple[float, int, bool, dict[str, float | None]]] = []
        self._newest: dict[str, float | None] = {}
        self._tiers = [Tier(_RAW_ROWS, 0, np.float64), *(Tier(_BLOCKS, 0, np.float32) for _ in range(_TIERS - 1))]
        self._blocks = [_Block() for _ in range(_TIERS - 1)]
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
        if self._last_t is not None and t_s <= self._last_t:
            return
        newest = dict(values)
        names = tuple(newest)
        if names not in self._places:
            self._learn(names)
        gap = self._is_gap(t_s)
        if gap:
            self._settle()
            self._close_at_gap(0)
        self._waiting.append((t_s, step, gap, newest))
        if self._blocks[0].rows + len(self._waiting) == _FACTOR:
            self._settle()
        self._came(t_s, step, newest)

    def append_summary(
        self,
        t_s: float,
        step: int,
        values: Mapping[str, float | None],
        low: Mapping[str, float | None] | None,
        high: Mapping[str, float | None] | None,
    ) -> None:
        """Add a row that stands for several; `low` and `high` are their extremes."""
        if low is None and high is None:
            self.append(t_s, step, values)
            return
        if self._last_t is not None and t_s <= self._last_t:
            return
        self._settle()
        for names in (values, low or (), high or ()):
            self._learn(tuple(names))
        latest = self._vectors([values])[0]
        lows = latest if low is None else np.fmin(latest, self._vectors([low])[0])
        highs = latest if high is None else np.fmax(latest, self._vectors([high])[0])
        self._push(0, t_s, t_s, step, lows, highs, gap=self._is_gap(t_s))
        self._came(t_s, step, dict(values))

    def _came(self, t_s: float, step: int, values: dict[str, float | None]) -> None:
        self._newest = values
        self._first_t = t_s if self._first_t is None else self._first_t
        self._last_t, self._last_step = t_s, step
        self.revision += 1

    def backfill(self, rows: Sequence[Row]) -> None:
        """Put rows in their place before the newest one. Rebuilds the pyramid, which takes tens of milliseconds."""
        merged = sorted([*self.rows(), *rows], key=_time_of)
        newest, names, revision = self._newest, self.names, self.revision
        self._clear()
        self._learn(names)
        for row in merged:
            self.append_summary(row.t_s, row.step, row.values, row.low, row.high)
        self._newest = {**newest, **{name: value for name, value in self._newest.items() if _is_known(value)}}
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
        value = self._newest.get(name)
        return float(value) if value is not None and _is_known(value) else None

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

    def _learn(self, names: tuple[str, ...]) -> None:
        """Make room for series that are new."""
        new = [name for name in dict.fromkeys(names) if name not in self._index]
        if new:
            for name in new:
                self._index[name] = len(self._index)
            for tier in self._tiers:
                tier.widen(len(self._index))
            room = np.full(len(new), np.nan)
            for block in self._blocks:
                if block.rows:
                    block.low, block.high = np.append(block.low, room), np.append(block.high, room)
        if len(self._places) >= _SETS_OF_NAMES:
            self._settle()  # the rows that wait have their places there
            self._places.clear()
        self._places[names] = np.array([self._index[name] for name in names], np.intp)

    def _vectors(self, rows: Sequence[Mapping[str, float | None]]) -> Floats:
        """Rows as float64[row, series], NaN where there is no value."""
        vectors = np.full((len(rows), len(self._index)), np.nan)
        first = 0
        for names, group in itertools.groupby(rows, tuple):
            values = [tuple(row.values()) for row in group]
            vectors[first : first + len(values), self._places[names]] = np.array(values, np.float64)  # None becomes NaN
            first += len(values)
        return vectors

    def _settle(self) -> None:
        """Put the rows that wait into their tier, and into the block that is being gathered."""
        if not self._waiting:
            return
        rows, self._waiting = self._waiting, []
        times, steps, gap = [row[0] for row in rows], [row[1] for row in rows], rows[0][2]
        levels = self._vectors([row[3] for row in rows])
        self._tiers[0].extend(np.array(times), np.array(steps, np.int64), levels, gap=gap)
        low, high = np.fmin.reduce(levels), np.fmax.reduce(levels)
        self._blocks[0].add(times[0], times[-1], steps[-1], low, high, gap=gap, rows=len(rows))
        if self._blocks[0].rows == _FACTOR:
            self._close(0)

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
        if gap:
            self._close_at_gap(level)
        tier.push(start, end, step, low, high, gap=gap)
        self._blocks[level].add(start, end, step, low, high, gap=gap)
        if self._blocks[level].rows == _FACTOR:
            self._close(level)

    def _close_at_gap(self, level: int) -> None:
        """No block reaches over a gap."""
        if self._blocks[level].rows:
            self._close(level)

    def _close(self, level: int) -> None:
        block = self._blocks[level]
        self._blocks[level] = _Block()
        self._push(level + 1, block.start, block.end, block.step, block.low, block.high, gap=block.gap)

    def _pieces(self, t0: float, t1: float) -> list[tuple[Tier, NDArray[np.int64]]]:
        """Tiers and positions that together cover the time, oldest first; each moment by its finest tier."""
        self._settle()
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


def _is_known(value: float | None) -> bool:
    return value is not None and not math.isnan(value)


def _time_of(row: Row) -> float:
    return row.t_s
