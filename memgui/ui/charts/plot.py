"""One plot: curves by pyqtgraph, axes and notes painted around them. GUI thread.

The only file that touches pyqtgraph. Its mouse handling, menus, axes and downsampling are not used: data arrive thinned
to two points a pixel column, and the pens are one pixel wide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QWidget

from memgui.ui.charts import ink
from memgui.ui.charts.ticks import Tick
from memgui.ui.theme import Theme

AXIS_PX = 52
RIGHT_PX = 10
# Antialiasing makes a sparse curve smooth; on a dense one it costs several times the frame and shows nothing.
_SMOOTH_POINTS = 200
_BASELINE_PX = 1e5

Floats = NDArray[np.float64]
Paint = Callable[[QPainter, "PlotView"], None]


@dataclass(frozen=True)
class Curve:
    """What is drawn of one series now: a line, a fill down to the ground, or both; the first is painted first."""

    name: str
    x: Floats
    y: Floats
    colour: str
    fill: float = 0.0
    has_line: bool = True


class PlotView(pg.GraphicsView):  # type: ignore[misc] # pyqtgraph has no types
    """Curves over grid and axis labels.

    Attributes:
        paint_below, paint_above: painters of what lies under the curves and on them, in pixels.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, useOpenGL=False, background=None)
        self.setCacheMode(self.CacheModeFlag.CacheNone)
        # `draw` asks for its one repaint itself; the scene would ask for a second one when it hears of the new curves.
        self.setViewportUpdateMode(self.ViewportUpdateMode.NoViewportUpdate)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setMinimumSize(0, 0)
        self.viewport().setMouseTracking(True)
        self._theme = theme
        self._box = pg.ViewBox(enableMenu=False, enableMouse=False, border=None, defaultPadding=0.0)
        self._box.disableAutoRange()
        self._box.setAcceptHoverEvents(False)
        # Not as the central item: that one is stretched over the axes at every resize.
        self.setCentralItem(None)
        self.scene().addItem(self._box)
        self._items: dict[str, Any] = {}
        self._curves: tuple[Curve, ...] = ()
        self._x = (0.0, 1.0)
        self._top = 1.0
        self._y_ticks: Sequence[Tick] = ()
        self._x_ticks: Sequence[Tick] = ()
        self.paint_below: Paint | None = None
        self.paint_above: Paint | None = None
        self._place()

    # ---- geometry ------------------------------------------------------------------------------------------------

    @property
    def columns(self) -> int:
        """Pixel columns of the plot."""
        return max(1, int(self.area().width()))

    def area(self) -> QRectF:
        """The plot inside the widget, pixels."""
        return QRectF(
            AXIS_PX, 6, max(1.0, self.width() - AXIS_PX - RIGHT_PX), max(1.0, float(self.height()) - 6.0 - 9.0)
        )

    def x_pixel(self, x: float) -> float:
        """Where a place on the x axis is, pixels from the left edge."""
        area = self.area()
        low, high = self._x
        return area.left() + (x - low) / (high - low) * area.width()

    def y_pixel(self, y: float) -> float:
        """Where a value is, pixels from the top edge."""
        area = self.area()
        return area.bottom() - y / self._top * area.height()

    @property
    def top(self) -> float:
        """The value at the upper end of the axis."""
        return self._top

    @property
    def curves(self) -> tuple[Curve, ...]:
        """What is drawn."""
        return self._curves

    @property
    def y_labels(self) -> tuple[str, ...]:
        """Texts of the y axis."""
        return tuple(tick.text for tick in self._y_ticks)

    # ---- contents ------------------------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Wear another theme; the curves follow with the next `draw`."""
        self._theme = theme
        self.viewport().update()

    def draw(
        self,
        curves: Sequence[Curve],
        x_range: tuple[float, float],
        top: float,
        x_ticks: Sequence[Tick],
        y_ticks: Sequence[Tick],
    ) -> None:
        """Show these curves, and no others."""
        self._curves = tuple(curves)
        self._x, self._top = x_range, top
        self._x_ticks, self._y_ticks = x_ticks, y_ticks
        self._box.setRange(xRange=x_range, yRange=(0.0, top), padding=0, update=True, disableAutoRange=True)
        for name in [name for name in self._items if all(curve.name != name or not curve.has_line for curve in curves)]:
            self._box.removeItem(self._items.pop(name))
        lines = [curve for curve in curves if curve.has_line]
        for depth, curve in enumerate(lines):
            item = self._items.get(curve.name)
            if item is None:
                item = self._items[curve.name] = pg.PlotCurveItem(antialias=False)
                self._box.addItem(item, ignoreBounds=True)
            item.setZValue(depth)
            gaps = bool(np.isnan(curve.y).any())
            item.setData(
                curve.x,
                curve.y,
                pen=ink.line_pen(curve.colour),
                connect="finite" if gaps else "all",
                skipFiniteCheck=not gaps,
                antialias=len(curve.x) <= _SMOOTH_POINTS,
            )
        self.viewport().update()

    # ---- painting ------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep the curves inside the axes."""
        super().resizeEvent(event)
        if hasattr(self, "_box"):
            self._place()

    def _place(self) -> None:
        self._box.setGeometry(self.area())

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        """Card, grid, axis labels, fills."""
        painter.save()
        painter.resetTransform()
        painter.fillRect(self.rect(), QColor(self._theme.card))
        self._paint_grid(painter)
        area = self.area()
        painter.setClipRect(area)
        painter.setPen(ink.line_pen(self._theme.grid))
        painter.drawLines([self._upright(area, tick.value) for tick in self._x_ticks])
        for curve in self._curves:
            if curve.fill:
                self._paint_fill(painter, curve)
        if self.paint_below is not None:
            self.paint_below(painter, self)
        painter.restore()

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        """Notes on the curves."""
        if self.paint_above is None:
            return
        painter.save()
        painter.resetTransform()
        self.paint_above(painter, self)
        painter.restore()

    def _paint_grid(self, painter: QPainter) -> None:
        area, theme = self.area(), self._theme
        painter.setPen(ink.line_pen(theme.grid))
        painter.drawLines([self._row(area, tick.value) for tick in self._y_ticks])
        painter.setFont(ink.font_of(theme, theme.small_px))
        painter.setPen(QColor(theme.muted))
        for tick in self._y_ticks:
            y = self.y_pixel(tick.value)
            painter.drawText(
                QRectF(0, y - 9, AXIS_PX - 7, 18),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                tick.text,
            )

    def _row(self, area: QRectF, value: float) -> QLineF:
        y = round(self.y_pixel(value)) + 0.5
        return QLineF(area.left(), y, area.right(), y)

    def _upright(self, area: QRectF, value: float) -> QLineF:
        x = round(self.x_pixel(value)) + 0.5
        return QLineF(x, area.top(), x, area.bottom())

    def _paint_fill(self, painter: QPainter, curve: Curve) -> None:
        area = self.area()
        low, high = self._x
        xs = area.left() + (curve.x - low) * (area.width() / (high - low))
        ys = area.bottom() - curve.y * (area.height() / self._top)
        painter.setPen(Qt.PenStyle.NoPen)
        # The darker colours of a light theme would be heavy at full strength.
        strength = curve.fill if self._theme.is_dark or not curve.has_line else curve.fill * 0.8
        painter.setBrush(ink.with_alpha(curve.colour, strength))
        for first, last in runs(curve.y):
            painter.drawPolygon(_down_to(*_crest(xs[first:last], ys[first:last]), area.bottom()))


