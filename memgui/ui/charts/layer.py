"""Curves and fills as a picture that a live view scrolls: only what is new at its right end is painted. GUI thread.

A whole frame of 64 dense series costs milliseconds to stroke; a live view moves by whole pixel columns, between which
nothing that was painted changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter

from memgui.ui.charts import ink
from memgui.ui.charts.polygon import polyline, runs
from memgui.ui.charts.raster import fill_bands

# Antialiasing makes a sparse curve smooth; on a dense one it costs several times the frame and shows nothing.
_SMOOTH_POINTS = 200
# Beyond these pixels nothing is seen, and Qt's rasteriser counts in 32 bits.
_FAR_PX = 1e5
# Pens reach beyond the middle of a pixel.
_MARGIN_PX = 4
_WHOLE_PX = 0.02
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """What is drawn of one series now: a line, a fill down to the ground, or both; the first is painted first."""

    name: str
    x: Floats
    y: Floats
    colour: str
    fill: float = 0.0
    has_line: bool = True


@dataclass(frozen=True)
class Scene:
    """Where and how curves are painted; scenes that differ in `low` alone are the same picture, scrolled.

    Attributes:
        low, width: what the axis shows; top: the value at the upper edge.
        size: logical pixels; ratio: device pixels in one of them.
        looks: series and their colours.
        past: says which data these are; another one means that what was painted is not true any more.
    """

    low: float
    width: float
    top: float
    size: QSize
    ratio: float
    looks: tuple[tuple[str, str, float, bool], ...]
    past: object

    def is_scrolled(self, other: Scene) -> bool:
        """The other one shows the same, at another time."""
        return (self.width, self.top, self.size, self.ratio, self.looks, self.past) == (
            other.width, other.top, other.size, other.ratio, other.looks, other.past,
        )  # fmt: skip


class Layer:
    """Keeps the last picture.

    Attributes:
        painted_px: columns that the last `picture` has painted anew.
    """

    def __init__(self) -> None:
        self._scene: Scene | None = None
        self._smooth: list[bool] = []
        self._image = QImage()
        # Up to where every curve is settled, and up to where any is known.
        self._settled = self._furthest = 0.0
        self.painted_px = 0

    def forget(self) -> None:
        """Paint the next picture from the ground."""
        self._scene = None

    def picture(self, scene: Scene, curves: Sequence[Curve]) -> QImage:
        """The curves on nothing, in device pixels."""
        smooth = [_is_smooth(curve) for curve in curves]
        shift = self._shift_to(scene) if smooth == self._smooth else None
        left, right = 0, scene.size.width()
        ends = [float(curve.x[-1]) for curve in curves if len(curve.x)] or [scene.low]
        if shift is None:
            self._image = QImage(scene.size * scene.ratio, QImage.Format.Format_ARGB32_Premultiplied)
            self._image.setDevicePixelRatio(scene.ratio)
            self._image.fill(Qt.GlobalColor.transparent)
        else:
            self._scroll(round(shift * scene.ratio))
            left = max(0, int(self._pixel(scene, self._settled)) - _MARGIN_PX)
            # To the right of the data there is nothing, and there was nothing.
            right = min(right, int(self._pixel(scene, max(self._furthest, *ends))) + _MARGIN_PX)
        self.painted_px = max(0, right - left)
        if self.painted_px:
            self._paint(scene, curves, QRect(left, 0, self.painted_px, scene.size.height()))
        self._scene, self._smooth = scene, smooth
        column = scene.width / scene.size.width()
        grounds = {id(curve.x): curve.x for curve in curves if len(curve.x)}
        self._settled = min((_settled(x, column) for x in grounds.values()), default=scene.low)
        self._furthest = max(ends)
        return self._image

    def _shift_to(self, scene: Scene) -> int | None:
        """By how many pixels the picture that is there has to move; None where it is another one."""
        if self._scene is None or not scene.is_scrolled(self._scene):
            return None
        pixels = (scene.low - self._scene.low) / scene.width * scene.size.width()
        shift = round(pixels)
        in_device = shift * scene.ratio
        is_whole = abs(pixels - shift) < _WHOLE_PX and in_device == int(in_device)
        return shift if is_whole and 0 <= shift < scene.size.width() else None

    def _scroll(self, pixels: int) -> None:
        """Every row moves to the left, and nothing follows it."""
        if pixels:
            flat = np.frombuffer(self._image.bits(), np.uint32)
            flat[:-pixels] = flat[pixels:]  # in one piece; what comes from the next row is where nothing follows
            flat.reshape(self._image.height(), -1)[:, -pixels:] = 0

    def _paint(self, scene: Scene, curves: Sequence[Curve], part: QRect) -> None:
        since = scene.low + (part.left() - 1) / scene.size.width() * scene.width
        if _are_bands(curves):
            ratio, paths = scene.ratio, _paths(scene, curves, since)
            columns = round(part.left() * ratio), round((part.left() + part.width()) * ratio)
            colours, crests = [curve.colour for curve in curves], [path.ys * ratio for path in paths]
            fill_bands(self._image, columns, colours, paths[0].xs * ratio, crests)
            return
        painter = QPainter(self._image)
        painter.setClipRect(part)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.fillRect(part, Qt.GlobalColor.transparent)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        stroke(painter, scene, curves, since)
        painter.end()

    @staticmethod
    def _pixel(scene: Scene, x: float) -> float:
        return (x - scene.low) / scene.width * scene.size.width()


def stroke(painter: QPainter, scene: Scene, curves: Sequence[Curve], since: float) -> None:
    """Paint fills and lines, from the point before `since` on; the plot's upper left corner is at 0, 0."""
    paths = _paths(scene, curves, since)
    for curve, path in zip(curves, paths, strict=True):
        if curve.fill:
            _fill(painter, curve, path, float(scene.size.height()))
    is_smooth = None
    for curve, path in zip(curves, paths, strict=True):
        if curve.has_line:
            painter.setPen(ink.line_pen(curve.colour))
            if is_smooth != _is_smooth(curve):
                is_smooth = _is_smooth(curve)
                painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=is_smooth)
            for first, last in path.runs:
                painter.drawPolyline(polyline(path.xs[first:last], path.ys[first:last]))


