"""Handing on what is shown: a picture of the charts, or a report of the run. GUI thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, Slot
from PySide6.QtWidgets import QFileDialog

from memgui.protocol.errors import Problem

if TYPE_CHECKING:
    from memgui.ui.window import MainWindow

_FOLDER = "export/folder"


class ExportDesk(QObject):
    """Asks where to, writes, and says so in the journal."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    @Slot()
    def ask_picture(self) -> None:
        """Ask where a picture of the charts, as they are shown, is to go."""
        self._ask(self.tr("Save the charts as"), ".png", self.tr("Pictures (*.png *.svg)"), self.save_picture)

    @Slot()
    def ask_report(self) -> None:
        """Ask where a report of the shown run is to go."""
        self._ask(self.tr("Save a report as"), ".html", self.tr("Reports (*.html)"), self.save_report)

    @Slot(str)
    def save_picture(self, file: str) -> None:
        """Write the charts; PNG or SVG by the name's ending."""
        from memgui.ui.picture import save_picture  # no part of the first paint

        charts = self._window.middle.charts
        if charts is not None:
            self._write(file, lambda path: save_picture(charts, path, self._window.appearance.theme))

    @Slot(str)
    def save_report(self, file: str) -> None:
        """Write the report of the shown run, as it stands at this moment."""
        from memgui.link.report import write_report  # no part of the first paint

        target = self._window.target
        if target is not None:
            self._write(file, lambda path: write_report([target], path))

    def _write(self, file: str, write: Callable[[Path], None]) -> None:
        path = Path(file)
        self._window.settings.set(_FOLDER, str(path.parent))
        try:
            write(path)
        except Problem as problem:
            self._window.tell(problem)
            return
        self._window.journal.remark(self._window.target, self.tr("Exported"), str(path), "good")

    def _ask(self, title: str, ending: str, names: str, then: Callable[[str], None]) -> None:
        if self._window.target is None:
            return
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        folder = self._window.settings.text(_FOLDER) or documents
        dialog = QFileDialog(self._window, title, folder, names)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(ending[1:])
        dialog.selectFile(time.strftime("memgui-%Y%m%d-%H%M%S") + ending)
        dialog.fileSelected.connect(then)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
