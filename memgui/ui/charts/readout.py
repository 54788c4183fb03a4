"""The small box with numbers that floats over the charts. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from memgui.ui.charts import ink
from memgui.ui.charts.reading import Reading
from memgui.ui.theme import Theme

_PAD_PX = 9
_ROW_PX = 17
_GAP_PX = 14
_SQUARE_PX = 8
_AWAY_PX = 14


class ReadOut(QWidget):
    """A Reading in a rounded box; the mouse goes through it."""

    def __init__(self, theme: Theme, parent: QWidget, *, strong: bool = False) -> None:
        super().__init__(parent)
        self._theme = theme
        self._strong = strong
        self._reading: Reading | None = None
        self._columns = (0.0, 0.0, 0.0)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    @property
    def reading(self) -> Reading | None:
        """What it says; None while it is hidden."""
        return self._reading if self.isVisible() else None

    def set_theme(self, theme: Theme) -> None:
        """Wear another theme."""
        self._theme = theme
        self.update()

    def show_reading(self, reading: Reading | None, at: QPoint, within: QRect, left: int | None = None) -> None:
        """Say it beside a place and not on it, inside a rectangle; None hides the box.

        Args:
            reading: what to say.
            at: right end and middle of the place.
            within: where the box may be.
            left: left end of the place; None where it is a point.
        """
        if reading is None:
            self.hide()
            return
        if reading != self._reading:
            self._reading = reading
            self.setAccessibleName(reading.text())
            self.resize(self._wanted(reading))
        x = at.x() + _AWAY_PX
        if x + self.width() > within.right():
            x = (at.x() if left is None else left) - _AWAY_PX - self.width()
            if x < within.left():
                x = at.x() - _AWAY_PX - self.width()
        y = min(max(at.y() - self.height() // 2, within.top()), within.bottom() - self.height())
        self.move(max(within.left(), x), max(within.top(), y))
        self.show()
        self.raise_()
        self.update()

    def _wanted(self, reading: Reading) -> QSize:
        theme, px = self._theme, self._theme.small_px
        self._columns = (
            max((ink.text_width(theme, px, line.name) for line in reading.lines), default=0.0),
            max((ink.text_width(theme, px, line.value, bold=True) for line in reading.lines), default=0.0),
            max((ink.text_width(theme, px, line.second) for line in reading.lines), default=0.0),
        )
        name, value, second = self._columns
        table = _SQUARE_PX + 6 + name + _GAP_PX + value + (_GAP_PX + second if second else 0)
        wide = max(table, ink.text_width(theme, px, reading.title, bold=True))
        return QSize(round(wide + 2 * _PAD_PX), 2 * _PAD_PX - 2 + _ROW_PX * (1 + len(reading.lines)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Box, heading, rows."""
        reading, theme = self._reading, self._theme
        if reading is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.accent if self._strong else theme.checked_border), 1))
        painter.setBrush(ink.with_alpha(theme.raised, 0.96))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        px = theme.small_px
        base = _PAD_PX + ink.metrics_of(theme, px).ascent()
        painter.setFont(ink.font_of(theme, px, bold=True))
        painter.setPen(QColor(theme.text))
        painter.drawText(QPointF(_PAD_PX, base), reading.title)
        second = self._columns[2]
        right = self.width() - _PAD_PX
        value_right = right - (_GAP_PX + second if second else 0)
        for line in reading.lines:
            base += _ROW_PX
            if line.colour:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(line.colour))
                painter.drawRoundedRect(QRectF(_PAD_PX, base - _SQUARE_PX, _SQUARE_PX, _SQUARE_PX), 2, 2)
            ink.paint_text(painter, theme, px, QPointF(_PAD_PX + _SQUARE_PX + 6, base), line.name, theme.muted)
            if line.second:
                at = QPointF(right - ink.text_width(theme, px, line.second), base)
                ink.paint_text(painter, theme, px, at, line.second, theme.muted)
            painter.setFont(ink.font_of(theme, px, bold=True))
            painter.setPen(QColor(theme.text))
            wide = ink.text_width(theme, px, line.value, bold=True)
            painter.drawText(QPointF(value_right - wide, base), line.value)
        painter.end()
