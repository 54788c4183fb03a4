"""Rows of a recording by columns, and the blocks that stand for many of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memgui.store.tier import Floats, Levels

Steps = NDArray[np.int64]
Flags = NDArray[np.bool_]
# As of a timeline: a row that comes so many usual pauses late, and later than this, is behind a gap.
GAP_PERIODS, GAP_S = 5.0, 2.5


@dataclass(frozen=True)
class Blocks:
    """Stretches of time, each with the extremes of every series; a single row is one, too.

    Attributes:
        start, end: ascending, Unix seconds; step: the last one.
        gap: nothing is known between the block before and this one.
        low, high: [series, blocks], NaN where a series had no value.
    """

    names: tuple[str, ...]
    start: Floats
    end: Floats
    step: Steps
    gap: Flags
    low: Levels
    high: Levels

    @property
    def nbytes(self) -> int:
        """Memory held, bytes."""
        levels = self.low.nbytes + (self.high.nbytes if self.high is not self.low else 0)
        return levels + self.start.nbytes + self.end.nbytes + self.step.nbytes + self.gap.nbytes

    def small(self) -> Blocks:
        """With levels in half the room, as precise as is drawn."""
        low, high = self.low.astype(np.float32), self.high.astype(np.float32)
        return Blocks(self.names, self.start, self.end, self.step, self.gap, low, high)

    def part(self, chosen: slice) -> Blocks:
        """Some of them."""
        return Blocks(
            self.names, self.start[chosen], self.end[chosen], self.step[chosen], self.gap[chosen],
            self.low[:, chosen], self.high[:, chosen],
        )  # fmt: skip

    def between(self, t0: float, t1: float) -> Blocks:
        """Those that reach into a time."""
        first, last = np.searchsorted(self.end, t0, "left"), np.searchsorted(self.start, t1, "right")
        return self.part(slice(int(first), int(last)))

    def levels(self, names: Sequence[str]) -> tuple[Floats, Floats]:
        """Minima and maxima of some series, float64[series, blocks]."""
        low, high = (_rows_for(self.names, part, names) for part in (self.low, self.high))
        return low, high

    def joined(self, factor: int) -> Blocks:
        """Neighbours as one, so many at most, and none across a gap."""
        if factor <= 1 or not len(self.start):
            return self
        since = np.arange(len(self.gap)) - np.maximum.accumulate(np.where(self.gap, np.arange(len(self.gap)), 0))
        first = np.flatnonzero(since % factor == 0)
        last = np.append(first[1:], len(self.gap)) - 1
        low, high = np.fmin.reduceat(self.low, first, axis=1), np.fmax.reduceat(self.high, first, axis=1)
        return Blocks(self.names, self.start[first], self.end[last], self.step[last], self.gap[first], low, high)


@dataclass(frozen=True)
class Table:
    """Rows, ascending in time.

    Attributes:
        value, low, high: float64[series, rows]; the extremes are the values where a row is a single reading.
        summaries: rows that stand for several readings.
    """

    names: tuple[str, ...]
    t_s: Floats
    step: Steps
    value: Floats
    low: Floats
    high: Floats
    summaries: Flags

    def part(self, chosen: slice) -> Table:
        """Some of the rows."""
        return Table(
            self.names, self.t_s[chosen], self.step[chosen],
            self.value[:, chosen], self.low[:, chosen], self.high[:, chosen], self.summaries[chosen],
        )  # fmt: skip

    def blocks(self, *, gap: bool = False, step: int = -1) -> Blocks:
        """Each row as a block.

        Args:
            gap: there is one before the first row.
            step: of the row before; a reading from outside knows none, and is at least there.
        """
        gaps = gaps_of(self.t_s)
        gaps[:1] = gap
        steps = np.maximum.accumulate(np.maximum(self.step, step))
        return Blocks(self.names, self.t_s, self.t_s, steps, gaps, self.low, self.high)


def gaps_of(t_s: Floats) -> Flags:
    """Before which rows nothing is known; the pauses may become shorter with time, as those of summaries do."""
    pauses = np.diff(t_s)
    gaps = np.zeros(len(t_s), bool)
    if len(pauses) and pauses.max() > GAP_S:
        usual = float(pauses[0])
        for at, pause in enumerate(pauses.tolist(), 1):
            gaps[at] = pause > max(GAP_S, GAP_PERIODS * usual)
            if not gaps[at]:
                usual += 0.1 * (pause - usual)
    return gaps


def merged(tables: Sequence[Table]) -> Table:
    """All rows in order of time, of two of one moment the first table's; an agent's history may overlap its rows."""
    if len(tables) == 1:
        return tables[0]
    names = tuple(dict.fromkeys(name for table in tables for name in table.names))
    t_s = np.concatenate([table.t_s for table in tables])
    order = np.argsort(t_s, kind="stable")
    order = order[np.diff(t_s[order], prepend=-np.inf) > 0]
    value, low, high = (
        np.concatenate([_rows_for(table.names, getattr(table, part), names) for table in tables], axis=1)[:, order]
        for part in ("value", "low", "high")
    )
    step = np.concatenate([table.step for table in tables])[order]
    summaries = np.concatenate([table.summaries for table in tables])[order]
    return Table(names, t_s[order], step, value, low, high, summaries)


def joined_in_time(parts: Sequence[Blocks], names: Sequence[str]) -> Blocks:
    """One after the other, of some series."""
    levels = [part.levels(names) for part in parts]
    start, end, step, gap = (
        np.concatenate([getattr(part, axis) for part in parts]) for axis in ("start", "end", "step", "gap")
    )
    low, high = (np.concatenate([pair[side] for pair in levels], axis=1) for side in (0, 1))
    return Blocks(tuple(names), start, end, step, gap, low, high)


def _rows_for(known: tuple[str, ...], levels: Levels, names: Sequence[str]) -> Floats:
    """The rows of these series, NaN for one that is not there."""
    places = {name: at for at, name in enumerate(known)}
    found = np.full((len(names), levels.shape[1]), np.nan)
    there = [at for at, name in enumerate(names) if name in places]
    found[there] = levels[[places[names[at]] for at in there]]
    return found
