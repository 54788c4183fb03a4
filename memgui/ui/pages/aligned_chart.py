"""One run of several that stand side by side, on an axis and a scale that all of them share. GUI thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from memgui.ui.charts import ink
from memgui.ui.charts.ticks import Tick
from memgui.ui.theme import Theme

_LEFT_PX, _TOP_PX, _BOTTOM_PX = 58.0, 22.0, 18.0
_PAD_PX = 8.0
_LOW_PX = 84
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Aligned:
    """What a chart draws.

    Attributes:
        x, y: the curve; NaN marks a gap.
        low, high: the shared axis; top: the shared scale.
        at: where the pointer is, None where it is nowhere; `reading` is the value there in words.
    """

    title: str
    colour: str
    x: Floats
    y: Floats
    low: float
    high: float
    top: float
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    at: float | None = None
    reading: str = ""


class AlignedChart(QWidget):
    """Title, curve, axes, and a line that stands at the same place in all of them.

    Attributes:
        pointed: a place on the axis, or None where the pointer has left.
    """

    pointed = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shown: Aligned | None = None
        self.setMouseTracking(True)
        self.setMinimumSize(120, 40)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def shown(self) -> Aligned | None:
        """What it draws."""
        return self._shown

    @property
    def columns(self) -> int:
        """Width of the curve in pixels."""
        return max(2, int(self._area().width()))

    @property
    def rows(self) -> int:
        """How many marks its height has room for."""
        return max(1, int(self._area().height() // 26))

    def sizeHint(self) -> QSize:
        """Takes what there is."""
        return QSize(220, 120)

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._theme = theme
        self.update()

    def show_run(self, shown: Aligned) -> None:
        """Draw this."""
        self._shown = shown
        self.setAccessibleName(shown.title)
        self.setAccessibleDescription(shown.reading)
        self.update()

    @property
    def _is_low(self) -> bool:
        """There is no room for the axis' words."""
        return self.height() < _LOW_PX

    def _area(self) -> QRectF:
        bottom = 6.0 if self._is_low else _BOTTOM_PX
        return QRectF(self.rect()).adjusted(_LEFT_PX, _TOP_PX, -_PAD_PX, -bottom)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at a place in all of them."""
        area, shown = self._area(), self._shown
        if shown is not None and area.width() > 0 and area.left() <= event.position().x() <= area.right():
            ratio = (event.position().x() - area.left()) / area.width()
            self.pointed.emit(shown.low + ratio * (shown.high - shown.low))

    def leaveEvent(self, event: QEvent) -> None:
        """Point nowhere."""
        self.pointed.emit(None)
        super().leaveEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """All of it; a few hundred points."""
        shown, theme, area = self._shown, self._theme, self._area()
        if shown is None or shown.high <= shown.low:
            return
        painter = QPainter(self)
        title = ink.fit(theme, theme.small_px, (shown.title,), area.width() - 90, bold=True)
        painter.setFont(ink.font_of(theme, theme.small_px, bold=True))
        painter.setPen(QColor(theme.text))
        painter.drawText(QPointF(area.left(), 15), title)
        if shown.reading:
            wide = ink.text_width(theme, theme.small_px, shown.reading)
            ink.paint_text(painter, theme, theme.small_px, QPointF(area.right() - wide, 15), shown.reading, theme.text)
        self._paint_axes(painter, shown, area)
        self._paint_curve(painter, shown, area)
        if shown.at is not None:
            x = self._x(shown, area, shown.at)
            painter.setPen(ink.line_pen(theme.crosshair))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.end()

    def _paint_axes(self, painter: QPainter, shown: Aligned, area: QRectF) -> None:
        theme = self._theme
        for tick in shown.y_ticks:
            y = self._y(shown, area, tick.value)
            painter.setPen(ink.line_pen(theme.grid))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            wide = ink.text_width(theme, theme.small_px, tick.text)
            at = QPointF(area.left() - 7 - wide, y + 4)
            ink.paint_text(painter, theme, theme.small_px, at, tick.text, theme.muted)
        until = area.left() - 20
        for tick in () if self._is_low else shown.x_ticks:
            x, wide = self._x(shown, area, tick.value), ink.text_width(theme, theme.small_px, tick.text)
            if x - wide / 2 > until + 8 and x + wide / 2 < self.width():
                at = QPointF(x - wide / 2, area.bottom() + 14)
                ink.paint_text(painter, theme, theme.small_px, at, tick.text, theme.muted)
                until = x + wide / 2

    def _paint_curve(self, painter: QPainter, shown: Aligned, area: QRectF) -> None:
        path = QPainterPath()
        begins = True
        for x, y in zip(shown.x, shown.y, strict=True):
            if y != y:
                begins = True
                continue
            at = QPointF(self._x(shown, area, float(x)), self._y(shown, area, float(y)))
            if begins:
                path.moveTo(at)
            else:
                path.lineTo(at)
            begins = False
        painter.setClipRect(area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(ink.line_pen(shown.colour))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setClipping(False)

    def _x(self, shown: Aligned, area: QRectF, x: float) -> float:
        return area.left() + (x - shown.low) / (shown.high - shown.low) * area.width()

    def _y(self, shown: Aligned, area: QRectF, y: float) -> float:
        return area.bottom() - y / shown.top * area.height()
