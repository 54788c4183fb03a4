"""The processes below the shown target. GUI thread."""

from __future__ import annotations

from collections.abc import Mapping
from enum import auto
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from memgui.ui import format as fmt
from memgui.ui.i18n import explain, metric_title, translate
from memgui.ui.pages.page import Desk
from memgui.ui.pages.table_page import Columns, TablePage
from memgui.ui.pages.tabs import WORKERS
from memgui.ui.table_model import Cell, ColumnText
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget


class WorkerColumn(Columns):
    """Columns of the process table."""

    PID = auto()
    ROLE = auto()
    NAME = auto()
    RSS = auto()
    ANON = auto()
    COMMAND = auto()


class WorkersPage(TablePage):
    """Loader workers and other children, the largest first."""

    tab = WORKERS

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(desk, theme, WorkerColumn, worker_columns(), (80, 120, 120, 110, 110), parent)

    def refresh(self) -> None:
        """Take in the children as they are now."""
        if self.target is not None:
            self.model.set_rows(worker_rows(self.target))


def worker_columns() -> dict[WorkerColumn, ColumnText]:
    """Headings."""
    return {
        WorkerColumn.PID: ColumnText(translate("tables", "Pid"), is_number=True),
        WorkerColumn.ROLE: ColumnText(translate("tables", "Role")),
        WorkerColumn.NAME: ColumnText(translate("tables", "Process")),
        WorkerColumn.RSS: ColumnText(
            metric_title("host.rss_bytes"), translate("tables", "Pages shared with the parent count here too."),
            is_number=True,
        ),
        WorkerColumn.ANON: ColumnText(metric_title("host.anon_bytes"), explain("host.anon_bytes"), is_number=True),
        WorkerColumn.COMMAND: ColumnText(translate("tables", "Command")),
    }  # fmt: skip


def worker_rows(target: LiveTarget) -> list[Mapping[WorkerColumn, Cell]]:
    """By resident memory, the largest first."""
    children = sorted(target.children, key=_resident, reverse=True)
    rows: list[Mapping[WorkerColumn, Cell]] = []
    for child in children:
        command = " ".join(child.cmdline)
        rows.append(
            {
                WorkerColumn.PID: Cell(str(child.pid), order=float(child.pid)),
                WorkerColumn.ROLE: Cell(child.role),
                WorkerColumn.NAME: Cell(child.name),
                WorkerColumn.RSS: Cell(fmt.size(child.rss_bytes), order=_resident(child)),
                WorkerColumn.ANON: Cell(fmt.size(child.anon_bytes), order=float(child.anon_bytes or 0)),
                WorkerColumn.COMMAND: Cell(command, command, "muted"),
            }
        )
    return rows


def _resident(child: object) -> float:
    return float(getattr(child, "rss_bytes", 0) or 0)
