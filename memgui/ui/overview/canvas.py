"""What the pictures of the board have in common: pointing, choosing by keys, opening. GUI thread."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from memgui.ui.overview.board import Board
from memgui.ui.theme import Theme


@dataclass(frozen=True)
class Spot:
    """A place on the board; `column` is None beside the levels, as on a name."""

    row: int
    column: int | None


class Canvas(QWidget):
    """One painted widget for all rows, however many there are.

    Attributes:
        pointed: a Spot, or None where the pointer is on nothing; opened: the key of a target.
        shared: all rows are drawn to one scale, and not each to its own.
        spot: what is pointed at, by mouse or keys.
    """

    pointed = Signal(object)
    opened = Signal(object)

    def __init__(self, board: Board, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.board = board
        self.theme = theme
        self.shared = True
        self.spot: Spot | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def columns(self) -> int:
        """How many columns of levels the width has room for."""
        raise NotImplementedError

    @property
    def rows_abreast(self) -> int:
        """Rows of the board beside each other."""
        return 1

    @property
    def room_px(self) -> int:
        """Height that can be seen at once."""
        return (self.parentWidget() or self).height()

    def spot_at(self, at: QPointF) -> Spot | None:
        """What lies at a place."""
        raise NotImplementedError

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self.theme = theme
        self.update()

    def arranged(self) -> None:
        """The board has other rows or columns."""
        if self.spot is not None and self.spot.row >= len(self.board.rows):
            self.point(None)
        self.updateGeometry()
        self.update()

    def point(self, spot: Spot | None) -> None:
        """Mark a place and tell of it."""
        if spot != self.spot:
            self.spot = spot
            self.setCursor(Qt.CursorShape.PointingHandCursor if spot else Qt.CursorShape.ArrowCursor)
            self.pointed.emit(spot)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark what the pointer is on."""
        self.point(self.spot_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at any more."""
        super().leaveEvent(event)
        self.point(None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Open the target that was clicked."""
        spot = self.spot_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and spot is not None:
            self._open(spot)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from target to target, Return opens one."""
        order, spot = self.board.order, self.spot
        moves = {
            Qt.Key.Key_Up: -self.rows_abreast,
            Qt.Key.Key_Down: self.rows_abreast,
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Home: -len(order),
            Qt.Key.Key_End: len(order),
        }
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and spot is not None:
            self._open(spot)
        elif event.key() in moves and order:
            place = order.index(spot.row) + moves[Qt.Key(event.key())] if spot is not None else 0
            self.point(Spot(order[max(0, min(place, len(order) - 1))], None))
        else:
            super().keyPressEvent(event)

    def _open(self, spot: Spot) -> None:
        self.opened.emit(self.board.rows[spot.row].target.key)
