"""What was run in every target, with its receipts. GUI thread."""

from __future__ import annotations

from collections.abc import Mapping
from enum import auto

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from memgui.ui import format as fmt
from memgui.ui.i18n import metric_title, translate
from memgui.ui.journal import Entry
from memgui.ui.pages.page import Desk
from memgui.ui.pages.table_page import Columns, TablePage
from memgui.ui.pages.tabs import JOURNAL
from memgui.ui.table_model import Cell, ColumnText
from memgui.ui.theme import Theme


class JournalColumn(Columns):
    """Columns of the journal."""

    TIME = auto()
    TARGET = auto()
    WHAT = auto()
    EFFECT = auto()
    ABOUT = auto()


class JournalPage(TablePage):
    """The journal of all targets."""

    tab = JOURNAL

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(desk, theme, JournalColumn, journal_columns(), (90, 150, 180, 130), parent)
        desk.journal.changed.connect(self._changed)

    def refresh(self) -> None:
        """Take in the entries as they are now."""
        self.model.set_rows(journal_rows(self.desk.journal.entries))

    @Slot()
    def _changed(self) -> None:
        if self.isVisible():
            self.refresh()


def journal_columns() -> dict[JournalColumn, ColumnText]:
    """Headings."""
    return {
        JournalColumn.TIME: ColumnText(translate("tables", "Time")),
        JournalColumn.TARGET: ColumnText(translate("tables", "Target")),
        JournalColumn.WHAT: ColumnText(translate("tables", "What")),
        JournalColumn.EFFECT: ColumnText(
            translate("tables", "Effect"),
            translate("tables", "Change of the memory that the action is about, measured before and after it."),
            is_number=True,
        ),
        JournalColumn.ABOUT: ColumnText(translate("tables", "Step, pause, reason")),
    }


def journal_rows(entries: tuple[Entry, ...]) -> list[Mapping[JournalColumn, Cell]]:
    """Newest first."""
    return [
        {
            JournalColumn.TIME: Cell(fmt.clock(entry.t_s), fmt.moment(entry.t_s), "muted", entry.t_s),
            JournalColumn.TARGET: Cell(entry.target, tone="muted"),
            JournalColumn.WHAT: Cell(entry.title),
            JournalColumn.EFFECT: Cell(entry.effect, _receipt_tip(entry), entry.tone),
            JournalColumn.ABOUT: Cell(entry.where, entry.where, "muted"),
        }
        for entry in reversed(entries)
    ]


def _receipt_tip(entry: Entry) -> str:
    receipt = entry.receipt
    if receipt is None:
        return ""
    return "\n".join(
        f"{metric_title(name)}: {fmt.size(before)} → {fmt.size(receipt.after[name])}"
        for name, before in receipt.before.items()
        if name in receipt.after
    )
