"""One level of a timeline's pyramid: columns of blocks on a shared axis, in arrays that never grow past a capacity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Levels = NDArray[np.float32] | NDArray[np.float64]


class Tier:
    """Blocks in order of time; each has its ends in time, its last step, and the minimum and maximum of every series.

    Attributes:
        count: blocks held.
        wrapped: the oldest blocks were overwritten or merged away, so the tier does not reach back to the start.
    """

    def __init__(self, capacity: int, series: int, dtype: type[np.float32] | type[np.float64]) -> None:
        self.capacity = capacity
        self.count = 0
        self.wrapped = False
        self._next = 0
        self._size = min(64, capacity)
        self._t = np.empty((2, self._size))
        self._step = np.empty(self._size, np.int64)
        self._gap = np.empty(self._size, bool)
        self._levels = np.full((2, series, self._size), np.nan, dtype)

    @property
    def nbytes(self) -> int:
        """Memory held, bytes."""
        return self._t.nbytes + self._step.nbytes + self._gap.nbytes + self._levels.nbytes

    def widen(self, series: int) -> None:
        """Make room for series that appeared later; they have no values so far."""
        _, held, size = self._levels.shape
        wider = np.full((2, series, size), np.nan, self._levels.dtype)
        wider[:, :held] = self._levels
        self._levels = wider

    def push(self, start: float, end: float, step: int, low: Floats, high: Floats, *, gap: bool) -> None:
        """Add a block; the oldest one makes way where the tier is full."""
        if self._next == self._size < self.capacity:
            self._grow()
        at = self._next % self.capacity
        self._t[0, at], self._t[1, at] = start, end
        self._step[at] = step
        self._gap[at] = gap
        self._levels[0, :, at] = low
        self._levels[1, :, at] = high
        self._next = at + 1
        self.wrapped = self.wrapped or self.count == self.capacity
        self.count = min(self.count + 1, self.capacity)

    def extend(self, t: Floats, step: NDArray[np.int64], levels: Floats, *, gap: bool) -> None:
        """Add single rows, float64[row, series], each a block of its own; `gap`: one comes before the first."""
        first = self._next % self.capacity
        rows = min(len(t), self.capacity - first)
        while first + rows > self._size:
            self._grow()
        part = slice(first, first + rows)
        self._t[:, part], self._step[part], self._gap[part] = t[:rows], step[:rows], False
        self._gap[first] = gap
        self._levels[:, :, part] = levels[:rows].T
        self._next = first + rows
        self.wrapped = self.wrapped or self.count + rows > self.capacity
        self.count = min(self.count + rows, self.capacity)
        if rows < len(t):
            self.extend(t[rows:], step[rows:], levels[rows:], gap=False)

    def halve(self) -> None:
        """Merge neighbours, so that a full tier goes on with half as many blocks; never across a gap."""
        order = self.order()
        gap = self._gap[order]
        first = np.zeros(len(order), bool)
        run = np.arange(len(order)) - np.maximum.accumulate(np.where(gap, np.arange(len(order)), 0))
        first[run % 2 == 0] = True
        starts = np.flatnonzero(first)
        ends = np.append(starts[1:], len(order)) - 1
        merged = len(starts)
        self._t[0, :merged], self._t[1, :merged] = self._t[0, order][starts], self._t[1, order][ends]
        self._step[:merged] = self._step[order][ends]
        self._gap[:merged] = gap[starts]
        self._levels[0, :, :merged] = np.fmin.reduceat(self._levels[0][:, order], starts, axis=1)
        self._levels[1, :, :merged] = np.fmax.reduceat(self._levels[1][:, order], starts, axis=1)
        self.count = self._next = merged

    def order(self) -> NDArray[np.int64]:
        """Positions of the blocks, oldest first."""
        if self.count < self.capacity:
            return np.arange(self.count)
        first = self._next % self.capacity
        return np.concatenate((np.arange(first, self.capacity), np.arange(first)))

    def ends(self, order: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Start and end of the blocks at `order`; both ascend where `order` does in time."""
        return self._t[0, order], self._t[1, order]

    def axis(self, order: NDArray[np.int64]) -> tuple[Floats, Floats, NDArray[np.int64], NDArray[np.bool_]]:
        """Start, end, last step, and whether a gap comes before, of the blocks at `order`."""
        return self._t[0, order], self._t[1, order], self._step[order], self._gap[order]

    def levels(self, series: Sequence[int], order: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Minima and maxima of some series, float64[len(series), len(order)]; NaN where one had no value."""
        rows = np.asarray(series)[:, None]
        low, high = self._levels[0, rows, order], self._levels[1, rows, order]
        return low.astype(np.float64, copy=False), high.astype(np.float64, copy=False)

    def row(self, at: int) -> tuple[Floats, Floats]:
        """Minima and maxima of every series in one block."""
        return self._levels[0, :, at].astype(np.float64), self._levels[1, :, at].astype(np.float64)

    def _grow(self) -> None:
        size = min(self._size * 2, self.capacity)
        extra = size - self._size
        self._t = np.concatenate([self._t, np.empty((2, extra))], axis=1)
        self._step = np.concatenate([self._step, np.empty(extra, np.int64)])
        self._gap = np.concatenate([self._gap, np.empty(extra, bool)])
        room = np.full((*self._levels.shape[:2], extra), np.nan, self._levels.dtype)
        self._levels = np.concatenate([self._levels, room], axis=2)
        self._size = size
