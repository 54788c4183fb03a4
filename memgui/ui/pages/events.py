"""What happened in the shown target. GUI thread."""

from __future__ import annotations

from collections.abc import Mapping
from enum import auto
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from memgui.ui import format as fmt
from memgui.ui.i18n import translate
from memgui.ui.pages.page import Desk
from memgui.ui.pages.table_page import Columns, TablePage
from memgui.ui.pages.tabs import EVENTS
from memgui.ui.table_model import Cell, ColumnText
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget
    from memgui.store.events import MarkedEvent

_SHOWN = 500


class EventColumn(Columns):
    """Columns of the events."""

    TIME = auto()
    STEP = auto()
    KIND = auto()
    TEXT = auto()


class EventsPage(TablePage):
    """Marks, receipts and the end, newest first."""

    tab = EVENTS

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(desk, theme, EventColumn, event_columns(), (90, 80, 90), parent)

    def refresh(self) -> None:
        """Take in the events as they are now."""
        if self.target is not None:
            self.model.set_rows(event_rows(self.target))


def event_columns() -> dict[EventColumn, ColumnText]:
    """Headings."""
    return {
        EventColumn.TIME: ColumnText(translate("tables", "Time")),
        EventColumn.STEP: ColumnText(translate("tables", "Step"), is_number=True),
        EventColumn.KIND: ColumnText(translate("tables", "Kind")),
        EventColumn.TEXT: ColumnText(translate("tables", "What happened")),
    }


def event_rows(target: LiveTarget) -> list[Mapping[EventColumn, Cell]]:
    """Newest first; what only the link needs to know is left out."""
    shown = [event for event in target.timeline.events if event.kind not in ("metrics", "actions")]
    return [_event_row(event) for event in reversed(shown[-_SHOWN:])]


def _event_row(event: MarkedEvent) -> Mapping[EventColumn, Cell]:
    kinds = {
        "mark": translate("tables", "mark"),
        "receipt": translate("tables", "action"),
        "settled": translate("tables", "settled"),
        "probe": translate("tables", "probe"),
        "exit": translate("tables", "end"),
        "watch": translate("tables", "watch"),
        "survivors": translate("tables", "survivors"),
        "look": translate("tables", "look"),
    }
    return {
        EventColumn.TIME: Cell(fmt.clock(event.t_s), fmt.moment(event.t_s), "muted", event.t_s),
        EventColumn.STEP: Cell(fmt.count(event.step) if event.step >= 0 else fmt.MISSING, order=float(event.step)),
        EventColumn.KIND: Cell(kinds.get(event.kind, event.kind), tone="muted"),
        EventColumn.TEXT: Cell(event.text, event.text),
    }
