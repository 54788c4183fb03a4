"""A window that grows, seen with what came before it. Pure functions on the pyramid."""

from __future__ import annotations

import numpy as np

from memgui.analysis.growth import Growth
from memgui.analysis.pyramid import LEAD, Floats, Pyramid

# So much of the window's rise must lie above where memory has been before.
_NEW_GROUND = 0.25
# Had it risen so much faster just before, it is on its way to a plateau.
_SLOWER = 1.5
_PARTS = 6
# Over all that was seen, the later half brought less than this share of what the earlier half did.
_BENT = 0.5
# A part in six with more than this share of what the earlier half brought is a leap, such as optimizer state.
_LEAP = 0.5


def is_new_ground(pyramid: Pyramid, column: int, level: int, found: Growth, now: float) -> bool:
    """It goes where memory has not been, at this scale and any longer one: one more tooth of a saw does not.

    Args:
        level: the level that `found` was seen on.
        now: where memory is, bytes.
    """
    for at in range(level, len(pyramid.levels)):
        table = pyramid.levels[at].table[: pyramid.levels[at].count]
        ended = table[:, 0] + 0.8 * pyramid.block_s * 2**at <= found.since_s
        before = table[ended, LEAD + column]
        before = before[~np.isnan(before)]
        if not len(before):
            continue
        # One block may be an outlier.
        top = float(np.sort(before)[-2:].min()) if len(before) > 2 else float(before.max())
        if now < top + _NEW_GROUND * found.grown:
            return False
    return True


def slows_down(pyramid: Pyramid, column: int, level: int, found: Growth) -> bool:
    """In the time before, of the same length, it rose much faster, one leap left out.

    A window without half of its length before it is not judged by this.
    """
    for seen in pyramid.levels[level : level + 2]:
        table = seen.table[: seen.count]
        t, low = table[:, 0], table[:, LEAD + column]
        inside = (t < found.since_s) & (t >= found.since_s - found.seconds) & ~np.isnan(low)
        if inside.sum() <= _PARTS:
            continue
        seen_s = found.since_s - float(t[inside][0])
        if seen_s < 0.5 * found.seconds:
            continue
        floor = np.minimum.accumulate(low[inside][::-1])[::-1]
        rises = np.diff(np.interp(np.linspace(0, len(floor) - 1, _PARTS + 1), np.arange(len(floor)), floor))
        rate = float(rises.sum() - rises.max()) * _PARTS / (_PARTS - 1) / seen_s
        return rate >= _SLOWER * found.rate
    return False


def bends(t: Floats, low: Floats) -> bool:
    """All of a time in one: its later half brought far less than its earlier half, a leap left out."""
    if len(t) < _PARTS:
        return False
    floor = np.minimum.accumulate(low[::-1])[::-1]
    levels = np.interp(np.linspace(t[0], t[-1], 2 * _PARTS + 1), t, floor)
    rises = np.diff(levels[: _PARTS + 1])
    early, most = float(rises.sum()), float(rises.max())
    if most > _LEAP * early:
        early = (early - most) * _PARTS / (_PARTS - 1)
    return float(levels[-1] - levels[_PARTS]) < _BENT * early
