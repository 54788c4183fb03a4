"""Launching from the window: the dialog, what is watched for it, and how it ended. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from memgui.protocol.errors import Problem
from memgui.ui.launches import Launched, Launches, LaunchRequest, status_words

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget
    from memgui.ui.feed import Feed
    from memgui.ui.journal import Journal
    from memgui.ui.launch_dialog import LaunchDialog
    from memgui.ui.notices import Notices
    from memgui.ui.settings import Settings


class LaunchDesk(QObject):
    """Starts scripts, has them watched, and reports their ends in the journal and above the charts.

    Attributes:
        watched: the key of a target that was launched; its pid; ended: a launched script has ended.
    """

    watched = Signal(object, int)
    ended = Signal()

    def __init__(
        self,
        launches: Launches,
        feed: Feed,
        journal: Journal,
        notices: Notices,
        settings: Settings,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.launches = launches
        launches.setParent(self)
        self._feed = feed
        self._journal = journal
        self._notices = notices
        self._settings = settings
        self._window = parent
        self._ends: dict[int, str] = {}
        self._dialog: LaunchDialog | None = None
        launches.started.connect(self._started)
        launches.ended.connect(self._ended)

    def end_text(self, target: LiveTarget | None) -> str:
        """How a script that was launched here ended; empty for others."""
        return self._ends.get(target.pid, "") if target is not None else ""

    def open(self, script: str = "") -> None:
        """The dialog that starts a script."""
        from memgui.ui.launch_dialog import LaunchDialog  # no part of the first paint

        self._dialog = LaunchDialog(self._settings, script, self._window)
        self._dialog.launch_wanted.connect(self._wanted)
        self._dialog.destroyed.connect(self._dialog_gone)
        self._dialog.open()

    def launch(self, request: LaunchRequest) -> None:
        """Start a script without asking; what goes wrong is told above the charts."""
        try:
            self.launches.start(request)
        except Problem as problem:
            self._notices.tell_problem(problem)

    def close(self) -> None:
        """Stop looking after what runs; it goes on."""
        self.launches.close()

    @Slot()
    def _dialog_gone(self) -> None:
        self._dialog = None

    @Slot(object)
    def _wanted(self, request: LaunchRequest) -> None:
        dialog = self._dialog
        if dialog is None:
            return
        try:
            self.launches.start(request)
        except Problem as problem:
            dialog.refuse(problem)
        else:
            dialog.accept()

    @Slot(object)
    def _started(self, launched: Launched) -> None:
        key = self._feed.watch(launched.pid)
        if key is not None:
            self.watched.emit(key, launched.pid)
        said = self.tr("pid {pid}, prints to {file}").format(pid=launched.pid, file=launched.output)
        title = self.tr("Launched {name}").format(name=launched.name)
        self._journal.remark(self._feed.target_of(launched.pid), title, said, "good")

    @Slot(object, int)
    def _ended(self, launched: Launched, status: int) -> None:
        words = status_words(status)
        self._ends[launched.pid] = words
        target = self._feed.target_of(launched.pid)
        title = self.tr("{name} ended").format(name=launched.name)
        self._journal.remark(target, title, words, "muted" if status == 0 else "bad")
        if status != 0:
            last = launched.last_lines()
            step = self.tr("Everything it printed is in {file}.").format(file=launched.output)
            text = self.tr("{name} ended: {how}").format(name=launched.name, how=words)
            self._notices.tell(text, f"{last}\n{step}".strip(), "bad")
        self.ended.emit()
