"""What was read of curves, kept while a view scrolls by whole columns: only the newest are read. GUI thread."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from memgui.store.timeline import Timeline

Floats = NDArray[np.float64]
# A view moves by whole columns up to this share of one.
_WHOLE = 0.02


class Strip:
    """Levels by pixel column of one plot.

    Attributes:
        read_columns: how many the last `read` has read.
    """

    def __init__(self) -> None:
        self.read_columns = 0
        self._what: object = None
        self._low = self._width = 0.0
        self._x: Floats = np.empty(0)
        self._levels: Floats = np.empty((0, 0))

    def read(
        self, timeline: Timeline, names: Sequence[str], span: tuple[float, float], columns: int, *, past: object
    ) -> tuple[Floats, Floats]:
        """As `Timeline.windows` by time.

        Args:
            past: as long as it is the same, what was once read of a stretch stays true.
        """
        low, high = span
        width = (high - low) / columns
        what = (weakref.ref(timeline), tuple(names), columns, past)
        first = self._first_new(low, width, columns) if what == self._what else 0
        if first > 1:
            since = low + first * width
            # What lies just outside of a window falls into its outermost columns: the one before is not kept.
            x, levels = timeline.windows(names, since - width, high, columns - first + 1, as_rows=False)
            old, new = (self._x >= low) & (self._x < since), x >= since
            self._x = np.concatenate((self._x[old], x[new]))
            self._levels = np.concatenate((self._levels[:, old], levels[:, new]), axis=1)
        else:
            first = 0
            self._x, self._levels = timeline.windows(names, low, high, columns)
        self._what, self._low, self._width = what, low, width
        self.read_columns = columns - first
        return self._x, self._levels

    def _first_new(self, low: float, width: float, columns: int) -> int:
        """The first column that has to be read; 0 where nothing that was read fits."""
        # Single rows are at their own places and cost little; of columns the two ends share one.
        in_columns = len(self._x) > 1 and self._x[0] == self._x[1]
        shift = (low - self._low) / width
        same_width = abs(width - self._width) * columns < _WHOLE * width
        if not in_columns or not same_width or abs(shift - round(shift)) > _WHOLE or not 0 <= shift < columns:
            return 0
        # The newest column may have got more since.
        return max(0, int((self._x[-1] - low) / width) - 1)
