"""The flight ring: the last minutes in full, the last hour by the second, the last day by the minute; in 2 MB at most.

Seconds and minutes are summaries: minima and maxima survive. Used on the agent's thread only.
"""

from __future__ import annotations

import math
from array import array
from itertools import zip_longest
from typing import Callable, List, Optional, Sequence, Tuple

from memgui.agent.probes.probe import Number
from memgui.agent.ring_tier import NAN, Tier
from memgui.protocol.payloads import HistoryRow

# Rows wanted: 5 minutes at 10 Hz, 1 hour of seconds, 1 day of minutes.
_WANTED = (3000, 3600, 1440)
_SPANS_S = (0.0, 1.0, 60.0)
_FULL_RATE_S = 0.09
_PENDING = 20
# What the rows may take; the rest of the 2 MB is for the room that growing arrays keep at their ends, and open spans.
_BUDGET_BYTES = 1_800_000
# A page is made while the interpreter lock is held: about a millisecond.
_CELLS_PER_PAGE = 4000

# Last values, minima and maxima, each in the order of the metrics.
Triple = Tuple[Sequence[float], Sequence[float], Sequence[float]]
# Told of every row as it becomes complete: level (0 for samples), time, step, cells.
Keep = Callable[[int, float, int, Sequence[Optional[Number]]], None]


class _Bucket:
    """Rows of a span that has not ended; minima and maxima are taken of a handful at a time."""

    def __init__(self, span_s: float) -> None:
        self.span_s = span_s
        self.number: Optional[float] = None
        self.t_s = 0.0
        self.step = -1
        self._rows: List[Triple] = []

    def put(self, t_s: float, step: int, row: Triple) -> None:
        """Take a row in."""
        if self.number is None:
            self.number = t_s // self.span_s
        self.t_s, self.step = t_s, step
        self._rows.append(row)
        if len(self._rows) >= _PENDING:
            self._rows = [self._folded()]

    def end(self) -> Triple:
        """Last values, minima and maxima; the bucket is empty afterwards."""
        summary = self._folded()
        self._rows, self.number = [], None
        return summary

    def _folded(self) -> Triple:
        rows = self._rows
        if len(rows) == 1:
            return rows[0]
        lows = zip_longest(*(low for _, low, _ in rows), fillvalue=NAN)
        highs = zip_longest(*(high for _, _, high in rows), fillvalue=NAN)
        # A value that could not be had does not take part; NaN stays where no reading had one.
        return (
            rows[-1][0],
            array("d", [min((cell for cell in cells if cell == cell), default=NAN) for cells in lows]),
            array("d", [max((cell for cell in cells if cell == cell), default=NAN) for cells in highs]),
        )


class Ring:
    """What a viewer that comes late can still see; `keep`, where there is one, sees it too."""

    def __init__(self, budget_bytes: int = _BUDGET_BYTES, keep: Optional[Keep] = None) -> None:
        self._budget_bytes = budget_bytes
        self._keep = keep
        self._width = 0
        self._tiers = tuple(Tier(wanted, summarises=span > 0) for wanted, span in zip(_WANTED, _SPANS_S))
        self._buckets = tuple(_Bucket(span) for span in _SPANS_S[1:])
        self._last_s = -1e18
        self._pending: List[Tuple[float, int, Sequence[Optional[Number]]]] = []

    @property
    def held_bytes(self) -> int:
        """Memory of all tiers."""
        return sum(tier.held_bytes for tier in self._tiers)

    def append(self, t_s: float, step: int, values: Sequence[Optional[Number]]) -> None:
        """Take a sample in; one that comes sooner than a full rate of 10 Hz needs is left out.

        Samples are put in place a handful at a time: the caches are warm then, which makes each several times cheaper.
        """
        if t_s - self._last_s < _FULL_RATE_S:
            return
        self._last_s = t_s
        if self._keep is not None:
            self._keep(0, t_s, step, values)
        self._pending.append((t_s, step, values))
        if len(self._pending) >= _PENDING:
            self._settle()

    def _settle(self) -> None:
        pending, self._pending = self._pending, []
        for t_s, step, values in pending:
            self._place(t_s, step, values)

    def _place(self, t_s: float, step: int, values: Sequence[Optional[Number]]) -> None:
        if len(values) > self._width:
            self._widen(len(values))
        row = array("d", [NAN if value is None else value for value in values])
        self._tiers[0].append(t_s, step, row)
        self._summarise(0, t_s, step, (row, row, row))

    def _summarise(self, level: int, t_s: float, step: int, row: Triple) -> None:
        bucket = self._buckets[level]
        if bucket.number is not None and t_s // bucket.span_s != bucket.number:
            end_s, end_step, summary = bucket.t_s, bucket.step, bucket.end()
            cells = [cell for triple in zip(*summary) for cell in triple]
            missing = self._width * 3 - len(cells)
            self._tiers[level + 1].append(end_s, end_step, cells + [NAN] * missing)
            if self._keep is not None:
                self._keep(level + 1, end_s, end_step, cells)
            if level + 1 < len(self._buckets):
                self._summarise(level + 1, end_s, end_step, summary)
        bucket.put(t_s, step, row)

    def _widen(self, width: int) -> None:
        row_bytes = (16 + 8 * width, 16 + 12 * width, 16 + 12 * width)
        share = min(1.0, self._budget_bytes / sum(rows * size for rows, size in zip(_WANTED, row_bytes)))
        for tier, wanted in zip(self._tiers, _WANTED):
            tier.add_metrics(width - self._width, max(2, int(wanted * share)))
        self._width = width

    def page(self, since_s: Optional[float], limit: int) -> Tuple[Tuple[HistoryRow, ...], bool]:
        """Rows later than `since_s`, oldest first, and whether more follow.

        A summary stands where samples of its span are gone from the finer tier; the finer rows begin after it.
        """
        self._settle()
        begin = -1e18 if since_s is None else since_s
        rows: List[HistoryRow] = []
        room = _CELLS_PER_PAGE
        for level in (2, 1, 0):
            tier = self._tiers[level]
            number = tier.first_after(begin)
            end = self._summaries_end(level)
            while number < end and len(rows) < limit and (room > 0 or not rows):
                rows.append(self._row(tier, number))
                number += 1
                room -= self._width * (3 if tier.summarises else 1)
            if number < end:
                return tuple(rows), True
            if rows:
                begin = max(begin, rows[-1].t_s)
            if end and tier.summarises:
                begin = max(begin, tier.time(end - 1))
        return tuple(rows), False

    def _summaries_end(self, level: int) -> int:
        """How many rows of a tier are served: the finer tier has the rest."""
        tier = self._tiers[level]
        if level == 0:
            return len(tier)
        finer = self._tiers[level - 1]
        first_s = finer.first_s
        if not finer.evicted or first_s is None or not len(tier):
            return 0
        # The first summary that ends at or after the finest row left may hold samples that are gone.
        before = tier.first_after(first_s - 1e-9)
        return min(len(tier), before + 1)

    def _row(self, tier: Tier, number: int) -> HistoryRow:
        t_s, step, cells = tier.row(number)
        if not tier.summarises:
            return HistoryRow(t_s, step, _plain(cells))
        return HistoryRow(t_s, step, _plain(cells[0::3]), _plain(cells[1::3]), _plain(cells[2::3]))


def _plain(cells: Sequence[float]) -> Tuple[Optional[Number], ...]:
    """Whole numbers as integers: they are shorter on the wire and several times quicker to write."""
    return tuple(int(cell) if cell.is_integer() else cell if math.isfinite(cell) else None for cell in cells)
