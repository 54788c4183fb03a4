"""What to start with the agent inside: script, arguments, directory, interpreter, environment. GUI thread."""

from __future__ import annotations

import os
import shlex

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from memgui.protocol.errors import Problem
from memgui.ui.labels import label, restyle
from memgui.ui.launches import LaunchRequest, default_python, parse_arguments, parse_environment
from memgui.ui.settings import Settings


class LaunchDialog(QDialog):
    """Remembers what was launched last.

    Attributes:
        launch_wanted: a LaunchRequest. The receiver calls `refuse` where it fails, else `accept`.
    """

    launch_wanted = Signal(object)

    def __init__(self, settings: Settings, script: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Launch a training script"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._settings = settings
        self.script = self._line("launch/script", self.tr("Script"))
        self.module = QCheckBox(self.tr("is a module, as after python -m"))
        self.module.setChecked(settings.text("launch/module") == "yes")
        self.arguments = self._line("launch/arguments", self.tr("Arguments"))
        self.directory = self._line("launch/directory", self.tr("Working directory"))
        self.directory.setPlaceholderText(os.getcwd())
        self.python = self._line("launch/python", self.tr("Python"))
        self.python.setPlaceholderText(default_python())
        self.environment = QPlainTextEdit(settings.text("launch/environment"))
        self.environment.setPlaceholderText("CUDA_VISIBLE_DEVICES=0")
        self.environment.setAccessibleName(self.tr("Environment"))
        self.environment.setTabChangesFocus(True)
        self.environment.setFixedHeight(74)
        if script:
            self.script.setText(script)
            self.directory.setText(os.path.dirname(os.path.abspath(script)))
            self.arguments.clear()
            self.module.setChecked(False)
        self._note = label(role="muted", wrap=True)
        self.launch_button = QPushButton(self.tr("Launch"))
        self.launch_button.setProperty("role", "primary")
        self.launch_button.setDefault(True)
        self.launch_button.clicked.connect(self._launch_clicked)
        self.cancel_button = QPushButton(self.tr("Cancel"))
        self.cancel_button.clicked.connect(self.reject)
        self.script.textChanged.connect(self._script_changed)
        self._lay_out()
        self._script_changed(self.script.text())

    def _line(self, name: str, title: str) -> QLineEdit:
        line = QLineEdit(self._settings.text(name))
        line.setAccessibleName(title)
        return line

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(10)
        column.addWidget(label(self.tr("Launch a training script"), "title"))
        about = self.tr("It runs as under python, with the agent inside, and goes on when this window is closed.")
        column.addWidget(label(about, "muted", wrap=True))
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(8)
        form.addRow(self.tr("Script"), self._with_browse(self.script, self._browse_script))
        form.addRow("", self.module)
        form.addRow(self.tr("Arguments"), self.arguments)
        form.addRow(self.tr("Working directory"), self._with_browse(self.directory, self._browse_directory))
        form.addRow(self.tr("Python"), self._with_browse(self.python, self._browse_python))
        form.addRow(self.tr("Environment"), self.environment)
        column.addLayout(form)
        column.addWidget(self._note)
        column.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.launch_button)
        column.addLayout(buttons)
        self.resize(600, 400)

    def _with_browse(self, line: QLineEdit, slot: object) -> QWidget:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        browse = QPushButton(self.tr("Browse…"))
        browse.setAccessibleName(self.tr("Browse: {field}").format(field=line.accessibleName()))
        browse.setAutoDefault(False)
        browse.clicked.connect(slot)
        row.addWidget(line, 1)
        row.addWidget(browse)
        return box

    def request(self) -> LaunchRequest:
        """What was entered.

        Raises:
            BadInput: arguments or environment cannot be read.
        """
        return LaunchRequest(
            self.script.text().strip(),
            parse_arguments(self.arguments.text()),
            self.directory.text().strip(),
            self.python.text().strip(),
            parse_environment(self.environment.toPlainText()),
            self.module.isChecked(),
        )

    def refuse(self, problem: Problem) -> None:
        """Say why it was not launched; the dialog stays open."""
        self._note.setText(f"{problem.what}\n{problem.next_step}".strip())
        restyle(self._note, tone="bad")

    @Slot()
    def _launch_clicked(self) -> None:
        try:
            request = self.request()
        except Problem as problem:
            self.refuse(problem)
            return
        self._settings.set("launch/script", request.script)
        self._settings.set("launch/arguments", shlex.join(request.arguments))
        self._settings.set("launch/directory", request.directory)
        self._settings.set("launch/python", request.python)
        self._settings.set("launch/environment", self.environment.toPlainText())
        self._settings.set("launch/module", "yes" if request.module else "")
        self.launch_wanted.emit(request)

    @Slot(str)
    def _script_changed(self, text: str) -> None:
        self.launch_button.setEnabled(bool(text.strip()))

    @Slot()
    def _browse_script(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, self.tr("Training script"), self.directory.text(), self.tr("Python files (*.py)")
        )
        if name:
            self.script.setText(name)
            if not self.directory.text():
                self.directory.setText(os.path.dirname(name))

    @Slot()
    def _browse_directory(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Working directory"), self.directory.text())
        if name:
            self.directory.setText(name)

    @Slot()
    def _browse_python(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Python interpreter"), self.python.text())
        if name:
            self.python.setText(name)
