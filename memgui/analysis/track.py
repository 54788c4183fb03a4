"""One judged series: looks at its envelope when a block closes, and remembers what was said. Single-threaded."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from memgui.analysis.context import bends, is_new_ground, slows_down
from memgui.analysis.growth import FEW_BLOCKS, MIN_BLOCKS, Growth, explains, fit_line, judge, onset
from memgui.analysis.pyramid import KEPT, LEAD, Floats, Pyramid

# Windows of these many blocks; from 20 up they reach to the windows of the next level.
_SUFFIXES = (40, 36, 32, 28, 25, 22, 20)
_SHORT = (18, 16, MIN_BLOCKS, 12, 10, FEW_BLOCKS)
# No window shorter than this share of the age is judged: the longer a run, the more it takes.
AGE_SHARE = 0.05
MIN_GROWN = 0.75 * 2**20
# So long a growth must have been seen, and the next one after one that stopped.
SURE_S, AGAIN_S = 16.0, 28.0
# What grew for so long and stopped is believed again only after this share of that time.
_AGAIN = 0.7
# What goes on more slowly than what stopped is likely the rest of it: it takes so many times as long, at most.
_SLOWER_MOST = 2.0
_PASSES = 2
# A growth has stopped when in its last part less than this share of what was to come has come.
_KEPT = 0.8
_RECENT, _RECENT_S, _CAME = 0.22, 10.0, 0.35
# The rate is fitted again when the window has become longer by this share, and when somebody asks.
_REFIT = 0.05


class Track:
    """Growth of one series.

    Attributes:
        growth: what grows now or grew last; None where nothing has.
        is_sure: it has grown for long enough, twice in a row, and has not stopped.
        has_stopped: it was sure and has stopped.
        needed_s: so long the present growth had to last for being sure.
        began_s: the earliest begin that the present growth was ever seen from; a later fit may leave that part out.
    """

    def __init__(self, name: str, column: int, records: Sequence[int] = (), *, at_ends: bool = False) -> None:
        """`records`: columns of the largest batch so far, where the loop tells it; the list may grow.

        Args:
            at_ends: it is read where a step ends, so that what each step brings is known well.
        """
        self._fewest = FEW_BLOCKS if at_ends else MIN_BLOCKS
        self.name = name
        self.column = column
        self._records = records
        self.growth: Growth | None = None
        self.is_sure = self.has_stopped = False
        self.needed_s = SURE_S
        self.began_s = 0.0
        self._passes: dict[int, int] = {}
        self._misses = 0
        # Begin of the window that was judged; the growth's own begin may turn out to be later.
        self._from_s = 0.0
        self._again_s = self._grew_s = self._stopped_rate = 0.0
        # Of the window that was judged: a rate that is fitted again and again over a rest falls with it.
        self._found_rate = 0.0

    def look(self, pyramid: Pyramid, age_s: float) -> bool:
        """Judge what has closed; True where something may have changed."""
        found, looked = None, False
        for level, table in _due(pyramid, age_s, self._fewest):
            looked = True
            one = self._longest(pyramid, level, table)
            self._passes[level] = 0 if one is None else self._passes.get(level, 0) + 1
            found = one or found
        if not looked:
            return False
        if found is not None:
            self._passed(found, pyramid)
        elif self.is_sure:
            self._held(pyramid)
        elif not any(self._passes.values()) and not self.has_stopped:
            self.growth = None
        return True

    def _passed(self, found: Growth, pyramid: Pyramid) -> None:
        self._misses = 0
        needed_s = self._again_s or SURE_S
        if found.rate < self._stopped_rate:
            needed_s *= min(self._stopped_rate / found.rate, _SLOWER_MOST)
        sure = found.seconds >= needed_s and sum(self._passes.values()) >= _PASSES
        if self.has_stopped and not sure:
            return  # what is told is that it has stopped, until it is sure that it goes on
        goes_on = self.growth is not None and not self.has_stopped
        self.began_s = min(self.began_s, found.since_s) if goes_on else found.since_s
        self.growth, self._from_s, self._found_rate = found, found.since_s, found.rate
        if sure:
            if not self.is_sure:
                self.needed_s = needed_s
            self.is_sure, self.has_stopped = True, False
            self.refit(pyramid)

    def _held(self, pyramid: Pyramid) -> None:
        if self._goes_on(pyramid):
            self._misses = 0
            now = float(pyramid.levels[0].table[pyramid.levels[0].count - 1, 0])
            self._grew_s = now - self._from_s
            if self.growth is None or now - self.growth.until_s >= _REFIT * self._grew_s:
                self.refit(pyramid)
            return
        self._misses += 1
        if self._misses >= 2:
            self.is_sure, self.has_stopped = False, True
            self._passes.clear()
            self._again_s = max(self._again_s, AGAIN_S, _AGAIN * self._grew_s)
            self._stopped_rate = max(self._stopped_rate, self._found_rate)

    def has_lasted(self, pyramid: Pyramid, times: float) -> bool:
        """All of the growth up to now passes as one, and took so many times what it took to be sure of it."""
        t, step, low = since(pyramid, self.column, self._from_s)
        if not len(t) or t[-1] - t[0] < times * self.needed_s:
            return False
        return judge(t, step, low, MIN_GROWN, self._fewest) is not None

    def bends(self, pyramid: Pyramid) -> bool:
        """Over all that was seen, it grows far more slowly of late."""
        t, _, low = since(pyramid, self.column, -math.inf)
        return bends(t, low)

    def refit(self, pyramid: Pyramid) -> None:
        """The rate over all of the growth, up to now, with its interval."""
        if self.growth is None or self.has_stopped:
            return
        t, step, low = since(pyramid, self.column, self._from_s)
        if len(t) < self._fewest:
            return
        first = onset(step if step[-1] - step[0] >= len(t) - 1 else t, low)
        t, step, low = t[first:], step[first:], low[first:]
        line = fit_line(t, low)
        if line.slope > 0:
            self.growth = replace(
                self.growth,
                since_s=float(t[0]),
                since_step=int(step[0]),
                until_s=float(t[-1]),
                rate=line.slope,
                rate_low=max(line.low, 0.0),
                rate_high=line.high,
                per_step=fit_line(step, low) if step[-1] - step[0] >= len(t) - 1 else None,
                level=line.level,
                grown=float(low[-1] - low[0]),
            )

    def _goes_on(self, pyramid: Pyramid) -> bool:
        growth = self.growth
        assert growth is not None
        t, step, low = since(pyramid, self.column, self._from_s)
        if len(t) < 6:
            return True
        now = float(t[-1])
        recent_s = max(_RECENT * (now - self._from_s), _RECENT_S)
        floor = np.minimum.accumulate(low[::-1])[::-1]
        then = float(np.interp(now - recent_s, t, floor))
        # Steps that take longer than they did bring as much each, and as much less in a time.
        pace = (step[-1] - step[0]) / (now - t[0])
        lately = (step[-1] - np.interp(now - recent_s, t, step)) / recent_s
        due_s = recent_s * min(float(lately / pace), 1.0) if pace > 0 else recent_s
        return float(floor[-1]) - then >= _CAME * max(growth.rate, _KEPT * self._found_rate) * due_s

    def _longest(self, pyramid: Pyramid, level: int, table: Floats) -> Growth | None:
        low = table[:, LEAD + self.column]
        if np.isnan(low).any():
            table = table[~np.isnan(low)]
            low = table[:, LEAD + self.column]
        n = len(low)
        if n < self._fewest or low[-4:].max() < low[:-4].max() or low[-1] - low.min() < MIN_GROWN:
            return None
        t, step = table[:, 0], table[:, 1]
        for size in (n, *(s for s in (_SUFFIXES + _SHORT if level == 0 else _SUFFIXES) if s < n)):
            if self.is_sure and self.growth is not None and t[-size] >= self._from_s:
                return None
            found = judge(t[-size:], step[-size:], low[-size:], MIN_GROWN, self._fewest)
            if (
                found is not None
                and is_new_ground(pyramid, self.column, level, found, float(low[-4:].max()))
                and not slows_down(pyramid, self.column, level, found)
                and not any(explains(table[-size:, LEAD + at], step[-size:], low[-size:]) for at in self._records)
            ):
                return found
        return None


def since(pyramid: Pyramid, column: int, start_s: float) -> tuple[Floats, Floats, Floats]:
    """Blocks from a time up to now, by the finest level that reaches back so far."""
    for level in pyramid.levels:
        table = level.table[: level.count]
        if level.count and (table[0, 0] <= start_s or level.count < KEPT):
            break
    keep = (table[:, 0] >= start_s) & ~np.isnan(table[:, LEAD + column])
    table = table[keep]
    return table[:, 0], table[:, 1], table[:, LEAD + column]


def _due(pyramid: Pyramid, age_s: float, fewest: int) -> Iterator[tuple[int, Floats]]:
    """Levels of which a block has just closed, and which are long enough for the age."""
    for at, level in enumerate(pyramid.levels):
        if pyramid.closed & ((1 << at) - 1):
            return
        if level.count == KEPT and (pyramid.closed >> at) & 1:
            continue
        if level.count < (MIN_BLOCKS if at else fewest):
            continue
        if math.ldexp(KEPT * pyramid.block_s, at) < AGE_SHARE * age_s:
            continue
        yield at, level.table[: level.count]
