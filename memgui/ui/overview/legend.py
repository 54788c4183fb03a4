"""What the colours or heights of the overview mean: the ends of the scale in figures. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from memgui.ui.charts import ink
from memgui.ui.overview.ramp import LEVELS, table_of
from memgui.ui.theme import Theme

_BAR_PX, _GAP_PX = 48, 5


class ScaleLegend(QWidget):
    """Lowest level, colours from low to high where there are any, highest level."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._ends = ("", "")
        self._has_bar = True
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def words(self) -> tuple[str, str]:
        """The ends of the scale as they are written."""
        return self._ends

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._theme = theme
        self.update()

    def show_ends(self, low: str, high: str, *, has_bar: bool) -> None:
        """Write these; without colours between them they are joined by a dash."""
        if ((low, high), has_bar) != (self._ends, self._has_bar):
            self._ends, self._has_bar = (low, high), has_bar
            self.setAccessibleName(f"{low} – {high}")
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """As wide as the words need."""
        return QSize(int(sum(self._widths())) + 2 * _GAP_PX + self._middle_px() + 2, 22)

    def minimumSizeHint(self) -> QSize:
        """Figures that are cut would be wrong ones."""
        return self.sizeHint()

    def _widths(self) -> tuple[float, float]:
        low, high = (ink.text_width(self._theme, self._theme.small_px, word) for word in self._ends)
        return low, high

    def _middle_px(self) -> int:
        return _BAR_PX if self._has_bar else 6

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Words at the ends, the ramp between them."""
        theme = self._theme
        painter = QPainter(self)
        painter.setFont(ink.font_of(theme, theme.small_px))
        painter.setPen(QColor(theme.muted))
        low, _ = self._widths()
        middle = QRectF(low + _GAP_PX, self.height() / 2 - 5, self._middle_px(), 10)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, 0, low + 1, self.height()), left, self._ends[0])
        painter.drawText(QRectF(middle.right() + _GAP_PX, 0, self.width(), self.height()), left, self._ends[1])
        if self._has_bar:
            ramp = QImage(bytes(range(1, LEVELS + 1)), LEVELS, 1, LEVELS, QImage.Format.Format_Indexed8)
            ramp.setColorTable(table_of(theme))
            painter.drawImage(middle, ramp)
        else:
            painter.drawText(middle, Qt.AlignmentFlag.AlignCenter, "–")
        painter.end()
