"""Rows of one resolution in arrays, the oldest overwritten first; one array per metric, so that a metric can join."""

from __future__ import annotations

from array import array
from typing import List, Optional, Sequence, Tuple

NAN = float("nan")


class Tier:
    """A bounded run of rows of one kind.

    A value that could not be had is NaN. Rows of a summarising tier carry minima and maxima and are kept as 32-bit
    floats: the width of a pixel does not need more.
    """

    def __init__(self, capacity: int, *, summarises: bool) -> None:
        self.capacity = capacity
        self.summarises = summarises
        self.evicted = False
        self._code = "f" if summarises else "d"
        self._times = array("d")
        self._steps = array("q")
        self._columns: List[array[float]] = []
        self._head = 0

    def __len__(self) -> int:
        return len(self._times)

    @property
    def held_bytes(self) -> int:
        """Memory of the rows. Growing arrays keep some room at their ends, a sixteenth at most, that is left out."""
        return len(self._times) * (16 + len(self._columns) * (4 if self.summarises else 8))

    def add_metrics(self, count: int, capacity: int) -> None:
        """Make room for more metrics; their past is NaN. `capacity` is what the budget allows from now on."""
        self._shrink(capacity)
        blank = array(self._code, [NAN]) * len(self._times)
        self._columns.extend(array(self._code, blank) for _ in range(count * (3 if self.summarises else 1)))

    def append(self, t_s: float, step: int, cells: Sequence[float]) -> None:
        """Add a row; `cells` of a summarising tier are values, minima, maxima, metric by metric."""
        head = self._head
        if len(self._times) < self.capacity:
            self._times.append(t_s)
            self._steps.append(step)
            for column, cell in zip(self._columns, cells):
                column.append(cell)
            return
        self.evicted = True
        self._times[head] = t_s
        self._steps[head] = step
        for column, cell in zip(self._columns, cells):
            column[head] = cell
        self._head = (head + 1) % self.capacity

    @property
    def first_s(self) -> Optional[float]:
        """Time of the oldest row."""
        return self._times[self._head] if self._times else None

    def first_after(self, t_s: float) -> int:
        """Number, oldest row 0, of the first row later than `t_s`; the length where there is none."""
        low, high = 0, len(self._times)
        while low < high:
            middle = (low + high) // 2
            if self.time(middle) <= t_s:
                low = middle + 1
            else:
                high = middle
        return low

    def time(self, number: int) -> float:
        """Time of a row."""
        return self._times[self._at(number)]

    def row(self, number: int) -> Tuple[float, int, List[float]]:
        """Time, step and cells of a row."""
        at = self._at(number)
        return self._times[at], self._steps[at], [column[at] for column in self._columns]

    def _at(self, number: int) -> int:
        at = self._head + number
        return at - len(self._times) if at >= len(self._times) else at

    def _shrink(self, capacity: int) -> None:
        keep = min(len(self._times), capacity)
        self.evicted = self.evicted or keep < len(self._times)
        head, self._head = self._head, 0
        self._times = (self._times[head:] + self._times[:head])[len(self._times) - keep :]
        self._steps = (self._steps[head:] + self._steps[:head])[len(self._steps) - keep :]
        self._columns = [(part[head:] + part[:head])[len(part) - keep :] for part in self._columns]
        self.capacity = capacity
