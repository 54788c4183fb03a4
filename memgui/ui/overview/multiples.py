"""A small chart for each target, side by side. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from memgui.ui import format as fmt
from memgui.ui import target_view as view
from memgui.ui.charts import ink
from memgui.ui.charts.polygon import polyline, runs
from memgui.ui.i18n import translate
from memgui.ui.overview.board import Board
from memgui.ui.overview.canvas import Canvas, Spot
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget

_TILE_PX, _WIDEST_TILE_PX, _HEIGHT_PX, _TALLEST_PX, _GAP_PX, _PAD_PX = 168, 300, 84, 240, 8, 10
_HEAD_PX = 38
# Noise below this share of the level is not blown up to the height of the tile.
_LEAST_SPREAD = 0.02
# A change below this share of the level is no growth to speak of.
_LEAST_GROWTH = 0.01


class Multiples(Canvas):
    """Tiles of equal size; what is out of sight is not painted."""

    def __init__(self, board: Board, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(board, theme, parent)
        self.setMinimumWidth(_TILE_PX)

    @property
    def rows_abreast(self) -> int:
        """Tiles in a row: as many as have room, but no more than there are targets."""
        fitting = max(1, (self.width() + _GAP_PX) // (_TILE_PX + _GAP_PX))
        return int(min(fitting, max(1, len(self.board.rows), self.width() // (_WIDEST_TILE_PX + _GAP_PX))))

    @property
    def columns(self) -> int:
        """A column a pixel of a tile's curve."""
        return max(1, int(self._tile_width() - 2 * _PAD_PX))

    def sizeHint(self) -> QSize:
        """As high as all tiles."""
        return QSize(420, round(self._lines() * (self._tile_height() + _GAP_PX) - _GAP_PX))

    def minimumSizeHint(self) -> QSize:
        """The height is needed, the width is not."""
        return QSize(_TILE_PX, self.sizeHint().height())

    def tile(self, place: int) -> QRectF:
        """Where the tile at a place of the order is."""
        line, column = divmod(place, self.rows_abreast)
        wide, high = self._tile_width(), self._tile_height()
        return QRectF(column * (wide + _GAP_PX), line * (high + _GAP_PX), wide, high)

    def spot_at(self, at: QPointF) -> Spot | None:
        """The target and column below the pointer."""
        line = int(at.y() // (self._tile_height() + _GAP_PX))
        place = line * self.rows_abreast + int(at.x() // (self._tile_width() + _GAP_PX))
        if not 0 <= place < len(self.board.order) or not self.tile(place).contains(at):
            return None
        curve = self._curve_box(self.tile(place))
        column = int((at.x() - curve.left()) / curve.width() * self.board.columns)
        inside = curve.left() <= at.x() and 0 <= column < self.board.columns
        return Spot(self.board.order[place], column if inside else None)

    def _lines(self) -> int:
        return -(-len(self.board.rows) // self.rows_abreast)

    def _tile_width(self) -> float:
        abreast = self.rows_abreast
        return max(1.0, (self.width() - (abreast - 1) * _GAP_PX) / abreast)

    def _tile_height(self) -> float:
        room = self.room_px
        lines = max(1, self._lines())
        return max(_HEIGHT_PX, min(_TALLEST_PX, (room + _GAP_PX) / lines - _GAP_PX))

    def _curve_box(self, tile: QRectF) -> QRectF:
        return tile.adjusted(_PAD_PX, _HEAD_PX, -_PAD_PX, -_PAD_PX + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The tiles in sight."""
        painter = QPainter(self)
        bounds = self.board.bounds()
        lows, highs = self.board.row_bounds()
        for place, at in enumerate(self.board.order):
            tile = self.tile(place)
            if tile.toAlignedRect().intersects(event.rect()):
                own = (float(lows[at]), float(highs[at]))
                self._paint_tile(painter, tile, at, _scale(bounds if self.shared and bounds else own))
        painter.end()

    def _paint_tile(self, painter: QPainter, tile: QRectF, at: int, scale: tuple[float, float]) -> None:
        theme, board = self.theme, self.board
        pointed = self.spot is not None and self.spot.row == at
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(ink.line_pen(theme.accent if pointed and self.hasFocus() else theme.border))
        painter.setBrush(QColor(theme.raised if pointed else theme.card))
        painter.drawRoundedRect(tile.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        self._write_head(painter, tile, at)
        curve = self._curve_box(tile)
        colour = theme.bad if view.alarming(board.rows[at].target) else theme.accent
        self._paint_curve(painter, curve, board.levels[at], scale, colour)
        if self.spot is not None and self.spot.column is not None:
            # The same moment in every tile: neighbours are compared where one is looked at.
            x = round(curve.left() + (self.spot.column + 0.5) / board.columns * curve.width()) + 0.5
            painter.setPen(ink.line_pen(theme.crosshair if pointed else theme.border))
            painter.drawLine(QLineF(x, curve.top(), x, curve.bottom()))

    def _write_head(self, painter: QPainter, tile: QRectF, at: int) -> None:
        theme, board = self.theme, self.board
        target = board.rows[at].target
        unit = fmt.metric_unit(board.choice)
        value, change = fmt.quantity(board.value(at), unit), board.change(at)
        head = QRectF(tile.left() + _PAD_PX, tile.top() + 6, tile.width() - 2 * _PAD_PX, 17)
        low = head.translated(0, 16)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        room = head.width() - ink.text_width(theme, theme.text_px, value) - 8
        painter.setFont(ink.font_of(theme, theme.text_px))
        painter.setPen(QColor(theme.text))
        painter.drawText(head, right, value)
        painter.drawText(head, left, ink.fit(theme, theme.text_px, (view.title(target), _short(target)), room))
        painter.setFont(ink.font_of(theme, theme.small_px))
        words = _change_words(change, board.value(at), unit)
        painter.setPen(QColor(theme.warn if words.startswith("▲") else theme.muted))
        painter.drawText(low, right, words)
        painter.setPen(QColor(theme.muted))
        room = low.width() - ink.text_width(theme, theme.small_px, words) - 8
        painter.drawText(low, left, ink.fit(theme, theme.small_px, (view.detail(target), f"pid {target.pid}"), room))

    def _paint_curve(
        self, painter: QPainter, box: QRectF, levels: NDArray[np.float32], scale: tuple[float, float], colour: str
    ) -> None:
        low, high = scale
        xs = np.linspace(box.left() + 0.5, box.right() - 0.5, len(levels))
        ys = np.asarray(box.bottom() - (levels.astype(np.float64) - low) * (box.height() / (high - low)), np.float64)
        for first, last in runs(ys):
            x, y = xs[first:last], ys[first:last]
            ground = box.bottom()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink.with_alpha(colour, 0.16))
            painter.drawPolygon(polyline(np.concatenate((x[:1], x, x[-1:])), np.concatenate(([ground], y, [ground]))))
            painter.setPen(ink.line_pen(colour))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(polyline(x, y))


def _scale(ends: tuple[float, float]) -> tuple[float, float]:
    low, high = ends
    if not low <= high:
        return 0.0, 1.0
    least = max(abs(high) * _LEAST_SPREAD, 1e-9)
    if high - low >= least:
        return low, high
    middle = (low + high) / 2
    return middle - least / 2, middle + least / 2


def _short(target: LiveTarget) -> str:
    rank = view.rank_of(target)
    return translate("target", "rank {rank}").format(rank=rank[0]) if rank else view.plain_name(target)


def _change_words(change: float | None, value: float | None, unit: str) -> str:
    if change is None:
        return ""
    if abs(change) < _LEAST_GROWTH * abs(value or 0.0):
        return translate("overview", "flat")
    return f"{'▲' if change > 0 else '▼'} {fmt.quantity(abs(change), unit)}"
