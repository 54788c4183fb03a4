"""From blocks to what a plot draws: at most two points a pixel column, extremes kept, gaps as NaN."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from memgui.store.tier import Floats


def thin(
    start: Floats,
    end: Floats,
    gap: NDArray[np.bool_],
    low: Floats,
    high: Floats,
    span: tuple[float, float],
    columns: int,
    *,
    as_rows: bool = True,
) -> tuple[Floats, Floats]:
    """Points to draw.

    Args:
        start, end: ends of the blocks on the axis, ascending, float64[n].
        gap: nothing is known between the block before and this one.
        low, high: extremes of the blocks, float64[series, n], NaN where unknown.
        span: what the columns divide; blocks just outside of it are kept, so that lines reach the edge.
        columns: pixel columns.
        as_rows: few rows are given as they are.

    Returns:
        x, float64[m], m at most 2 × columns, and y, float64[series, m].
    """
    inside = np.flatnonzero((end >= span[0]) & (start <= span[1]))
    if not len(inside) or columns < 1:
        return np.empty(0), np.empty((len(low), 0))
    first, last = max(inside[0] - 1, 0), min(inside[-1] + 2, len(start))
    start, gap, low, high = start[first:last], gap[first:last], low[:, first:last], high[:, first:last]
    if as_rows and len(start) <= columns and np.array_equal(low, high, equal_nan=True):
        return _with_gaps(start, high, gap)
    return _columns(start, gap, low, high, span, columns)


def _with_gaps(x: Floats, y: Floats, gap: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    breaks = np.flatnonzero(gap[1:]) + 1
    if not len(breaks):
        return x, y
    return np.insert(x, breaks, x[breaks]), np.insert(y, breaks, np.nan, axis=1)


def _columns(
    x: Floats, gap: NDArray[np.bool_], low: Floats, high: Floats, span: tuple[float, float], columns: int
) -> tuple[Floats, Floats]:
    width = (span[1] - span[0]) / columns or 1.0
    column = np.clip(np.floor((x - span[0]) / width), 0, columns - 1)
    starts = np.flatnonzero(np.diff(column, prepend=-1.0))
    lows, highs = np.fmin.reduceat(low, starts, axis=1), np.fmax.reduceat(high, starts, axis=1)
    # A gap is visible only where it leaves a column empty; then two columns that hold nothing make room for its NaN.
    broken = np.maximum.reduceat(gap.astype(np.int8), starts).astype(bool)
    broken &= np.diff(column[starts], prepend=column[starts][0]) > 1
    middle = span[0] + (column[starts] + 0.5) * width
    # The half of the column in which the line enters decides nothing visible; up and down alternate to save strokes,
    # by the place in time, so that a column looks the same wherever it has been scrolled to.
    points = np.stack([lows, highs], axis=2)
    falling = (column[starts] + np.floor(span[0] / width + 0.5)) % 2 == 1
    points[:, falling] = points[:, falling, ::-1]
    return _with_gaps(
        np.repeat(middle, 2),
        points.reshape(len(low), -1),
        np.repeat(broken, 2) & (np.arange(2 * len(starts)) % 2 == 0),
    )


def median(values: Floats) -> float:
    """Of one value or more, none NaN. numpy's own imports masked arrays for it, 2 MB that nothing else needs."""
    ordered, half = np.sort(values), len(values) // 2
    return float(ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2)
