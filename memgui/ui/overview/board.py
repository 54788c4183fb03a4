"""The levels of many targets over one stretch of time: a row a target, a column a pixel. GUI thread, no widgets.

Columns have fixed places in time, so that a live picture moves by whole columns: what was read stays valid and only
the newest columns are read again. A read keeps to a budget; what is left over is read by the next one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from memgui.store.columns import column_peaks
from memgui.ui import target_view as view
from memgui.ui.charts.viewport import Extent, Viewport
from memgui.ui.overview.choices import metric_for

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget

# The newest column gets more, and the one before it may have been read before its last sample came.
_OPEN_COLUMNS = 2
# Of fewer columns no growth is told.
_LEAST_COLUMNS = 4
Levels = NDArray[np.float32]


@dataclass(eq=False)
class Row:
    """A target on the board.

    Attributes:
        metric: what the choice means for it; None while it has no such metric.
        end: number of the column after the newest one, counted from the epoch.
        filled: columns before this one need not be read again.
        revision: of the timeline when it was read.
    """

    target: LiveTarget
    metric: str | None = None
    names_count: int = -1
    end: int = 0
    filled: int = 0
    revision: int = -1


class Board:
    """What all views of the overview show.

    Attributes:
        rows: in the order of the feed; `order` has their places as they are shown.
        levels: float32[rows, columns], NaN where nothing is known.
        width_s: seconds a column.
    """

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.order: list[int] = []
        self.columns = 1
        self.width_s = 1.0
        self.choice = ""
        self.levels: Levels = np.empty((0, 1), np.float32)
        self._span_s: float | None = 600.0
        self._cursor = 0

    @property
    def span_s(self) -> float:
        """Seconds from the first to the last column."""
        return self.width_s * self.columns

    def arrange(self, targets: Sequence[LiveTarget], choice: str, span_s: float | None, columns: int) -> bool:
        """Say what is to be shown; True where that is another picture than before.

        Args:
            span_s: None for all there is.
        """
        same_rows = [row.target for row in self.rows] == list(targets)
        width_s = self._width(targets, span_s, columns)
        if same_rows and (choice, columns, width_s) == (self.choice, self.columns, self.width_s):
            return False
        if (choice, columns, width_s) != (self.choice, self.columns, self.width_s):
            self.rows = []
        self.choice, self.columns, self.width_s = choice, columns, width_s
        known = {id(row.target): (row, self.levels[at]) for at, row in enumerate(self.rows)}
        kept = [known.get(id(target)) for target in targets]
        self.rows = [pair[0] if pair else Row(target) for pair, target in zip(kept, targets, strict=True)]
        self.levels = np.full((len(targets), columns), np.nan, np.float32)
        for at, pair in enumerate(kept):
            if pair:
                self.levels[at] = pair[1]
        self.order = list(range(len(self.rows)))
        self._cursor = 0
        return True

    def read(self, budget_s: float) -> bool:
        """Take in what is new, for about so long; True where a level has changed."""
        changed = self._move()
        until = time.perf_counter() + budget_s
        for _ in range(len(self.rows)):
            at = self._cursor % len(self.rows)
            self._cursor = at + 1
            row = self.rows[at]
            if row.revision != row.target.timeline.revision or row.filled < row.end - _OPEN_COLUMNS:
                self._read_row(at, row)
                changed = True
                if time.perf_counter() >= until:
                    break
        return changed

    def sort(self, name: str) -> None:
        """Order the rows by "growth", "size" (largest first) or "name"."""
        keys: dict[str, Callable[[int], Any]] = {
            "growth": lambda at: (-_or_least(self.change(at)), _name_key(self.rows[at].target)),
            "size": lambda at: (-_or_least(self.value(at)), _name_key(self.rows[at].target)),
            "name": lambda at: _name_key(self.rows[at].target),
        }
        self.order = sorted(range(len(self.rows)), key=keys[name])

    def value(self, at: int) -> float | None:
        """The newest value of a row."""
        row = self.rows[at]
        return row.target.timeline.latest(row.metric) if row.metric is not None else None

    def change(self, at: int) -> float | None:
        """By how much a row has grown over what is shown, by the line of least squares; None where it is too short.

        A line does not ask in which phase of a step the first and the last column lie.
        """
        known = np.flatnonzero(~np.isnan(self.levels[at]))
        if len(known) < _LEAST_COLUMNS:
            return None
        place = known - known.mean()
        slope = float(place @ self.levels[at, known].astype(np.float64)) / float(place @ place)
        return slope * float(known[-1] - known[0])

    def level(self, at: int, column: int) -> float | None:
        """The highest value in a column; None where nothing is known."""
        level = float(self.levels[at, column])
        return None if math.isnan(level) else level

    def time_of(self, at: int, column: int) -> float:
        """When a column of a row begins, Unix seconds."""
        return (self.rows[at].end - self.columns + column) * self.width_s

    def bounds(self) -> tuple[float, float] | None:
        """Lowest and highest level of all rows; None where nothing is known."""
        if not self.levels.size or np.isnan(self.levels).all():
            return None
        return float(np.nanmin(self.levels)), float(np.nanmax(self.levels))

    def row_bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest level of each row, NaN where nothing is known."""
        known = ~np.isnan(self.levels)
        low = np.where(known, self.levels, np.inf).min(axis=1, initial=np.inf).astype(np.float64)
        high = np.where(known, self.levels, -np.inf).max(axis=1, initial=-np.inf).astype(np.float64)
        return np.where(np.isinf(low), np.nan, low), np.where(np.isinf(high), np.nan, high)

    # ---- inside --------------------------------------------------------------------------------------------------

    def _width(self, targets: Sequence[LiveTarget], span_s: float | None, columns: int) -> float:
        now = _now(targets)
        ages = [0.0]
        for target in targets:
            first, end = target.timeline.first_t, _end_of(target, now)
            if first is not None and end is not None:
                ages.append(end - first)
        viewport = Viewport()
        viewport.follow(Extent(0.0, max(ages), span_s), columns, 0.0)
        return viewport.stretch().width / columns

    def _move(self) -> bool:
        """Shift rows whose newest column is another one by now."""
        now = _now([row.target for row in self.rows])
        shifts: dict[int, list[int]] = {}
        for at, row in enumerate(self.rows):
            end_s = _end_of(row.target, now)
            end = row.end if end_s is None else math.floor(end_s / self.width_s + 1e-6) + 1
            if end != row.end:
                shifts.setdefault(min(max(end - row.end, 0), self.columns), []).append(at)
                row.end = end
                row.filled = max(row.filled, end - self.columns)
        for shift, places in shifts.items():
            chosen: slice | list[int] = slice(None) if len(places) == len(self.rows) else places
            if 0 < shift < self.columns:
                self.levels[chosen, :-shift] = self.levels[chosen, shift:]
            self.levels[chosen, self.columns - shift :] = np.nan
        return bool(shifts)

    def _read_row(self, at: int, row: Row) -> None:
        timeline = row.target.timeline
        if row.names_count != len(timeline.names):
            row.names_count = len(timeline.names)
            metric = metric_for(row.target, self.choice)
            if metric != row.metric:
                row.metric, row.filled = metric, row.end - self.columns
        row.revision = timeline.revision
        first = max(min(row.filled, row.end - _OPEN_COLUMNS), row.end - self.columns)
        count = row.end - first
        # The timeline puts what lies just outside into the outermost columns: those are not ours.
        span = ((first - 1) * self.width_s, (row.end + 1) * self.width_s)
        if row.metric is not None:
            x, y = timeline.window(row.metric, *span, count + 2)
            self.levels[at, self.columns - count :] = column_peaks(x, y, span, count + 2)[1:-1]
        row.filled = row.end - _OPEN_COLUMNS


def _now(targets: Sequence[LiveTarget]) -> float | None:
    """The newest moment of what is watched live; recordings have ends of their own."""
    times = [target.timeline.last_t for target in targets if target.recording is None]
    return max((t_s for t_s in times if t_s is not None), default=None)


def _end_of(target: LiveTarget, now: float | None) -> float | None:
    return now if target.recording is None else target.timeline.last_t


def _or_least(value: float | None) -> float:
    return -math.inf if value is None else value


def _name_key(target: LiveTarget) -> tuple[str, int, int]:
    rank = view.rank_of(target)
    return (view.plain_name(target), rank[0] if rank else -1, target.pid)
