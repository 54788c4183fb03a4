"""What moves over all charts at once: crosshair, drag, marked interval. GUI thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from memgui.ui.charts import ink
from memgui.ui.theme import Theme


@dataclass(frozen=True)
class Sight:
    """What to paint, in the overlay's pixels.

    Attributes:
        cursor: x of the crosshair; None while the mouse is away.
        dots: where the crosshair meets a curve, and its colour.
        drag: a zoom that is being drawn; marks: ends of an interval, one while the second is awaited.
        bands: top and bottom of each chart that the lines run through.
        edges: left and right of the plots.
    """

    cursor: float | None = None
    dots: tuple[tuple[float, float, str], ...] = ()
    drag: tuple[float, float] | None = None
    marks: tuple[float, ...] = ()
    bands: tuple[tuple[float, float], ...] = ()
    edges: tuple[float, float] = (0.0, 0.0)


class Overlay(QWidget):
    """Transparent, also for the mouse; painted anew only where something moved."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._sight = Sight()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)

    @property
    def sight(self) -> Sight:
        """What is painted."""
        return self._sight

    def set_theme(self, theme: Theme) -> None:
        """Wear another theme."""
        self._theme = theme
        self.update()

    def look(self, sight: Sight) -> None:
        """Paint this from now on."""
        if sight == self._sight:
            return
        before, self._sight = self._sight, sight
        if before.drag or sight.drag or before.marks or sight.marks:
            self.update()
            return
        for x in (before.cursor, sight.cursor):
            if x is not None:
                self.update(int(x) - 5, 0, 11, self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Shades below lines below dots."""
        sight, theme = self._sight, self._theme
        painter = QPainter(self)
        if len(sight.marks) == 2:
            self._shade(painter, sight.marks, theme.accent, 0.13)
        elif sight.marks and sight.cursor is not None:
            self._shade(painter, (sight.marks[0], sight.cursor), theme.accent, 0.07)
        if sight.drag is not None:
            self._shade(painter, sight.drag, theme.muted, 0.18)
            for x in sight.drag:
                self._line(painter, x, ink.line_pen(theme.muted))
        for x in sight.marks:
            self._line(painter, x, ink.line_pen(theme.accent))
        if sight.cursor is not None:
            self._line(painter, sight.cursor, ink.line_pen(theme.crosshair))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.card), 1))
            for x, y, colour in sight.dots:
                painter.setBrush(QColor(colour))
                painter.drawEllipse(QPointF(x, y), 3.5, 3.5)
        painter.end()

    def _shade(self, painter: QPainter, ends: Sequence[float], colour: str, ratio: float) -> None:
        low, high = (min(max(x, self._sight.edges[0]), self._sight.edges[1]) for x in sorted(ends))
        for top, bottom in self._sight.bands:
            painter.fillRect(QRectF(low, top, high - low, bottom - top), ink.with_alpha(colour, ratio))

    def _line(self, painter: QPainter, x: float, pen: QPen) -> None:
        if not self._sight.edges[0] - 1 <= x <= self._sight.edges[1] + 1:
            return
        painter.setPen(pen)
        at = round(x) + 0.5
        painter.drawLines([QLineF(at, top, at, bottom) for top, bottom in self._sight.bands])
