"""One plot: pyqtgraph's view with one item, the layer of curves; axes and notes are painted around it. GUI thread.

The only file that touches pyqtgraph. Its curve items stroke everything at every frame, so ours paints a picture that is
kept; mouse handling, menus, axes and downsampling are not used: data arrive thinned to two points a pixel column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QResizeEvent
from PySide6.QtWidgets import QGraphicsScene, QWidget

from memgui.ui.charts import ink
from memgui.ui.charts.layer import Curve, Layer, Scene, stroke
from memgui.ui.charts.ticks import Tick
from memgui.ui.slim_pyqtgraph import import_slim
from memgui.ui.theme import Theme

import_slim()

import pyqtgraph as pg  # noqa: E402 - by now it is there

AXIS_PX = 52
RIGHT_PX = 10
_LIGHT_FILL = 0.8
_MANY_SERIES = 24

Floats = NDArray[np.float64]
Paint = Callable[[QPainter, "PlotView"], None]


class CurvesItem(pg.GraphicsObject):  # type: ignore[misc] # pyqtgraph has no types
    """The curves of a plot, in the pixels of its view."""

    def __init__(self, plot: PlotView) -> None:
        super().__init__()
        self._plot = plot

    def boundingRect(self) -> QRectF:
        """Inside the axes."""
        return self._plot.area()

    def paint(self, painter: QPainter, *_: object) -> None:
        """The plot knows its curves."""
        self._plot.paint_curves(painter)


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
        # The background is painted whole, so Qt need not wipe it first; and one item needs no index.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.scene().setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self._theme = theme
        self._layer = Layer()
        self._curves: tuple[Curve, ...] = ()
        self._past: object = None
        self._x = (0.0, 1.0)
        self._top = 1.0
        self._y_ticks: Sequence[Tick] = ()
        self._x_ticks: Sequence[Tick] = ()
        self.paint_below: Paint | None = None
        self.paint_above: Paint | None = None
        self._in_lines = False
        self._area = self._measured_area()
        # Not as the central item: that one is stretched over the axes at every resize.
        self.setCentralItem(None)
        self._item = CurvesItem(self)
        self.scene().addItem(self._item)

    # ---- geometry ------------------------------------------------------------------------------------------------

    @property
    def columns(self) -> int:
        """Pixel columns of the plot."""
        return max(1, int(self.width()) - AXIS_PX - RIGHT_PX)

    def columns_for(self, series: int) -> int:
        """Into how many columns that many series are to be thinned: among many, half of them show the same."""
        return self.columns if series < _MANY_SERIES else max(1, self.columns // 2)

    def area(self) -> QRectF:
        """The plot inside the widget, pixels; not to be changed."""
        return self._area

    def _measured_area(self) -> QRectF:
        return QRectF(
            AXIS_PX, 6, max(1.0, self.width() - AXIS_PX - RIGHT_PX), max(1.0, float(self.height()) - 6.0 - 9.0)
        )

    def x_pixel(self, x: float) -> float:
        """Where a place on the x axis is, pixels from the left edge."""
        area = self._area
        low, high = self._x
        return area.left() + (x - low) / (high - low) * area.width()

    def y_pixel(self, y: float) -> float:
        """Where a value is, pixels from the top edge."""
        area = self._area
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
        self._layer.forget()
        self.viewport().update()

    def draw(
        self,
        curves: Sequence[Curve],
        x_range: tuple[float, float],
        top: float,
        x_ticks: Sequence[Tick],
        y_ticks: Sequence[Tick],
        *,
        past: object = None,
    ) -> None:
        """Show these curves, and no others.

        Args:
            past: as long as it is the same, what was once drawn of a stretch stays true.
        """
        same_labels = (top, tuple(y_ticks)) == (self._top, tuple(self._y_ticks))
        self._curves, self._past = tuple(curves), past
        self._x, self._top = x_range, top
        self._x_ticks, self._y_ticks = x_ticks, y_ticks
        self.viewport().update(self.rect().adjusted(AXIS_PX if same_labels else 0, 0, 0, 0))

    @contextmanager
    def in_lines(self) -> Iterator[None]:
        """Paint the curves as lines and not as a picture of them, for a vector file."""
        self._in_lines = True
        try:
            yield
        finally:
            self._in_lines = False

    # ---- painting ------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep the curves inside the axes."""
        super().resizeEvent(event)
        if hasattr(self, "_item"):
            self._area = self._measured_area()
            self._item.prepareGeometryChange()

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        """Card, grid, axis labels, and what lies under the curves."""
        painter.save()
        painter.resetTransform()
        painter.fillRect(self.rect(), QColor(self._theme.card))
        if rect.left() < AXIS_PX:
            self._paint_labels(painter)
        area = self.area()
        painter.setClipRect(area)
        painter.setPen(ink.line_pen(self._theme.grid))
        painter.drawLines(self._grid(area))
        if self.paint_below is not None:
            self.paint_below(painter, self)
        painter.restore()

    def paint_curves(self, painter: QPainter) -> None:
        """The curves, by their picture or by lines."""
        area = self.area()
        if not self._curves:
            return
        if not self._in_lines:
            painter.drawImage(area.topLeft(), self._layer.picture(self._scene(area), self._strengthened()))
            return
        painter.save()
        painter.setClipRect(area)
        painter.translate(area.topLeft())
        stroke(painter, self._scene(area), self._strengthened(), self._x[0])
        painter.restore()

    def drawForeground(self, painter: QPainter, _rect: QRectF) -> None:
        """What lies on the curves."""
        if self.paint_above is None:
            return
        painter.save()
        painter.resetTransform()
        self.paint_above(painter, self)
        painter.restore()

    def _scene(self, area: QRectF) -> Scene:
        low, high = self._x
        looks = tuple((curve.name, curve.colour, curve.fill, curve.has_line) for curve in self._curves)
        size = QSize(int(area.width()), int(area.height()))
        return Scene(low, high - low, self._top, size, self.devicePixelRatioF(), looks, self._past)

    def _strengthened(self) -> list[Curve]:
        """The darker colours of a light theme would be heavy at full strength."""
        if self._theme.is_dark:
            return list(self._curves)
        return [replace(curve, fill=curve.fill * _LIGHT_FILL) if curve.has_line else curve for curve in self._curves]

    def _paint_labels(self, painter: QPainter) -> None:
        painter.setFont(ink.font_of(self._theme, self._theme.small_px))
        painter.setPen(QColor(self._theme.muted))
        for tick in self._y_ticks:
            y = self.y_pixel(tick.value)
            painter.drawText(
                QRectF(0, y - 9, AXIS_PX - 7, 18),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                tick.text,
            )

    def _grid(self, area: QRectF) -> list[QLineF]:
        left, right, top, bottom = area.left(), area.right(), area.top(), area.bottom()
        ys = [round(self.y_pixel(tick.value)) + 0.5 for tick in self._y_ticks]
        xs = [round(self.x_pixel(tick.value)) + 0.5 for tick in self._x_ticks]
        return [QLineF(left, y, right, y) for y in ys] + [QLineF(x, top, x, bottom) for x in xs]


def bridged(x: Floats, y: Floats, reach: float) -> tuple[Floats, Floats]:
    """The same curve without those gaps that are not wider than `reach`."""
    known = np.flatnonzero(~np.isnan(y))
    if len(known) == len(y):
        return x, y
    wide = np.flatnonzero(np.diff(x[known]) > reach)
    keep = np.sort(np.concatenate((known, known[wide] + 1)))
    return x[keep], y[keep]
