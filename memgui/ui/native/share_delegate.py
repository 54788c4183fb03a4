"""Paints a share of a whole as a bar. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from memgui.ui import format as fmt
from memgui.ui.native.tree_model import SHARE_ROLE
from memgui.ui.theme import Theme

_TEXT_PX = 44
_HIGH_PX = 6


def _words(share: float) -> str:
    return "<1\u00a0%" if 0 < share < 0.005 else fmt.ratio(round(share, 2))


class ShareDelegate(QStyledItemDelegate):
    """A bar with its per cent beside it."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def set_theme(self, theme: Theme) -> None:
        """Paint with other colours from now on."""
        self._theme = theme

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """The row's own background, then text and bar."""
        super().paint(painter, option, index)
        share = index.data(SHARE_ROLE)
        if share is None:
            return
        rect = option.rect.adjusted(6, 0, -8, 0)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(self._theme.muted))
        text = rect.adjusted(0, 0, _TEXT_PX - rect.width(), 0)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(text, int(right), _words(share))
        bar = QRectF(rect.left() + _TEXT_PX + 8, rect.center().y() - _HIGH_PX / 2 + 0.5, 0, _HIGH_PX)
        whole = max(0.0, rect.right() - bar.left())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.grid))
        bar.setWidth(whole)
        painter.drawRoundedRect(bar, 3, 3)
        painter.setBrush(QColor(self._theme.accent))
        bar.setWidth(max(2.0, whole * share))
        painter.drawRoundedRect(bar, 3, 3)
        painter.restore()
