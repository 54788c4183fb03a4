"""The newest lines of the journal, below the actions. GUI thread."""

from __future__ import annotations

import html

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from memgui.ui import format as fmt
from memgui.ui.i18n import translate
from memgui.ui.journal import Entry, Journal
from memgui.ui.labels import label, section
from memgui.ui.theme import Theme

_LINES = 5


class JournalView(QWidget):
    """The last few lines, newest first; a run that can be undone has a button.

    Attributes:
        undo_wanted: the Entry.
    """

    undo_wanted = Signal(object)

    def __init__(self, journal: Journal, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._journal = journal
        self._theme = theme
        self._lines: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        heading = section(self.tr("Journal"))
        heading.setContentsMargins(4, 8, 0, 0)
        self._column.addWidget(heading)
        journal.changed.connect(self.refresh)
        self.refresh()

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._theme = theme
        self.refresh()

    @property
    def texts(self) -> tuple[str, ...]:
        """The lines as a person reads them, newest first."""
        return tuple(part.accessibleName() for part in self._lines if part.accessibleName())

    @Slot()
    def refresh(self) -> None:
        """Take in new entries."""
        for part in self._lines:
            self._column.removeWidget(part)
            part.hide()
            part.deleteLater()
        self._lines = []
        for entry in tuple(reversed(self._journal.entries))[:_LINES]:
            if entry.shrunk is not None:
                self._add(self._card(entry))
                continue
            self._add(self._line(entry))
            if entry.receipt is not None and entry.receipt.undo and not entry.undone:
                self._add(_UndoButton(entry, self), left=True)
        if not self._lines:
            self._add(_indented(label(self.tr("What you run is noted here, with its effect."), "small", wrap=True)))

    def undo(self, entry: Entry) -> None:
        """An undo button was pressed; it stays until it is known that the run was taken back."""
        self.undo_wanted.emit(entry)

    def _card(self, entry: Entry) -> QWidget:
        from memgui.ui.shrink.receipt_card import ReceiptCard  # no part of the first paint

        card = ReceiptCard(entry, self._theme, undone=entry.undone)
        card.undo_wanted.connect(self.undo_wanted)
        return card

    def _line(self, entry: Entry) -> QLabel:
        theme = self._theme
        colour = {"good": theme.good, "warn": theme.warn, "bad": theme.bad}.get(entry.tone, theme.muted)
        text = (
            f"<span style='color:{theme.muted}'>{fmt.clock(entry.t_s)}</span> {html.escape(entry.title)}"
            f" <span style='color:{colour}'>{html.escape(entry.effect)}</span>"
        )
        if entry.where:
            text += f"<br><span style='color:{theme.muted}'>{html.escape(entry.where)}</span>"
        line = _indented(QLabel(text))
        line.setTextFormat(Qt.TextFormat.RichText)
        line.setWordWrap(True)
        line.setStyleSheet("font-size: 12px;")
        line.setToolTip(f"{fmt.moment(entry.t_s)} · {entry.target}")
        parts = (fmt.clock(entry.t_s), entry.title, entry.effect, entry.where)
        line.setAccessibleName(" ".join(part for part in parts if part))
        return line

    def _add(self, part: QWidget, *, left: bool = False) -> None:
        self._lines.append(part)
        self._column.addWidget(part, 0, Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag(0))


class _UndoButton(QPushButton):
    def __init__(self, entry: Entry, view: JournalView) -> None:
        super().__init__(translate("journal", "Undo"), view)
        self.setProperty("role", "link")
        self._entry = entry
        self._view = view
        self.clicked.connect(self._pressed)

    @Slot()
    def _pressed(self) -> None:
        self._view.undo(self._entry)


def _indented(part: QLabel) -> QLabel:
    part.setContentsMargins(4, 0, 4, 0)
    return part
