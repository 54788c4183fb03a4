"""Native leaks: opens a report or runs a tool, and shows what took the memory, the largest first. GUI thread."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, QTimer, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from memgui.attach.native.tools import TITLES
from memgui.protocol.errors import Problem
from memgui.ui import format as fmt
from memgui.ui.editor import open_in_editor
from memgui.ui.labels import ElidedLabel, label, restyle
from memgui.ui.native.job import NativeJob, Opened
from memgui.ui.native.leak_view import LeakView
from memgui.ui.native.proposal import proposal
from memgui.ui.native.run_dialog import RunDialog, RunRequest
from memgui.ui.native.tree_model import LeakTree
from memgui.ui.pages.page import Desk, Page
from memgui.ui.pages.tabs import NATIVE
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget

_FILTER_AFTER_MS = 150


class NativePage(Page):
    """One report at a time; it stays when another target is chosen.

    Attributes:
        tree: the leaks; view: shows them; job: what reads and runs.
    """

    tab = NATIVE

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(desk, theme, parent)
        self.setAcceptDrops(True)
        self.job = NativeJob(self)
        self.job.progressed.connect(self._progressed)
        self.job.opened.connect(self._opened)
        self.job.failed.connect(self._failed)
        self._opened_report: Opened | None = None
        self._name = ""
        self._directory = ""
        self._dialog: RunDialog | None = None
        self.tree = LeakTree(theme, self)
        self.view = LeakView(self.tree, theme)
        self.view.activated.connect(self._activated)
        self.open_button = QPushButton(self.tr("Open report…"))
        self.open_button.clicked.connect(self.ask_report)
        self.run_button = QPushButton(self.tr("Run a tool…"))
        self.run_button.clicked.connect(self.ask_run)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(self.tr("Filter by function, file or library"))
        self.filter.setAccessibleName(self.tr("Filter"))
        self.filter.setClearButtonEnabled(True)
        self.filter.setMaximumHeight(28)
        self._filter_timer = QTimer(self)
        self._filter_timer.setSingleShot(True)
        self._filter_timer.setInterval(_FILTER_AFTER_MS)
        self._filter_timer.timeout.connect(self._apply_filter)
        self.filter.textChanged.connect(self._filter_timer.start)
        self.total = ElidedLabel(role="small", minimum=60)
        self.note = ElidedLabel(role="small", minimum=60)
        self.cancel_button = QPushButton(self.tr("End it"))
        self.cancel_button.clicked.connect(self._cancel_clicked)
        self._bar = QProgressBar()
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._hint = label(role="muted", wrap=True)
        self._stack = QStackedWidget()
        self._lay_out()
        self._show_busy(busy=False)
        self._say_hint()

    def _lay_out(self) -> None:
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(10, 6, 10, 4)
        row.setSpacing(6)
        for button in (self.open_button, self.run_button, self.cancel_button):
            button.setProperty("scale", "small")
            row.addWidget(button)
        row.addWidget(self.filter, 1)
        row.addWidget(self.total, 2)
        self.total.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        hint = QWidget()
        middle = QVBoxLayout(hint)
        middle.setContentsMargins(24, 0, 24, 0)
        middle.addStretch(1)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        middle.addWidget(self._hint)
        middle.addStretch(2)
        self._stack.addWidget(hint)
        self._stack.addWidget(self.view)
        foot = QWidget()
        below = QHBoxLayout(foot)
        below.setContentsMargins(12, 0, 12, 2)
        below.addWidget(self.note, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(self._bar)
        column.addWidget(self._stack, 1)
        column.addWidget(foot)

    def show_target(self, target: LiveTarget | None) -> None:
        """The report stays; another script is proposed."""
        super().show_target(target)
        self._say_hint()

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        super().set_theme(theme)
        self.view.set_theme(theme)

    def open_file(self, path: str) -> None:
        """Read a report; the outcome is shown when it is there."""
        self._name, self._directory = os.path.basename(path), os.path.dirname(path)
        try:
            self.job.start(["open", "--json", path])
        except Problem as problem:
            self._failed(problem)
            return
        self._show_busy(busy=True)
        self.total.setText(self.tr("Reading {name}…").format(name=self._name))

    # Files that are dropped.

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A file that is no script may be dropped here; scripts are the window's."""
        if _dropped_report(event) is not None and not self.job.is_busy:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open it."""
        path = _dropped_report(event)
        if path is not None:
            event.acceptProposedAction()
            self.open_file(path)

    # What the user does.

    @Slot()
    def ask_report(self) -> None:
        """Ask which report to open."""
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Report of a native leak tool"), self._directory)
        if name:
            self.open_file(name)

    @Slot()
    def ask_run(self) -> None:
        """Ask which tool to run, and on what."""
        self._dialog = RunDialog(proposal(self.target), parent=self.window())
        self._dialog.run_wanted.connect(self._run_wanted)
        self._dialog.destroyed.connect(self._dialog_gone)
        self._dialog.open()

    @Slot()
    def _dialog_gone(self) -> None:
        self._dialog = None

    @Slot(object)
    def _run_wanted(self, request: RunRequest) -> None:
        dialog = self._dialog
        if dialog is None:
            return
        try:
            self.job.start(request.words, request.directory)
        except Problem as problem:
            dialog.refuse(problem)
            return
        self._name, self._directory = TITLES[request.tool], request.directory
        self._show_busy(busy=True)
        self.total.setText(self.tr("{tool}: starting").format(tool=self._name))
        dialog.accept()

    @Slot()
    def _cancel_clicked(self) -> None:
        # A program that does not listen is asked harder by each further one.
        self.cancel_button.setText(self.tr("End it now"))
        self.job.cancel()

    @Slot()
    def _apply_filter(self) -> None:
        self.tree.set_filter(self.filter.text())
        self._say_total()

    @Slot(QModelIndex)
    def _activated(self, index: QModelIndex) -> None:
        """Double-click or Enter: a call opens in the editor, a fold unfolds."""
        frame = self.tree.frame(index)
        if frame is None or not frame.file:
            first = index.siblingAtColumn(0)
            self.view.setExpanded(first, not self.view.isExpanded(first))
            return
        try:
            open_in_editor(Path(self._directory, frame.file), frame.line)
        except Problem as problem:
            self._say(f"{problem.what}; {problem.next_step}", "bad")

    # What the job says.

    @Slot(str, float, float)
    def _progressed(self, phase: str, seconds: float, report_bytes: float) -> None:
        words = {
            "starting": self.tr("starting"),
            "running": self.tr("running"),
            "looking for leaks": self.tr("looking for leaks"),
            "stopping": self.tr("ending"),
            "reading the report": self.tr("reading the report"),
        }
        self.total.setText(
            self.tr("{tool}: {phase} · {time} · report {size}").format(
                tool=self._name, phase=words.get(phase, phase), time=fmt.span(seconds), size=fmt.size(report_bytes)
            )
        )

    @Slot(object)
    def _opened(self, opened: Opened) -> None:
        self._opened_report = opened
        self._show_busy(busy=False)
        self.tree.show_all(opened.report.faults, opened.sites)
        self._say_total()
        self._say_hint()
        self._say("", "")

    @Slot(object)
    def _failed(self, problem: Problem) -> None:
        self._show_busy(busy=False)
        self._say_total()
        self._say(f"{problem.what}. {problem.next_step}".replace("..", "."), "bad")

    def _show_busy(self, *, busy: bool) -> None:
        self._bar.setVisible(busy)
        self.cancel_button.setVisible(busy)
        self.cancel_button.setText(self.tr("End it"))
        self.filter.setVisible(not busy and self._opened_report is not None)
        for button in (self.open_button, self.run_button):
            button.setVisible(not busy)
        if busy:
            self._say("", "")

    def _say(self, text: str, tone: str) -> None:
        self.note.setText(text)
        self.note.setVisible(bool(text))
        restyle(self.note, tone=tone)

    def _say_total(self) -> None:
        opened = self._opened_report
        if opened is None:
            self.total.setText("")
            return
        report = opened.report
        shown_bytes, places = self.tree.shown()
        title = TITLES.get(report.tool, report.tool)
        if places == len(opened.sites):
            words = self.tr("{tool}: {size} in {blocks} blocks, {places} places")
        else:
            words = self.tr("{tool}: {part} of {size}, {places} places")
        text = words.format(
            tool=title,
            size=fmt.size(report.total_bytes),
            part=fmt.size(shown_bytes),
            blocks=fmt.count(report.total_count),
            places=fmt.count(places),
        )
        notes = list(report.warnings)
        if opened.program:
            notes.insert(0, self.tr("The program itself ended with {how}.").format(how=opened.program))
        if notes:
            text += " · " + (
                self.tr("1 note") if len(notes) == 1 else self.tr("{count} notes").format(count=len(notes))
            )
        self.total.setText(text)
        self.total.setToolTip("\n\n".join((text, *notes)))
        restyle(self.total, tone="" if report.is_complete else "warn")

    def _say_hint(self) -> None:
        opened = self._opened_report
        has_rows = opened is not None and bool(opened.sites or opened.report.faults)
        self._stack.setCurrentIndex(int(has_rows))
        if opened is not None:
            name = TITLES.get(opened.report.tool, opened.report.tool)
            self._hint.setText(self.tr("{tool} found no leak.").format(tool=name))
        else:
            self._hint.setText(
                self.tr(
                    "Leaks of C and C++ code: open or drop a report of memray, valgrind, a sanitizer or heaptrack, or "
                    "run a tool on a script."
                )
            )


def _dropped_report(event: QDropEvent) -> str | None:
    files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
    return next((name for name in files if os.path.isfile(name) and not name.endswith(".py")), None)
