"""Targets down, time across, the level as a colour: an 8-bit image with a name beside each row. GUI thread."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from memgui.ui import format as fmt
from memgui.ui import target_view as view
from memgui.ui.charts import ink
from memgui.ui.charts.ticks import time_ticks
from memgui.ui.overview.board import Board
from memgui.ui.overview.canvas import Canvas, Spot
from memgui.ui.overview.ramp import indices_of, table_of
from memgui.ui.theme import Theme

_NAMES_PX, _VALUES_PX, _AXIS_PX, _PAD_PX = 150, 78, 22, 8
_LOWEST_PX, _HIGHEST_PX, _WORDS_PX = 3.0, 30.0, 14.0
# With rows of this height a thin line between them is worth its room.
_APART_PX = 10.0


class HeatMap(Canvas):
    """The levels of the board as a picture; only the rows in sight are painted."""

    def __init__(self, board: Board, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(board, theme, parent)
        self._table = table_of(theme)

    @property
    def columns(self) -> int:
        """A column a pixel."""
        return max(1, self.width() - _NAMES_PX - _VALUES_PX)

    @property
    def row_px(self) -> float:
        """Height of a row: what the room gives, within what can be read."""
        room = self.room_px
        return max(_LOWEST_PX, min(_HIGHEST_PX, (room - _AXIS_PX) / max(1, len(self.board.rows))))

    def sizeHint(self) -> QSize:
        """As high as all rows."""
        return QSize(420, int(len(self.board.rows) * self.row_px) + _AXIS_PX)

    def minimumSizeHint(self) -> QSize:
        """The height is needed, the width is not."""
        return QSize(320, self.sizeHint().height())

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._table = table_of(theme)
        super().set_theme(theme)

    def spot_at(self, at: QPointF) -> Spot | None:
        """The target and column below the pointer."""
        place = int(at.y() // self.row_px)
        if not (0 <= place < len(self.board.order) and 0 <= at.x() < self.width()):
            return None
        column = int((at.x() - _NAMES_PX) * self.board.columns / self.columns)
        inside = at.x() >= _NAMES_PX and column < self.board.columns
        return Spot(self.board.order[place], column if inside else None)

    def image(self, first: int, last: int) -> QImage:
        """The levels of the rows from place `first` to before `last`, one pixel a level."""
        order = self.board.order[first:last]
        ends = self.board.row_bounds() if not self.shared else None
        bounds = self.board.bounds() or (0.0, 0.0)
        low, high = (ends[0][order], ends[1][order]) if ends is not None else bounds
        indices = np.ascontiguousarray(indices_of(self.board.levels[order], low, high))
        height, width = indices.shape
        # The copy owns its pixels; the array would be gone while Qt still painted it.
        image = QImage(indices.data, width, height, width, QImage.Format.Format_Indexed8).copy()
        image.setColorTable(self._table)
        return image

    def paintEvent(self, event: QPaintEvent) -> None:
        """Names, image, values, and the mark of what is pointed at."""
        if not self.board.rows:
            return
        painter = QPainter(self)
        row_px, seen = self.row_px, event.rect()
        first = max(0, int(seen.top() // row_px))
        last = min(len(self.board.rows), int(seen.bottom() // row_px) + 1)
        box = QRectF(_NAMES_PX, first * row_px, self.columns, (last - first) * row_px)
        if last > first:
            painter.drawImage(box, self.image(first, last))
        if row_px >= _APART_PX:
            painter.setPen(ink.line_pen(self.theme.card))
            lines = [round(at * row_px) - 0.5 for at in range(first + 1, last + 1)]
            painter.drawLines([QLineF(box.left(), y, box.right(), y) for y in lines])
        self._write_rows(painter, first, last)
        self._paint_axis(painter, box)
        self._paint_mark(painter)
        painter.end()

    def _write_rows(self, painter: QPainter, first: int, last: int) -> None:
        theme, row_px = self.theme, self.row_px
        every = max(1, int(np.ceil(_WORDS_PX / row_px)))
        pointed = self.spot.row if self.spot is not None else None
        painter.setFont(ink.font_of(theme, theme.small_px))
        for place in range(first, last):
            at = self.board.order[place]
            if place % every and at != pointed:
                continue
            row = self.board.rows[at]
            middle = (place + 0.5) * row_px
            name = QRectF(0, middle - 9, _NAMES_PX - _PAD_PX, 18)
            value = QRectF(self.width() - _VALUES_PX + _PAD_PX, middle - 9, _VALUES_PX - _PAD_PX - 2, 18)
            if at == pointed and every > 1:
                painter.fillRect(QRectF(0, middle - 9, name.right(), 18), QColor(theme.checked))
                painter.fillRect(value, QColor(theme.checked))
            painter.setPen(QColor(theme.text if at == pointed else theme.muted))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(name, right, ink.fit(theme, theme.small_px, (view.title(row.target),), name.width()))
            unit = fmt.metric_unit(self.board.choice)
            painter.drawText(value, right, fmt.quantity(self.board.value(at), unit))

    def _paint_axis(self, painter: QPainter, box: QRectF) -> None:
        board, theme = self.board, self.theme
        top = len(board.rows) * self.row_px
        live = next((at for at, row in enumerate(board.rows) if row.target.recording is None), 0)
        low = board.time_of(live, 0)
        high = low + board.span_s
        painter.setFont(ink.font_of(theme, theme.small_px))
        for tick in time_ticks(low, high, max(2, int(box.width() // 110))):
            x = box.left() + (tick.value - low) / (high - low) * box.width()
            painter.setPen(ink.line_pen(theme.border))
            painter.drawLine(QLineF(x, top, x, top + 4))
            wide = ink.text_width(theme, theme.small_px, tick.text)
            left = max(box.left(), min(x - wide / 2, box.right() - wide))
            painter.setPen(QColor(theme.muted))
            painter.drawText(QPointF(left, top + 17), tick.text)

    def _paint_mark(self, painter: QPainter) -> None:
        if self.spot is None or self.spot.row not in self.board.order:
            return
        place, row_px = self.board.order.index(self.spot.row), self.row_px
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(ink.line_pen(self.theme.text))
        top, bottom = round(place * row_px), round((place + 1) * row_px)
        painter.drawRect(QRect(_NAMES_PX - 1, top - 1, self.columns + 1, bottom - top + 1))
        if self.spot.column is not None:
            x = _NAMES_PX + (self.spot.column + 0.5) * self.columns / self.board.columns
            painter.setPen(ink.line_pen(self.theme.crosshair))
            painter.drawLine(QLineF(x, 0, x, len(self.board.rows) * row_px))
