"""Small texts beside the lines of a plot, none of them on another. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from memgui.ui.charts import ink
from memgui.ui.theme import Theme

# From a line to its text, and from the text to the edge.
_BESIDE_PX, _EDGE_PX = 6.0, 2.0
# Between words that are not of one sentence.
_GAP_PX = 8.0
# Fewer pixels of a text would tell nothing.
_LEAST_PX = 24.0
_ROWS = 3


class Flags:
    """The texts of one picture: a later one goes down a line or two where an earlier one stands, or is left out.

    Args:
        area: of the plot; texts stay between its edges.
    """

    def __init__(self, painter: QPainter, theme: Theme, area: QRectF) -> None:
        self._painter, self._theme, self._area = painter, theme, area
        self._taken: list[QRectF] = []

    def beside(self, x: float, top: float, text: str, colour: str) -> None:
        """Beside a vertical line at `x`: to the right where there is room, else to the left."""
        left, right = self._area.left() + _EDGE_PX, self._area.right() - _EDGE_PX
        wide = ink.text_width(self._theme, self._theme.small_px, text)
        before, behind = x - _BESIDE_PX - left, right - x - _BESIDE_PX
        if wide > max(before, behind):
            if max(before, behind) < _LEAST_PX:
                return
            metrics = ink.metrics_of(self._theme, self._theme.small_px)
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(before, behind))
            wide = metrics.horizontalAdvance(text)
        self.at(x + _BESIDE_PX if wide <= behind else x - _BESIDE_PX - wide, top, text, colour)

    def at(self, x: float, top: float, text: str, colour: str) -> None:
        """With its left end at `x`."""
        wide = ink.text_width(self._theme, self._theme.small_px, text)
        high = ink.metrics_of(self._theme, self._theme.small_px).height()
        kept_free = [other.adjusted(-_GAP_PX, 0, _GAP_PX, 0) for other in self._taken]
        for row in range(_ROWS):
            place = QRectF(x, top + row * high, wide, high)
            if not any(place.intersects(other) for other in kept_free):
                self._taken.append(place)
                ink.paint_plated(self._painter, self._theme, place, text, colour)
                return
