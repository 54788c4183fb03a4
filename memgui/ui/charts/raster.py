"""Bands that lie on each other, as pixels: the same in time however jagged they are. GUI thread.

Qt fills a polygon by its edges; a jagged one has hundreds in every line of pixels, and a stack a dozen such polygons.
Here each band leaves one mark in each column, where it begins, and one pass down the picture turns marks into colours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

Floats = NDArray[np.float64]


def fill_bands(
    image: QImage, columns: tuple[int, int], colours: Sequence[str], xs: Floats, crests: Sequence[Floats]
) -> None:
    """Paint bands over all that is there in some columns.

    Args:
        image: 32 bits a pixel.
        columns: the first one and the one past the last, in pixels of the image.
        colours: of the bands, from the highest to the lowest; crests: their upper edges at `xs`, NaN in a gap; both in
            pixels of the image.
    """
    left, right = columns
    pixels = np.frombuffer(image.bits(), np.uint32).reshape(image.height(), -1)[:, left:right]
    high, wide = pixels.shape
    first, heights = _heights(xs - left, np.asarray(crests), wide)
    edges = np.full((len(colours), wide), np.nan)
    edges[:, first : first + heights.shape[1]] = np.floor(heights + 0.5)
    # No band begins above one that is higher. One for which no pixel is left begins a row below the last.
    tops = np.minimum(np.maximum(np.fmax.accumulate(edges, axis=0), 0), high)
    tops = np.where(np.isnan(edges), high, tops).astype(np.int64)
    # A colour that follows another differs from it by these bits; so the marks of one place add up in any number.
    marks = np.zeros((high + 1, wide), np.uint32)
    above, places = np.zeros(wide, np.uint32), np.arange(wide)
    for name, top in zip(colours, tops, strict=True):
        colour = np.uint32(QColor(name).rgba())
        marks[top, places] ^= above ^ colour
        above[top < high] = colour
    np.bitwise_xor.accumulate(marks[:high], axis=0, out=pixels)


def _heights(xs: Floats, ys: Floats, wide: int) -> tuple[int, Floats]:
    """The first column that curves cover, and from there on each one's height in the middle of the columns."""
    # The uppermost point of each column; what is below it is filled anyway.
    starts = np.flatnonzero(np.diff(np.floor(xs), prepend=-np.inf))
    if not len(starts):
        return 0, np.empty((len(ys), 0))
    x, y = xs[starts], np.fmin.reduceat(ys, starts, axis=1)
    first, last = max(0, int(np.floor(x[0]))), min(wide - 1, int(np.floor(x[-1])))
    middles = np.minimum(np.maximum(np.arange(first, last + 1) + 0.5, x[0]), x[-1])
    after = np.minimum(np.maximum(np.searchsorted(x, middles), min(1, len(x) - 1)), len(x) - 1)
    before = np.maximum(after - 1, 0)
    share = (middles - x[before]) / np.maximum(x[after] - x[before], 1e-9)
    return first, y[:, before] + (y[:, after] - y[:, before]) * share
