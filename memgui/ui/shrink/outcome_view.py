"""The receipts of what the dialog has done, one card a rank. GUI thread."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from memgui.ui.journal import Entry
from memgui.ui.labels import label
from memgui.ui.shrink.receipt_card import ReceiptCard
from memgui.ui.theme import Theme


class OutcomeView(QScrollArea):
    """Cards, the oldest first.

    Attributes:
        undo_wanted: the Entry whose button was pressed.
    """

    undo_wanted = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._entries: tuple[Entry, ...] = ()
        self._said = ""
        self.cards: list[ReceiptCard] = []
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._theme = theme
        self._fill()

    def show_entries(self, entries: Sequence[Entry], said: str = "") -> None:
        """Show these, with a sentence on the whole above them."""
        if self.widget() is None or (self._entries, self._said) != (tuple(entries), said):
            self._entries, self._said = tuple(entries), said
            self._fill()

    def _fill(self) -> None:
        body = QWidget()
        body.setObjectName("shrinkPart")
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(8)
        if self._said:
            column.addWidget(label(self._said, "strong", wrap=True))
        self.cards = []
        several = len({entry.key for entry in self._entries}) > 1
        for entry in self._entries:
            target = entry.target if several else ""
            card = ReceiptCard(entry, self._theme, undone=entry.undone, target=target)
            card.undo_wanted.connect(self.undo_wanted)
            column.addWidget(card)
            self.cards.append(card)
        column.addStretch(1)
        self.setWidget(body)
