"""Paints a row of the targets tree: name and badge, second line, number and sparkline. GUI thread."""

from __future__ import annotations

import math

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView

from memgui.ui.targets_model import Role
from memgui.ui.theme import Theme

_PAD = 9
_SPARK = QSize(62, 18)
_CHEVRON_PX = 12


class TargetsDelegate(QStyledItemDelegate):
    """Two lines a target, one a worker."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def set_theme(self, theme: Theme) -> None:
        """Paint with other colours from now on."""
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """52 pixels a target or run, 26 a worker."""
        return QSize(120, 26 if index.data(Role.KIND) == "worker" else 52)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Background of the state, then the parts."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_background(painter, option)
        rect = option.rect.adjusted(_PAD, 0, -_PAD, 0)
        if index.data(Role.KIND) == "worker":
            self._paint_worker(painter, rect, index)
        else:
            self._paint_target(painter, rect, index, is_open=bool(option.state & QStyle.StateFlag.State_Open))
        painter.restore()

    def _paint_background(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        state = option.state
        box = QRectF(option.rect).adjusted(0.5, 1.5, -0.5, -1.5)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._theme.selected))
            painter.drawRoundedRect(box, 6, 6)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._theme.raised))
            painter.drawRoundedRect(box, 6, 6)
        if state & QStyle.StateFlag.State_HasFocus and state & QStyle.StateFlag.State_KeyboardFocusChange:
            painter.setPen(QPen(QColor(self._theme.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 6, 6)

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> bool:
        """A click on the second line's triangle folds or unfolds the row."""
        view = self.parent()
        if (
            event.type() == QEvent.Type.MouseButtonRelease
            and isinstance(event, QMouseEvent)
            and isinstance(view, QTreeView)
            and model.hasChildren(index)
            and event.position().y() > option.rect.top() + 26
            and event.position().x() < option.rect.left() + _PAD + _CHEVRON_PX + 80
        ):
            here = model.index(index.row(), 0, index.parent())
            view.setExpanded(here, not view.isExpanded(here))
            return True
        return super().editorEvent(event, model, option, index)

    def _paint_chevron(self, painter: QPainter, low: QRect, *, is_open: bool) -> None:
        x, y = low.left() + 1.0, low.center().y() + 0.5
        points = [(0.0, -1.5), (3.0, 2.0), (6.0, -1.5)] if is_open else [(1.5, -3.0), (5.0, 0.5), (1.5, 4.0)]
        painter.setPen(QPen(QColor(self._theme.muted), 1.3))
        painter.drawPolyline(QPolygonF([QPointF(x + dx, y + dy) for dx, dy in points]))

    def _paint_target(
        self, painter: QPainter, rect: QRect, index: QModelIndex | QPersistentModelIndex, *, is_open: bool
    ) -> None:
        theme = self._theme
        top = QRect(rect.left(), rect.top() + 6, rect.width(), 20)
        low = QRect(rect.left(), rect.top() + 27, rect.width(), 18)
        font, small = _font(painter, theme.text_px), _font(painter, theme.small_px)
        value = str(index.data(Role.VALUE) or "")
        value_width = QFontMetrics(font).horizontalAdvance(value)
        painter.setFont(font)
        painter.setPen(QColor(theme.text))
        painter.drawText(top, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)
        badge, tone = str(index.data(Role.BADGE) or ""), str(index.data(Role.TONE) or "")
        badge_width = QFontMetrics(small).horizontalAdvance(badge) + 14 if badge else 0
        room = top.width() - value_width - 8
        words = str(index.data())
        # The badge stands beside the name, or below it where the name would have to be cut for it.
        beside = QFontMetrics(font).horizontalAdvance(words) + badge_width + 6 <= room
        name = QFontMetrics(font).elidedText(words, Qt.TextElideMode.ElideMiddle, max(room, 24))
        painter.drawText(top, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        if badge:
            left = top.left() + QFontMetrics(font).horizontalAdvance(name) + 6 if beside else low.left()
            at = (top if beside else low).top() + (2 if beside else 1)
            self._paint_badge(painter, QRectF(left, at, badge_width, 16), badge, tone)
            if not beside:
                low.setLeft(low.left() + badge_width + 6)
        if index.model().hasChildren(index):
            self._paint_chevron(painter, low, is_open=is_open)
            low.setLeft(low.left() + _CHEVRON_PX)
        painter.setFont(small)
        painter.setPen(QColor(theme.muted))
        spark = index.data(Role.SPARK) or ()
        detail_room = low.width() - (_SPARK.width() + 6 if spark else 0)
        detail = QFontMetrics(small).elidedText(
            str(index.data(Role.DETAIL)), Qt.TextElideMode.ElideRight, max(detail_room, 24)
        )
        painter.drawText(low, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, detail)
        if spark:
            box = QRectF(low.right() - _SPARK.width() + 1, low.top(), _SPARK.width(), _SPARK.height())
            quiet = theme.muted if tone == "muted" else theme.accent
            _paint_spark(painter, box, spark, QColor(theme.bad if tone == "bad" else quiet))

    def _paint_worker(self, painter: QPainter, rect: QRect, index: QModelIndex | QPersistentModelIndex) -> None:
        small = _font(painter, self._theme.small_px)
        painter.setFont(small)
        value = str(index.data(Role.VALUE) or "")
        painter.setPen(QColor(self._theme.text))
        painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)
        metrics = QFontMetrics(small)
        room = max(24, rect.width() - metrics.horizontalAdvance(value) - 8)
        text = metrics.elidedText(f"{index.data()} · {index.data(Role.DETAIL)}", Qt.TextElideMode.ElideRight, room)
        painter.setPen(QColor(self._theme.muted))
        painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_badge(self, painter: QPainter, box: QRectF, text: str, tone: str) -> None:
        theme = self._theme
        fill, ink = {
            "bad": (theme.bad, theme.bad_text),
            "warn": (theme.warn, theme.accent_text),
            "good": (theme.good, theme.accent_text),
        }.get(tone, (theme.checked, theme.text))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(fill))
        painter.drawRoundedRect(box, 8, 8)
        painter.setFont(_font(painter, theme.small_px))
        painter.setPen(QColor(ink))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _font(painter: QPainter, pixels: int) -> QFont:
    font = QFont(painter.font())
    font.setPixelSize(pixels)
    return font


def _paint_spark(painter: QPainter, box: QRectF, values: tuple[float, ...], colour: QColor) -> None:
    known = [value for value in values if not math.isnan(value)]
    if len(known) < 2:
        return
    low, high = min(known), max(known)
    # A flat line stays flat: noise below 2 % of the level is not blown up to the full height.
    spread = max(high - low, abs(high) * 0.02, 1e-9)
    middle = (high + low) / 2
    painter.setPen(QPen(colour, 1.2))
    run = QPolygonF()
    for number, value in enumerate(values):
        if math.isnan(value):
            painter.drawPolyline(run)
            run = QPolygonF()
            continue
        x = box.left() + box.width() * number / (len(values) - 1)
        y = box.center().y() - (value - middle) / spread * (box.height() - 4)
        run.append(QPointF(x, y))
    painter.drawPolyline(run)
