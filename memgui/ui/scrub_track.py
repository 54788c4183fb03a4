"""The whole of a recording as a narrow strip to scrub on: its main metric, its events, the moment. GUI thread."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from memgui.link.replay import ReplayedTarget
from memgui.ui import target_view as view
from memgui.ui.charts import ink
from memgui.ui.theme import Theme

_HEIGHT_PX = 26
_SIDE_PX = 5.0
_TICK_PX = 5.0
_KNOB_PX = 4.0


class ScrubTrack(QWidget):
    """What is behind the moment is bright, what lies ahead is dim.

    Attributes:
        sought: Unix seconds that a person points at.
    """

    sought = Signal(float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._target: ReplayedTarget | None = None
        self._moment_s: float | None = None
        self._moments: tuple[float, ...] = ()
        self._known_span: tuple[float, float] | None = None
        self._strip: QPixmap | None = None
        self._drawn: object = None
        self.setFixedHeight(_HEIGHT_PX)
        self.setMinimumWidth(80)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(self.tr("Position in the recording"))

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._theme = theme
        self.update()

    def show_moment(self, target: ReplayedTarget | None, moment_s: float | None) -> None:
        """Show where in a recording one is."""
        span = target.span_s if target is not None else None
        if target is not self._target or span != self._known_span:
            self._moments = target.moments() if target is not None else ()
        self._target, self._moment_s, self._known_span = target, moment_s, span
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(400, _HEIGHT_PX)

    # ---- places --------------------------------------------------------------------------------------------------

    def _room(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_SIDE_PX, 1, -_SIDE_PX, -1)

    def x_of(self, t_s: float) -> float:
        """Where a moment is, in pixels."""
        room, span = self._room(), self._target.span_s if self._target is not None else None
        if span is None or span[1] <= span[0]:
            return room.left()
        return room.left() + (t_s - span[0]) / (span[1] - span[0]) * room.width()

    def _time_at(self, x: float) -> float | None:
        room, span = self._room(), self._target.span_s if self._target is not None else None
        if span is None:
            return None
        ratio = min(1.0, max(0.0, (x - room.left()) / max(1.0, room.width())))
        return span[0] + ratio * (span[1] - span[0])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        self._seek(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Scrub."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._seek(event)

    def _seek(self, event: QMouseEvent) -> None:
        t_s = self._time_at(event.position().x())
        if t_s is not None:
            self.sought.emit(t_s)

    # ---- painting ------------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The strip twice, bright up to the moment and dim behind it, then the moment's line."""
        painter = QPainter(self)
        theme, target, moment = self._theme, self._target, self._moment_s
        if target is None or moment is None:
            return
        state = (target, self.size(), theme.name, self._known_span, self.devicePixelRatioF())
        if self._strip is None or state != self._drawn:
            self._strip, self._drawn = self._paint_strip(target), state
        x = self.x_of(moment)
        here = QRectF(0, 0, x, self.height())
        ahead = QRectF(x, 0, self.width() - x, self.height())
        for part, opacity in ((here, 1.0), (ahead, 0.38)):
            painter.setOpacity(opacity)
            painter.setClipRect(part)
            painter.drawPixmap(0, 0, self._strip)
        painter.setClipping(False)
        painter.setOpacity(1.0)
        painter.setPen(ink.line_pen(theme.text))
        painter.drawLine(QPointF(x, 2), QPointF(x, self.height() - 2))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.card), 1.5))
        painter.setBrush(QColor(theme.text))
        painter.drawEllipse(QPointF(x, self.height() - _KNOB_PX - 1.5), _KNOB_PX, _KNOB_PX)
        painter.end()

    def _paint_strip(self, target: ReplayedTarget) -> QPixmap:
        scale = self.devicePixelRatioF()
        strip = QPixmap(round(self.width() * scale), round(self.height() * scale))
        strip.setDevicePixelRatio(scale)
        strip.fill(Qt.GlobalColor.transparent)
        painter = QPainter(strip)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, room = self._theme, self._room()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.raised))
        painter.drawRoundedRect(QRectF(room.left(), room.bottom() - 17, room.width(), 17), 3, 3)
        self._paint_curve(painter, target, QRectF(room.left(), room.bottom() - 16, room.width(), 15))
        for t_s in self._moments:
            x = self.x_of(t_s)
            painter.fillRect(QRectF(round(x) - 1, room.top(), 2, _TICK_PX), QColor(theme.warn))
        painter.end()
        return strip

    def _paint_curve(self, painter: QPainter, target: ReplayedTarget, room: QRectF) -> None:
        span = target.span_s
        if span is None:
            return
        metric = view.main_metric(target)
        x, y = target.timeline.whole_window(metric, span[0], span[1], max(2, int(room.width() / 2)))
        known = ~np.isnan(y)
        if not known.any():
            return
        top = float(y[known].max()) or 1.0
        path = QPainterPath(QPointF(self.x_of(float(x[known][0])), room.bottom()))
        for at_s, level in zip(x[known], y[known], strict=True):
            path.lineTo(self.x_of(float(at_s)), room.bottom() - float(level) / top * room.height())
        path.lineTo(self.x_of(float(x[known][-1])), room.bottom())
        colour = self._theme.series_colour(metric)
        painter.fillPath(path, ink.with_alpha(colour, 0.45))
