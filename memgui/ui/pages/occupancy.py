"""What a pool held over the last minutes, as a small area. GUI thread."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from memgui.ui.i18n import translate
from memgui.ui.theme import Theme

WIDTH_PX, _HEIGHT_PX = 140, 28
Points = Sequence[tuple[float, float]]


class Occupancy(QWidget):
    """In use as an area, held as a line above it; both from zero, so that the height means something."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._used: Points = ()
        self._held: Points = ()
        self._span = (0.0, 1.0)
        self.setFixedHeight(_HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(translate("pools", "Occupancy over the last five minutes"))

    def sizeHint(self) -> QSize:
        """Always the same, so that the rows stand in columns."""
        return QSize(WIDTH_PX, _HEIGHT_PX)

    def show_points(self, used: Points, held: Points, span: tuple[float, float]) -> None:
        """Draw these: Unix seconds and bytes."""
        self._used, self._held, self._span = used, held, span
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._theme = theme
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Base line, area and line."""
        painter = QPainter(self)
        box = QRectF(self.rect()).adjusted(0, 2, -1, -2)
        painter.setPen(QPen(QColor(self._theme.border), 1))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        top = max((value for _, value in (*self._used, *self._held)), default=0.0)
        if top <= 0:
            return
        accent = QColor(self._theme.accent)
        used = self._place(self._used, box, top)
        if used.size() > 1:
            area = QPolygonF(used)
            area.append(QPointF(used.last().x(), box.bottom()))
            area.append(QPointF(used.first().x(), box.bottom()))
            fill = QColor(accent)
            fill.setAlpha(60)
            painter.setPen(QPen(fill, 0))
            painter.setBrush(fill)
            painter.drawPolygon(area)
        painter.setPen(QPen(QColor(self._theme.muted), 1))
        painter.drawPolyline(self._place(self._held, box, top))
        painter.setPen(QPen(accent, 1))
        painter.drawPolyline(used)

    def _place(self, points: Points, box: QRectF, top: float) -> QPolygonF:
        start, end = self._span
        width = max(end - start, 1e-9)
        placed = QPolygonF()
        for t_s, value in points:
            placed.append(
                QPointF(box.left() + box.width() * (t_s - start) / width, box.bottom() - box.height() * value / top)
            )
        return placed