def runs(values: Floats) -> list[tuple[int, int]]:
    """Stretches without NaN, as first index and the one past the last."""
    if not len(values):
        return []
    known = np.concatenate(([False], ~np.isnan(values), [False]))
    edges = np.flatnonzero(known[1:] != known[:-1])
    return [(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def _crest(xs: Floats, ys: Floats) -> tuple[Floats, Floats]:
    """The uppermost point of each pixel column: the rest of a column lies within the fill anyway."""
    starts = np.flatnonzero(np.diff(np.floor(xs), prepend=-np.inf))
    return xs[starts], np.minimum.reduceat(ys, starts)


def _down_to(xs: Floats, ys: Floats, base: float) -> QPolygonF:
    polygon: QPolygonF = pg.functions.arrayToQPolygonF(
        np.concatenate((xs[:1], xs, xs[-1:])), np.concatenate(([base], np.maximum(ys, -_BASELINE_PX), [base]))
    )
    return polygon


def bridged(x: Floats, y: Floats, reach: float) -> tuple[Floats, Floats]:
    """The same curve without those gaps that are not wider than `reach`."""
    known = np.flatnonzero(~np.isnan(y))
    if len(known) == len(y):
        return x, y
    wide = np.flatnonzero(np.diff(x[known]) > reach)
    keep = np.sort(np.concatenate((known, known[wide] + 1)))
    return x[keep], y[keep]


def polygon_of(points: Sequence[tuple[float, float]]) -> QPolygonF:
    """A polygon of a few corners."""
    return QPolygonF([QPointF(x, y) for x, y in points])
