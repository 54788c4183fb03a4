"""Arrays as Qt's polygons, without a Python object a point. Any thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPolygonF

# PySide6's stubs know one argument of it, and there are three: address, bytes, writable.
_VoidPtr: Any = shiboken6.VoidPtr
Floats = NDArray[np.float64]


def polyline(xs: Floats, ys: Floats) -> QPolygonF:
    """A polygon with these corners; both float64[n]."""
    made = QPolygonF()
    count = len(xs)
    if not count:
        return made
    made.resize(count)
    # A QPolygonF is a list of two doubles a point. Source: https://doc.qt.io/qt-6/qpolygonf.html
    memory: Any = _VoidPtr(made.data(), count * 16, True)
    corners = np.frombuffer(memory, np.float64).reshape(count, 2)
    corners[:, 0], corners[:, 1] = xs, ys
    return made


def polygon_of(points: Sequence[tuple[float, float]]) -> QPolygonF:
    """A polygon of a few corners."""
    return QPolygonF([QPointF(x, y) for x, y in points])


def runs(values: Floats) -> list[tuple[int, int]]:
    """Stretches without NaN, as first index and the one past the last."""
    if not len(values):
        return []
    if not np.isnan(values).any():
        return [(0, len(values))]
    known = np.concatenate(([False], ~np.isnan(values), [False]))
    edges = np.flatnonzero(known[1:] != known[:-1])
    return [(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]
