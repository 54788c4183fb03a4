"""From the points of a curve to one level a column: what a heat map and a row of small charts are painted from."""

from __future__ import annotations

import numpy as np

from memgui.store.tier import Floats


def column_peaks(x: Floats, y: Floats, span: tuple[float, float], columns: int) -> Floats:
    """The highest level of each column; a level holds until the next point, and NaN says that nothing is known.

    Args:
        x, y: points as `Timeline.window` gives them, ascending; a NaN marks a gap before the point beside it.
        span: what the columns divide evenly, in units of `x`.

    Returns:
        float64[columns].
    """
    peaks = np.full(columns, np.nan)
    if not len(x):
        return peaks
    width = (span[1] - span[0]) / columns
    # A point on the border of two columns belongs to the later one, whatever the last bit of the division says.
    column = np.floor((x - span[0]) / width + 1e-6).astype(np.int64)
    inside = (column >= 0) & (column < columns) & ~np.isnan(y)
    np.fmax.at(peaks, column[inside], y[inside])
    starts = span[0] + np.arange(columns) * width
    before = np.searchsorted(x, starts, side="right") - 1
    between = np.isnan(peaks) & (before >= 0) & (before < len(x) - 1)
    at = before[between]
    peaks[between] = np.where(np.isnan(y[at + 1]), np.nan, y[at])
    return peaks
