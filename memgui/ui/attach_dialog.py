"""Choose a running PyTorch process and put the agent into it. GUI thread; the work is the feed's."""

from __future__ import annotations

import os
from enum import IntEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QSortFilterProxyModel, Qt, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from memgui.ui import format as fmt
from memgui.ui.attachable import process_name
from memgui.ui.feed import Feed, Outcome, as_problem
from memgui.ui.i18n import translate
from memgui.ui.labels import label, restyle
from memgui.ui.table_model import SORT_ROLE, Cell, ColumnText, TableModel
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.link.targets import TargetInfo


class Column(IntEnum):
    """Columns of the process list."""

    NAME = 0
    PID = 1
    USER = 2
    SIZE = 3
    TORCH = 4
    WHY = 5


def columns() -> dict[Column, ColumnText]:
    """Headings."""
    return {
        Column.NAME: ColumnText(translate("attach", "Process")),
        Column.PID: ColumnText(translate("attach", "Pid"), is_number=True),
        Column.USER: ColumnText(translate("attach", "User")),
        Column.SIZE: ColumnText(translate("attach", "Resident"), is_number=True),
        Column.TORCH: ColumnText(translate("attach", "torch")),
        Column.WHY: ColumnText(translate("attach", "Can be attached to")),
    }


def process_row(info: TargetInfo) -> dict[Column, Cell]:
    """One process."""
    tone = "" if info.attachable or info.agent else "muted"
    if info.agent:
        why = Cell(translate("attach", "has the agent"), tone="good")
    elif info.attachable:
        why = Cell(translate("attach", "yes"), tone="good")
    else:
        reason = info.reason or translate("attach", "no access")
        why = Cell(translate("attach", "no: {reason}").format(reason=reason), reason, "muted")
    return {
        Column.NAME: Cell(process_name(info), info.script or info.name, tone),
        Column.PID: Cell(str(info.pid), tone=tone, order=float(info.pid)),
        Column.USER: Cell(info.user, tone=tone),
        Column.SIZE: Cell(fmt.size(info.rss_bytes), tone=tone, order=float(info.rss_bytes or 0)),
        Column.TORCH: Cell((info.torch or fmt.MISSING).partition("+")[0], tone=tone),
        Column.WHY: why,
    }


