"""Lower envelopes of several series at every scale: minima of blocks, twice as long from level to level.

A sample costs O(1) amortised; n samples take O(log n) memory. Single-threaded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Blocks that a level remembers; a window of half of them upward finds its level, so the scales overlap.
KEPT = 40
BLOCK_S = 0.8
_SAMPLES = 4
# Time and step stand before the series.
LEAD = 2
# Without a sample for this many usual intervals there is a gap: what came before is a block of its own.
_GAP_INTERVALS, _GAP_S = 8.0, 4.0


class Level:
    """The last blocks of one length: rows of time, step and one minimum a series, NaN where nothing was seen."""

    __slots__ = ("count", "pending", "table")

    def __init__(self, series: int) -> None:
        self.table = np.full((KEPT, LEAD + series), np.nan)
        self.count = 0
        self.pending: Floats | None = None

    def append(self, row: Floats) -> None:
        """Take in a block; the oldest makes way."""
        if self.count < KEPT:
            self.table[self.count] = row
            self.count += 1
        else:
            self.table[:-1] = self.table[1:]
            self.table[-1] = row

    def widen(self, series: int) -> None:
        """Make room for a series that nobody has seen before."""
        self.table = _widened(self.table, series)
        if self.pending is not None:
            self.pending = _widened(self.pending[None], series)[0]


class Pyramid:
    """Blocks close when they hold enough samples, seconds and at least one step, so that a block has a step's floor.

    A standstill of the steps, such as an evaluation, thus falls into one block, whose minimum does not see it.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.levels: list[Level] = []
        self.closed = 0
        self._current: list[float] = []
        self._began_s = self._last_s = math.nan
        self._began_step = -1
        self._samples = 0
        self._usual_s = math.nan

    @property
    def block_s(self) -> float:
        """Seconds that a block of the lowest level takes, nearly."""
        return max(BLOCK_S, _SAMPLES * (self._usual_s if self._usual_s == self._usual_s else 0.0))

    def add(self, t_s: float, step: int, values: Sequence[float]) -> bool:
        """Take in a sample, one value a name, NaN where it is missing; True where a block was closed by it."""
        closed = False
        if self._samples:
            pause = t_s - self._last_s
            if self._usual_s != self._usual_s:
                self._usual_s = pause
            if pause > max(_GAP_INTERVALS * self._usual_s, _GAP_S):
                closed = self._close(torn=self._samples < _SAMPLES)
            else:
                self._usual_s += 0.05 * (pause - self._usual_s)
        self._last_s = t_s
        if not self._samples:
            self._began_s, self._began_step, self._samples = t_s, step, 1
            self._current = list(values)
            return closed
        current = self._current
        for at, value in enumerate(values):
            # A comparison with NaN is false: a missing value changes nothing, and the first one takes its place.
            if value < current[at] or current[at] != current[at]:
                current[at] = value
        self._samples += 1
        # With the first sample after the step, so that a block that began in a standstill sees its end.
        if self._samples >= _SAMPLES and t_s - self._began_s >= BLOCK_S and step != self._began_step:
            closed = self._close(torn=False)
        return closed

    def name(self, name: str) -> int:
        """Add a series; its place among the values from now on."""
        self.names.append(name)
        self._current.append(math.nan)
        for level in self.levels:
            level.widen(len(self.names))
        return len(self.names) - 1

    def _close(self, *, torn: bool) -> bool:
        self._samples = 0
        if torn:
            return False
        row = np.array([self._began_s, self._began_step, *self._current])
        self.closed += 1
        for at in range(64):
            if at == len(self.levels):
                self.levels.append(Level(len(self.names)))
            level = self.levels[at]
            level.append(row)
            if level.pending is None:
                level.pending = row
                break
            row, level.pending = _joined(level.pending, row), None
        return True


def _joined(earlier: Floats, later: Floats) -> Floats:
    both = np.fmin(earlier, later)
    both[:LEAD] = earlier[:LEAD]
    return both


def _widened(table: Floats, series: int) -> Floats:
    room = np.full((len(table), LEAD + series - table.shape[1]), np.nan)
    return np.concatenate([table, room], axis=1)
