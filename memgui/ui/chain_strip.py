"""A chain of holders as a row of chips, the root first; it breaks into as many rows as it needs. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from memgui.ui.theme import Theme

_PAD_X, _PAD_Y, _GAP, _ARROW, _ROW_GAP, _ROUND = 9, 4, 7, 9, 5, 6


class ChainStrip(QWidget):
    """Words in chips with arrows between them. The first is the root, the last what is held."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._words: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_words(self, words: tuple[str, ...]) -> None:
        """Show another chain."""
        self._words = words
        self.setAccessibleName(" → ".join(words))
        self.setToolTip("".join(words))
        self._fit()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(420, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More rows where it is narrow. A layout asks for height by width at the first pass only."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        height = max((place.bottom() for place in self._places(self.width())), default=0) + 2
        if height != self.height():
            self.setFixedHeight(height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Chips and arrows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font())
        rectangles = self._places(self.width())
        for at, (word, rectangle) in enumerate(zip(self._words, rectangles)):
            is_end = at in (0, len(self._words) - 1)
            painter.setPen(QPen(QColor(self._theme.accent if at == 0 else self._theme.checked_border), 1))
            painter.setBrush(QColor(self._theme.checked if is_end else self._theme.raised))
            painter.drawRoundedRect(QRectF(rectangle).adjusted(0.5, 0.5, -0.5, -0.5), _ROUND, _ROUND)
            painter.setPen(QColor(self._theme.text))
            metrics = QFontMetrics(self._font())
            shown = metrics.elidedText(
                word.strip(" →"), Qt.TextElideMode.ElideMiddle, rectangle.width() - 2 * _PAD_X + 2
            )
            painter.drawText(rectangle, Qt.AlignmentFlag.AlignCenter, shown)
            if at:
                self._draw_arrow(painter, rectangle)

    def _draw_arrow(self, painter: QPainter, before: QRect) -> None:
        painter.setPen(QPen(QColor(self._theme.muted), 1))
        y = before.center().y() + 0.5
        end = before.left() - float(_GAP)
        painter.drawLine(QPointF(end - _ARROW, y), QPointF(end, y))
        painter.drawLine(QPointF(end - 3, y - 3), QPointF(end, y))
        painter.drawLine(QPointF(end - 3, y + 3), QPointF(end, y))

    def _font(self) -> QFont:
        font = QFont()
        font.setFamilies([family.strip() for family in self._theme.mono_family.split(",")])
        font.setPixelSize(12)
        return font

    def _places(self, width: int) -> list[QRect]:
        metrics = QFontMetrics(self._font())
        height = metrics.height() + 2 * _PAD_Y
        x = y = 0
        found: list[QRect] = []
        for at, word in enumerate(self._words):
            lead = 2 * _GAP + _ARROW if at else 0
            wide = min(metrics.horizontalAdvance(word.strip(" →")) + 2 * _PAD_X, max(60, width - lead))
            if at and x + lead + wide > width:
                x, y = 0, y + height + _ROW_GAP
            found.append(QRect(x + lead, y, wide, height))
            x += lead + wide
        return found
