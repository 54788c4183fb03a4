"""Recording what the window watches, and opening recordings. GUI thread."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from memgui.protocol.errors import Problem
from memgui.ui import format as fmt

if TYPE_CHECKING:
    from memgui.ui.feed import Feed
    from memgui.ui.journal import Journal
    from memgui.ui.settings import Settings

SUFFIX = ".memgui"
# Recordings, and what an agent leaves of a run that was killed.
SUFFIXES = (SUFFIX, ".blackbox")
_FOLDER = "recordings/folder"


class RecordingDesk(QObject):
    """Asks where to, starts and stops, and has files opened.

    Attributes:
        changed: a recording has begun or ended.
    """

    changed = Signal()

    def __init__(self, feed: Feed, journal: Journal, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self._feed = feed
        self._journal = journal
        self._settings = settings
        self._window = parent
        feed.recording_changed.connect(self.changed)

    @property
    def words(self) -> str:
        """What the status bar says of the recording; empty while there is none."""
        recorder = self._feed.recorder
        if recorder is None:
            return ""
        size = fmt.size(recorder.size_bytes)
        return self.tr("recording to {file}: {size}").format(file=recorder.path.name, size=size)

    @property
    def is_recording(self) -> bool:
        """Something is being recorded."""
        return self._feed.recorder is not None

    @Slot()
    def toggle(self) -> None:
        """Ask where to and begin, or end."""
        if self.is_recording:
            self.stop()
            return
        dialog = self._dialog(self.tr("Record into"), QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(SUFFIX[1:])
        dialog.selectFile(time.strftime("run-%Y%m%d-%H%M%S") + SUFFIX)
        dialog.fileSelected.connect(self.start)
        dialog.open()

    @Slot(str)
    def start(self, file: str) -> None:
        """Record every target from now on, with what is known of it so far."""
        self._remember(file)
        try:
            # The dialog has asked whether an existing file is to be replaced.
            Path(file).unlink(missing_ok=True)
            self._feed.start_recording(Path(file))
        except (Problem, OSError) as error:
            self._feed.trouble.emit(error if isinstance(error, Problem) else Problem(f"{file}: {error.strerror}"))
            return
        self._journal.remark(None, self.tr("Recording"), file, "good")

    def stop(self) -> None:
        """End the recording; the file is whole when this returns."""
        recorder = self._feed.recorder
        if recorder is not None:
            self._feed.stop_recording()
            said = f"{recorder.path}, {fmt.size(recorder.size_bytes)}"
            self._journal.remark(None, self.tr("Recorded"), said, "good")

    @Slot()
    def ask(self) -> None:
        """Ask for a recording, and open it."""
        self.ask_in(None)

    def ask_in(self, folder: Path | None) -> None:
        """Ask for a recording in a folder, None for the one that was used last, and open it."""
        dialog = self._dialog(self.tr("Open a recording"), QFileDialog.AcceptMode.AcceptOpen)
        if folder is not None:
            dialog.setDirectory(str(folder))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.open)
        dialog.open()

    @Slot(str)
    def open(self, file: str) -> None:
        """Show what a recording holds beside what is watched; it is read on a worker."""
        self._remember(file)
        self._feed.open_recording(Path(file))

    def _dialog(self, title: str, mode: QFileDialog.AcceptMode) -> QFileDialog:
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        folder = self._settings.text(_FOLDER) or documents
        kinds = SUFFIX if mode == QFileDialog.AcceptMode.AcceptSave else " *".join(SUFFIXES)
        names = self.tr("Recordings (*{suffix})").format(suffix=kinds) + ";;" + self.tr("All files (*)")
        dialog = QFileDialog(self._window, title, folder, names)
        dialog.setAcceptMode(mode)
        dialog.finished.connect(dialog.deleteLater)
        return dialog

    def _remember(self, file: str) -> None:
        self._settings.set(_FOLDER, str(Path(file).parent))
