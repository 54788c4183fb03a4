"""Minima of a series over blocks of time, in bounded memory: the lower envelope that trends are judged on."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_MOST = 64


class Blocks:
    """Up to 64 blocks since the start; when they are full, neighbours merge and blocks become twice as long.

    Appending is O(1) amortised. A block keeps its lowest value with the time and the step at which it was read.
    """

    def __init__(self, width_s: float = 1.0) -> None:
        self.width_s = width_s
        self._rows: list[tuple[float, float, float]] = []  # time, step, value of the minimum
        self._current: tuple[float, float, float] | None = None
        self._ends = -math.inf

    def add(self, t_s: float, step: int, value: float) -> bool:
        """Take in a value; True where a block was closed by it."""
        closed = False
        if t_s >= self._ends:
            closed = self._close()
            self._ends = t_s + self.width_s
        if self._current is None or value < self._current[2]:
            self._current = (t_s, float(step), value)
        return closed

    def arrays(self) -> tuple[Floats, Floats, Floats]:
        """Times, steps and minima of the closed blocks, float64[n], oldest first."""
        table = np.array(self._rows, dtype=np.float64).reshape(-1, 3)
        return table[:, 0], table[:, 1], table[:, 2]

    def clear(self) -> None:
        """Begin anew."""
        self.__init__(self.width_s)  # type: ignore[misc]

    def _close(self) -> bool:
        if self._current is None:
            return False
        self._rows.append(self._current)
        self._current = None
        if len(self._rows) == _MOST:
            self._rows = [min(pair, key=_value) for pair in zip(self._rows[::2], self._rows[1::2], strict=True)]
            self.width_s *= 2
        return True


def _value(row: tuple[float, float, float]) -> float:
    return row[2]