class AttachDialog(QDialog):
    """List with search; attaching shows its progress and can be cancelled.

    Attributes:
        attached: the pid of a process that is now watched.
    """

    attached = Signal(int)

    def __init__(self, feed: Feed, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Attach to a running process"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._feed = feed
        self._pid: int | None = None
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search by name, pid or user"))
        self.search.setAccessibleName(self.tr("Search"))
        self.search.setClearButtonEnabled(True)
        self.model = TableModel(Column, columns(), theme, self)
        self.proxy = QSortFilterProxyModel(self)
        self.proxy.setSourceModel(self.model)
        self.proxy.setFilterKeyColumn(-1)
        self.proxy.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.proxy.setSortRole(SORT_ROLE)
        self.search.textChanged.connect(self.proxy.setFilterFixedString)
        self.table = self._make_table()
        self._note = label(role="muted", wrap=True)
        self._bar = QProgressBar()
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.hide()
        self.attach_button = QPushButton(self.tr("Attach"))
        self.attach_button.setProperty("role", "primary")
        self.attach_button.setDefault(True)
        self.attach_button.clicked.connect(self._attach_clicked)
        self.close_button = QPushButton(self.tr("Cancel"))
        self.close_button.clicked.connect(self._cancel_clicked)
        self._lay_out()
        feed.listed.connect(self._listed)
        feed.attach_changed.connect(self._attach_changed)
        feed.attach_ended.connect(self._attach_ended)
        self._listed()

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self.proxy)
        table.setSortingEnabled(True)
        table.sortByColumn(Column.SIZE, Qt.SortOrder.DescendingOrder)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(27)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setAccessibleName(self.tr("PyTorch processes of this host"))
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        for column, width in enumerate((180, 80, 90, 100, 80)):
            header.resizeSection(column, width)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        table.selectionModel().currentRowChanged.connect(self._current_changed)
        table.doubleClicked.connect(self._attach_clicked)
        return table

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(10)
        column.addWidget(label(self.tr("Attach to a running process"), "title"))
        about = self.tr(
            "The agent is put into the process as it runs: no restart, no change of the script. Training pauses for "
            "a few milliseconds."
        )
        column.addWidget(label(about, "muted", wrap=True))
        column.addWidget(self.search)
        column.addWidget(self.table, 1)
        column.addWidget(self._bar)
        column.addWidget(self._note)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        buttons.addWidget(self.attach_button)
        column.addLayout(buttons)
        self.resize(740, 460)

    def showEvent(self, event: QShowEvent) -> None:
        """List anew, and let the user type at once."""
        super().showEvent(event)
        self._feed.refresh_list()
        self.search.setFocus()

    def current(self) -> TargetInfo | None:
        """The chosen process."""
        index = self.table.currentIndex()
        if not index.isValid():
            return None
        pid = self.proxy.index(index.row(), Column.PID).data()
        return next((info for info in self._feed.here if str(info.pid) == pid), None)

    @Slot()
    def _listed(self) -> None:
        self.model.set_rows([process_row(info) for info in self._feed.here])
        if not self.table.currentIndex().isValid() and self.proxy.rowCount():
            self.table.selectRow(0)
        self._show_current()

    @Slot(QModelIndex, QModelIndex)
    def _current_changed(self, _current: QModelIndex, _previous: QModelIndex) -> None:
        self._show_current()

    def _show_current(self) -> None:
        if self._pid is not None:
            return
        info = self.current()
        can = info is not None and bool(info.agent or info.attachable)
        self.attach_button.setEnabled(can)
        self.attach_button.setText(self.tr("Watch") if info is not None and info.agent else self.tr("Attach"))
        if not self._feed.was_listed:
            text = self.tr("Looking…")
        elif not self._feed.here:
            text = self.tr("No PyTorch process runs here. Start one with Launch…, or run `memgui demo`.")
        elif info is None:
            text = self.tr("Choose a process.")
        elif can:
            command = " ".join(getattr(info, "argv", ()) or ())
            text = command or info.script or info.name
        else:
            text = info.reason or self.tr("The agent cannot be put into this process.")
        self._say(text, "")

    @Slot()
    def _attach_clicked(self) -> None:
        info = self.current()
        if info is None or self._pid is not None:
            return
        if info.agent:
            self._feed.watch(info.pid)
            self.attached.emit(info.pid)
            self.accept()
        elif info.attachable:
            self._pid = info.pid
            self._set_busy(busy=True)
            self._say(self.tr("Attaching to {name}…").format(name=os.path.basename(process_name(info))), "")
            self._feed.attach(info.pid)

    @Slot()
    def _cancel_clicked(self) -> None:
        if self._pid is None:
            self.reject()
        else:
            self._feed.cancel_attach(self._pid)
            self._say(self.tr("Stopping…"), "")

    @Slot(int)
    def _attach_changed(self, pid: int) -> None:
        state = self._feed.attaching(pid)
        if pid == self._pid and state is not None and state.text:
            self._say(state.text, "")

    @Slot(int, object)
    def _attach_ended(self, pid: int, outcome: Outcome) -> None:
        if pid != self._pid:
            return
        self._pid = None
        self._set_busy(busy=False)
        if outcome.error is None:
            self.attached.emit(pid)
            self.accept()
            return
        problem = as_problem(outcome.error)
        self._say(f"{problem.what}\n{problem.next_step}".strip(), "bad")

    def _set_busy(self, *, busy: bool) -> None:
        self._bar.setVisible(busy)
        self.attach_button.setEnabled(not busy)
        self.table.setEnabled(not busy)
        self.search.setEnabled(not busy)

    def _say(self, text: str, tone: str) -> None:
        self._note.setText(text)
        restyle(self._note, tone=tone)
