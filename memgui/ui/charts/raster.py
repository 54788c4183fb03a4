"""Bands that lie on each other, as pixels: the same in time however jagged they are. GUI thread.

Qt fills a polygon by its edges; a jagged one has hundreds in every line of pixels, and a stack a dozen such polygons.
Here each band leaves one mark in each column, where it begins, and one pass down the picture turns marks into colours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from memgui.ui.charts.polygon import runs

Floats = NDArray[np.float64]


def fill_bands(image: QImage, left: int, colours: Sequence[str], paths: Sequence[tuple[Floats, Floats]]) -> None:
    """Paint bands over all that is there from a column on.

    Args:
        image: 32 bits a pixel.
        left: the first column, in pixels of the image.
        colours: of the bands, from the highest to the lowest; paths: their crests, in pixels of the image.
    """
    pixels = np.frombuffer(image.bits(), np.uint32).reshape(image.height(), -1)[:, left : image.width()]
    high, wide = pixels.shape
    # A colour that follows another differs from it by these bits; so the marks of one place add up in any number.
    marks = np.zeros((high, wide), np.uint32)
    above, highest = np.zeros(wide, np.uint32), np.zeros(wide, np.int64)
    for name, (xs, ys) in zip(colours, paths, strict=True):
        colour = np.uint32(QColor(name).rgba())
        for first, last in runs(ys):
            columns, crest = _columns(xs[first:last] - left, ys[first:last], wide)
            top = np.maximum(np.floor(crest + 0.5).astype(np.int64), highest[columns])
            columns, top = columns[top < high], top[top < high]
            marks[top, columns] ^= above[columns] ^ colour
            above[columns], highest[columns] = colour, top
    np.bitwise_xor.accumulate(marks, axis=0, out=pixels)


def _columns(xs: Floats, ys: Floats, wide: int) -> tuple[NDArray[np.int64], Floats]:
    """The columns that a stretch covers, and its height in the middle of each."""
    # The uppermost point of each column; what is below it is filled anyway.
    starts = np.flatnonzero(np.diff(np.floor(xs), prepend=-np.inf))
    x, y = xs[starts], np.minimum.reduceat(ys, starts)
    first, last = max(0, int(np.floor(x[0]))), min(wide - 1, int(np.floor(x[-1])))
    columns = np.arange(first, last + 1)
    return columns, np.interp(columns + 0.5, x, y)