def _settled(x: Floats, column: float) -> float:
    """The last place before the newest column: that one may get more, and the line into it bends with it."""
    return float(x[max(0, int(np.searchsorted(x, x[-1] - column)) - 1)])


def _are_bands(curves: Sequence[Curve]) -> bool:
    """Nothing but fills on one ground."""
    return bool(curves) and all(curve.fill >= 1.0 and not curve.has_line and curve.x is curves[0].x for curve in curves)


def _is_smooth(curve: Curve) -> bool:
    return len(curve.x) <= _SMOOTH_POINTS


class _Path(NamedTuple):
    """A curve in pixels; `runs` are the stretches that are known."""

    xs: Floats
    ys: Floats
    runs: list[tuple[int, int]]


def _paths(scene: Scene, curves: Sequence[Curve], since: float) -> list[_Path]:
    """In pixels; curves that share their places, as those of a chart mostly do, are reckoned at once."""
    height = scene.size.height()
    alike: dict[int, list[int]] = {}
    for at, curve in enumerate(curves):
        alike.setdefault(id(curve.x), []).append(at)
    paths: dict[int, _Path] = {}
    for places in alike.values():
        x = curves[places[0]].x
        first = max(0, int(np.searchsorted(x, since)) - 2)
        xs = (x[first:] - scene.low) * (scene.size.width() / scene.width)
        ys = np.stack([curves[at].y[first:] for at in places])
        ys *= -height / scene.top
        ys += height
        np.maximum(ys, -_FAR_PX, out=ys)
        np.minimum(ys, _FAR_PX, out=ys)
        whole = runs(xs)
        for at, row, has_gaps in zip(places, ys, np.isnan(ys.sum(axis=1)), strict=True):
            paths[at] = _Path(xs, row, runs(row) if has_gaps else whole)
    return [paths[at] for at in range(len(curves))]


def _fill(painter: QPainter, curve: Curve, path: _Path, ground: float) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink.with_alpha(curve.colour, curve.fill))
    for first, last in path.runs:
        x, y = _crest(path.xs[first:last], path.ys[first:last])
        corners = np.concatenate((x[:1], x, x[-1:])), np.concatenate(([ground], y, [ground]))
        painter.drawPolygon(polyline(*corners))


def _crest(xs: Floats, ys: Floats) -> tuple[Floats, Floats]:
    """The uppermost point of each pixel column: the rest of a column lies within the fill anyway."""
    starts = np.flatnonzero(np.diff(np.floor(xs), prepend=-np.inf))
    return xs[starts], np.minimum.reduceat(ys, starts)
