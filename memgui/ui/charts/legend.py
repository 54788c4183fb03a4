"""A chip of the legend: a click shows or hides its series; and a menu of those that find no room. GUI thread."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QMenu, QToolButton, QWidget

from memgui.ui.charts import ink
from memgui.ui.i18n import translate
from memgui.ui.theme import Theme

_SQUARE_PX = 9
_HEIGHT_PX = 20
_PAD_PX = 4
_MORE_PX = 22


class Chip(QAbstractButton):
    """A coloured square and a word; hollow and muted while its series is hidden.

    Attributes:
        switched: name of the series, and whether it is shown now.
    """

    switched = Signal(str, bool)

    def __init__(self, name: str, label: str, short: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._label, self._short = label, short
        self._is_short = False
        self._theme = theme
        self._colour = theme.muted
        self.setCheckable(True)
        self.setChecked(True)
        self.setText(label)
        self.setAccessibleName(label)
        self.toggled.connect(self._tell)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def _tell(self, shown: bool) -> None:  # noqa: FBT001 - Qt's own signature
        self.switched.emit(self.name, shown)

    def set_look(self, theme: Theme, colour: str) -> None:
        """Theme, and the colour of the series in it."""
        self._theme, self._colour = theme, colour
        self.updateGeometry()
        self.update()

    def set_short(self, short: bool) -> None:  # noqa: FBT001 - a plain setter
        """Use the short wording."""
        self._is_short = short
        self.setText(self._short if short else self._label)
        self.updateGeometry()
        self.update()

    @property
    def label(self) -> str:
        """The long wording."""
        return self._label

    def swatch(self) -> QIcon:
        """The square alone."""
        ratio = self.devicePixelRatioF()
        picture = QPixmap(QSize(_SQUARE_PX, _SQUARE_PX) * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_square(painter, QRectF(0, 0, _SQUARE_PX, _SQUARE_PX))
        painter.end()
        return QIcon(picture)

    def width_of(self, *, short: bool) -> int:
        """Its width with either wording."""
        text = self._short if short else self._label
        return round(_SQUARE_PX + 5 + 2 * _PAD_PX + ink.text_width(self._theme, self._theme.small_px, text)) + 1

    def sizeHint(self) -> QSize:
        """Square, gap, word."""
        return QSize(self.width_of(short=self._is_short), _HEIGHT_PX)

    def minimumSizeHint(self) -> QSize:
        """As the size hint: a word cut in half is worse than none."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The sign is the square: full or hollow, not its colour alone."""
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus() or self.underMouse():
            painter.setPen(QPen(QColor(theme.accent), 1) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(Qt.BrushStyle.NoBrush if self.hasFocus() else QColor(theme.hover))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        square = QRectF(_PAD_PX, (self.height() - _SQUARE_PX) / 2, _SQUARE_PX, _SQUARE_PX)
        self._paint_square(painter, square)
        metrics = ink.metrics_of(theme, theme.small_px)
        base = (self.height() + metrics.ascent() - metrics.descent()) / 2
        words = ink.with_alpha(theme.muted, 1.0 if self.isChecked() else 0.55)
        at = QPointF(square.right() + 5, base)
        ink.paint_text(painter, theme, theme.small_px, at, self.text(), words)
        painter.end()

    def _paint_square(self, painter: QPainter, square: QRectF) -> None:
        if self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._colour))
            painter.drawRoundedRect(square, 2, 2)
        else:
            painter.setPen(QPen(QColor(self._theme.muted), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(square.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)


class More(QToolButton):
    """«+2»: a menu of the chips that find no room in a legend."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips: Sequence[Chip] = ()
        self.setProperty("role", "quiet")
        self.setProperty("scale", "count")
        self.setToolTip(translate("charts", "More series, for which there is no room here."))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)
        self.hide()

    def sizeHint(self) -> QSize:
        """Qt's own keeps room for an arrow."""
        return QSize(_MORE_PX, super().sizeHint().height())

    def hold(self, chips: Sequence[Chip]) -> None:
        """These, and no others; hidden where there are none."""
        self._chips = chips
        self.setText(f"+{len(chips)}")
        self.setAccessibleName(", ".join(chip.label for chip in chips))
        self.setVisible(bool(chips))

    def _fill(self) -> None:
        menu = self.menu()
        menu.clear()
        for chip in self._chips:
            action = menu.addAction(chip.swatch(), chip.label)
            action.setCheckable(True)
            action.setChecked(chip.isChecked())
            action.toggled.connect(chip.setChecked)
