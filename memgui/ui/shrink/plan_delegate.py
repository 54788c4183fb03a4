"""Paints what is more than a text in the preview: a layer's name with its change, and its bars. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from memgui.protocol.shrinking import LayerChange
from memgui.ui.shrink.bars import paint_sizes
from memgui.ui.shrink.plan_model import LAYER_ROLE, PlanModel
from memgui.ui.theme import Theme

_HIGH_PX, _GAP_PX = 8, 3


class NameDelegate(QStyledItemDelegate):
    """The name, and in small letters below it what changes."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def set_theme(self, theme: Theme) -> None:
        """Paint with other colours from now on."""
        self._theme = theme

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """The base paints the row's background only."""
        super().initStyleOption(option, index)
        option.text = ""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Two lines, each cut where room is scarce: the name at its front, since its end tells layers apart."""
        super().paint(painter, option, index)
        layer = index.data(LAYER_ROLE)
        if not isinstance(layer, LayerChange):
            return
        room = QRectF(option.rect.adjusted(10, 4, -10, -4))
        half = room.height() / 2
        dim = not option.state & QStyle.StateFlag.State_Enabled
        painter.save()
        lines = (
            (
                layer.module,
                self._theme.muted if dim else self._theme.text,
                Qt.TextElideMode.ElideLeft,
                self._theme.text_px,
            ),
            (layer.text, self._theme.muted, Qt.TextElideMode.ElideRight, self._theme.small_px),
        )
        for place, (text, colour, mode, size_px) in enumerate(lines):
            font = painter.font()
            font.setPixelSize(size_px)
            painter.setFont(font)
            painter.setPen(QColor(colour))
            line = QRectF(room.left(), room.top() + place * half, room.width(), half)
            shown = painter.fontMetrics().elidedText(text, mode, int(line.width()))
            painter.drawText(line, int(Qt.AlignmentFlag.AlignVCenter), shown)
        painter.restore()


class BarsDelegate(QStyledItemDelegate):
    """All rows share one scale: the largest layer fills the column."""

    def __init__(self, model: PlanModel, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._theme = theme

    def set_theme(self, theme: Theme) -> None:
        """Paint with other colours from now on."""
        self._theme = theme

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """The row's own background, then the bars."""
        super().paint(painter, option, index)
        layer = index.data(LAYER_ROLE)
        if not isinstance(layer, LayerChange):
            return
        room = QRectF(option.rect.adjusted(10, 0, -10, 0))
        top = room.center().y() - _HIGH_PX - _GAP_PX / 2
        for sizes in (layer.before, layer.after):
            bar = QRectF(room.left(), top, room.width(), _HIGH_PX)
            painter.fillRect(bar, QColor(self._theme.grid))
            paint_sizes(painter, bar, sizes, self._model.largest, self._theme)
            top += _HIGH_PX + _GAP_PX
