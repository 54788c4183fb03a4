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
) -> tuple[Floats, Floats]:
    """Points to draw.

    Args:
        start, end: ends of the blocks on the axis, ascending, float64[n].
        gap: nothing is known between the block before and this one.
        low, high: extremes of the blocks, NaN where unknown.
        span: what the columns divide; blocks just outside of it are kept, so that lines reach the edge.
        columns: pixel columns.

    Returns:
        x and y, float64[m], m at most 2 × columns.
    """
    inside = np.flatnonzero((end >= span[0]) & (start <= span[1]))
    if not len(inside) or columns < 1:
        return np.empty(0), np.empty(0)
    first, last = max(inside[0] - 1, 0), min(inside[-1] + 2, len(start))
    start, low, high = (part[first:last] for part in (start, low, high))
    gap = gap[first:last]
    if 2 * len(start) <= 2 * columns and np.array_equal(low, high, equal_nan=True):
        return _with_gaps(start, high, gap)
    return _columns(start, gap, low, high, span, columns)


def _with_gaps(x: Floats, y: Floats, gap: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    breaks = np.flatnonzero(gap[1:]) + 1
    return np.insert(x, breaks, x[breaks]), np.insert(y, breaks, np.nan)


def _columns(
    x: Floats, gap: NDArray[np.bool_], low: Floats, high: Floats, span: tuple[float, float], columns: int
) -> tuple[Floats, Floats]:
    width = (span[1] - span[0]) / columns or 1.0
    column = np.clip(np.floor((x - span[0]) / width), 0, columns - 1)
    starts = np.flatnonzero(np.diff(column, prepend=-1.0))
    lows, highs = np.fmin.reduceat(low, starts), np.fmax.reduceat(high, starts)
    # A gap is visible only where it leaves a column empty; then two columns that hold nothing make room for its NaN.
    broken = np.maximum.reduceat(gap.astype(np.int8), starts).astype(bool)
    broken &= np.diff(column[starts], prepend=column[starts][0]) > 1
    middle = span[0] + (column[starts] + 0.5) * width
    # The half of the column in which the line enters decides nothing visible; up and down alternate to save strokes.
    points = np.column_stack([lows, highs])
    points[1::2] = points[1::2, ::-1]
    return _with_gaps(
        np.repeat(middle, 2), points.ravel(), np.repeat(broken, 2) & (np.arange(2 * len(starts)) % 2 == 0)
    )
