"""The receipt of one shrink: what it was, what it is, how the loss went, and the way back. GUI thread."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from memgui.analysis.shrunk import Shrunk, shrunk
from memgui.ui import format as fmt
from memgui.ui.i18n import translate
from memgui.ui.journal import Entry
from memgui.ui.labels import ElidedLabel, label, restyle
from memgui.ui.shrink import words
from memgui.ui.shrink.bars import BeforeAfter
from memgui.ui.theme import Theme

_CURVE_PX = 34


class ReceiptCard(QFrame):
    """For the dialog and for the journal; narrow enough for a side panel.

    Attributes:
        undo_wanted: the Entry.
    """

    undo_wanted = Signal(object)

    def __init__(
        self, entry: Entry, theme: Theme, *, undone: str = "", target: str = "", parent: QWidget | None = None
    ) -> None:
        """`undone` says that it was taken back, and by whom; empty where it was not. `target` names one of several."""
        super().__init__(parent)
        self.setProperty("role", "card")
        self._entry = entry
        receipt = entry.receipt
        told = shrunk(receipt) if receipt is not None else None
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(6)
        column.addLayout(self._make_head())
        moment = " · ".join(part for part in (target, fmt.clock(entry.t_s), entry.where) if part)
        column.addWidget(label(moment, "small", wrap=True))
        if told is not None and receipt is not None:
            if told.before is not None and told.after is not None:
                bars = BeforeAfter(theme)
                bars.show_sizes(told.before, told.after)
                column.addWidget(bars)
            column.addLayout(_facts(words.receipt_facts(receipt, told)))
            if len(told.losses) > 1:
                column.addWidget(LossCurve(told, theme))
        self.undone = label(undone, wrap=True)
        restyle(self.undone, tone="warn")
        self.undone.setVisible(bool(undone))
        column.addWidget(self.undone)
        self.undo = QPushButton(translate("shrink", "Undo"))
        self.undo.setAutoDefault(False)
        self.undo.setProperty("scale", "small")
        self.undo.setToolTip(translate("shrink", "Brings everything back, bit for bit, at the next step boundary."))
        self.undo.clicked.connect(self._undo_clicked)
        self.undo.setVisible(bool(receipt is not None and receipt.undo and not undone))
        row = QHBoxLayout()
        row.addWidget(self.undo)
        row.addStretch(1)
        column.addLayout(row)
        told_of = (target, entry.title, entry.effect, entry.where, undone)
        self.setAccessibleName(" ".join(part for part in told_of if part))

    def _make_head(self) -> QHBoxLayout:
        effect = label(self._entry.effect, "strong")
        restyle(effect, tone=self._entry.tone)
        title = ElidedLabel(self._entry.title, "strong")
        title.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(title, 1)
        row.addWidget(effect)
        return row

    @Slot()
    def _undo_clicked(self) -> None:
        self.undo.setEnabled(False)
        self.undo_wanted.emit(self._entry)


class LossCurve(QWidget):
    """The loss of the steps after a run; a dashed line where it was before."""

    def __init__(self, told: Shrunk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._before = told.loss_before
        self._losses = told.losses
        self._theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(translate("shrink", "Loss of the steps after the run; dashed: before it."))
        self.setAccessibleName(", ".join(words.loss(each) for each in told.losses))

    def sizeHint(self) -> QSize:
        """As high as a few lines of text."""
        return QSize(160, _CURVE_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The dashed line, then the curve."""
        marks = [*self._losses, *([self._before] if self._before is not None else [])]
        low, high = min(marks), max(marks)
        room = QRectF(self.rect()).adjusted(2, 4, -2, -4)
        scale = room.height() / (high - low) if high > low else 0.0
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._before is not None:
            y = room.bottom() - (self._before - low) * scale
            painter.setPen(QPen(QColor(self._theme.muted), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))
        wide = room.width() / max(1, len(self._losses) - 1)
        points = [
            QPointF(room.left() + at * wide, room.bottom() - (value - low) * scale)
            for at, value in enumerate(self._losses)
        ]
        painter.setPen(QPen(QColor(self._theme.accent), 1))
        painter.drawPolyline(QPolygonF(points))
        painter.end()


def _facts(facts: Sequence[words.Fact]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(10)
    grid.setVerticalSpacing(2)
    grid.setColumnStretch(1, 1)
    for row, fact in enumerate(facts):
        value = label(fact.text, wrap=True)
        restyle(value, tone=fact.tone)
        value.setToolTip(fact.tip)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        grid.addWidget(label(fact.title, "small"), row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(value, row, 1)
    return grid
