"""Which tool to run, and on what. The watched script is proposed, and never started without being asked for.

GUI thread.
"""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from memgui.attach.native.tools import TITLES, installed
from memgui.protocol.errors import Problem
from memgui.ui.i18n import translate
from memgui.ui.labels import label, restyle
from memgui.ui.launches import default_python, parse_arguments
from memgui.ui.native.proposal import Proposal


@dataclass(frozen=True)
class RunRequest:
    """What to run; `words` are those of `memgui native`."""

    tool: str
    words: tuple[str, ...]
    directory: str


class RunDialog(QDialog):
    """Offers the tools that are installed, and says how to get the others.

    Attributes:
        run_wanted: a RunRequest. The receiver calls `refuse` where it fails, else `accept`.
    """

    run_wanted = Signal(object)

    def __init__(self, proposal: Proposal, tool: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Find native leaks"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._missing = installed()
        self.tool = self._make_tools(tool)
        self.script = self._line(proposal.script, self.tr("Script"))
        self.arguments = self._line(shlex.join(proposal.arguments), self.tr("Arguments"))
        self.directory = self._line(proposal.directory, self.tr("Working directory"))
        self.directory.setPlaceholderText(os.getcwd())
        self.python = self._line(proposal.python, self.tr("Python"))
        self.python.setPlaceholderText(default_python())
        self.seconds = QSpinBox()
        self.seconds.setRange(0, 86_400)
        self.seconds.setSuffix(self.tr(" s"))
        self.seconds.setSpecialValueText(self.tr("at its own end"))
        self.seconds.setAccessibleName(self.tr("End it after"))
        self._about = label(role="muted", wrap=True)
        self._note = label(role="muted", wrap=True)
        self.run_button = QPushButton(self.tr("Run"))
        self.run_button.setProperty("role", "primary")
        self.run_button.setDefault(True)
        self.run_button.clicked.connect(self._run_clicked)
        self.cancel_button = QPushButton(self.tr("Cancel"))
        self.cancel_button.clicked.connect(self.reject)
        self._lay_out()
        self.tool.currentIndexChanged.connect(self._changed)
        self.script.textChanged.connect(self._changed)
        self._changed()

    def _make_tools(self, chosen: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(self.tr("Tool"))
        for name, title in TITLES.items():
            missing = self._missing[name]
            box.addItem(self.tr("{tool} (not installed)").format(tool=title) if missing else title, name)
            model = box.model()
            if missing and isinstance(model, QStandardItemModel):
                model.item(box.count() - 1).setToolTip(self.tr("Install it with: {command}").format(command=missing))
        there = [name for name in ("lsan", "memray", *TITLES) if not self._missing[name]]
        wanted = chosen or (there[0] if there else next(iter(TITLES)))
        box.setCurrentIndex(box.findData(wanted))
        return box

    def _line(self, text: str, title: str) -> QLineEdit:
        line = QLineEdit(text)
        line.setAccessibleName(title)
        return line

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(10)
        column.addWidget(label(self.tr("Find native leaks"), "title"))
        about = self.tr(
            "The script is started anew under the tool; what is watched goes on untouched. It may write the same files "
            "as the watched run: give it another output folder, or end it early."
        )
        column.addWidget(label(about, "muted", wrap=True))
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(8)
        form.addRow(self.tr("Tool"), self.tool)
        form.addRow("", self._about)
        script = QWidget()
        row = QHBoxLayout(script)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        browse = QPushButton(self.tr("Browse…"))
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        row.addWidget(self.script, 1)
        row.addWidget(browse)
        form.addRow(self.tr("Script"), script)
        form.addRow(self.tr("Arguments"), self.arguments)
        form.addRow(self.tr("Working directory"), self.directory)
        form.addRow(self.tr("Python"), self.python)
        form.addRow(self.tr("End it"), self.seconds)
        column.addLayout(form)
        column.addWidget(self._note)
        column.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.run_button)
        column.addLayout(buttons)
        self.resize(620, 440)

    def request(self) -> RunRequest:
        """What was entered.

        Raises:
            BadInput: the arguments cannot be split.
        """
        name = str(self.tool.currentData())
        words = [name, "--json", "--progress"]
        if self.seconds.value():
            words += ["--for", str(self.seconds.value())]
        if self.python.text().strip():
            words += ["--python", self.python.text().strip()]
        words += [self.script.text().strip(), *parse_arguments(self.arguments.text())]
        return RunRequest(name, tuple(words), self.directory.text().strip())

    def refuse(self, problem: Problem) -> None:
        """Say why it does not run; the dialog stays open."""
        self._note.setText(f"{problem.what}\n{problem.next_step}".strip())
        restyle(self._note, tone="bad")

    @Slot()
    def _changed(self) -> None:
        name = str(self.tool.currentData())
        missing = self._missing[name]
        self._about.setText(
            self.tr("Install it with: {command}").format(command=missing) if missing else tool_text(name)
        )
        restyle(self._about, tone="bad" if missing else "")
        self.run_button.setEnabled(not missing and bool(self.script.text().strip()))

    @Slot()
    def _run_clicked(self) -> None:
        try:
            request = self.request()
        except Problem as problem:
            self.refuse(problem)
            return
        self.run_wanted.emit(request)

    @Slot()
    def _browse(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, self.tr("Script"), self.directory.text(), self.tr("Python files (*.py)")
        )
        if name:
            self.script.setText(name)


def tool_text(name: str) -> str:
    """What a tool sees and costs, in a sentence."""
    return {
        "memray": translate("native", "All memory that is not given back, with the Python lines that took it."),
        "valgrind": translate(
            "native", "Lost blocks of C and C++ code, and wrong uses of memory. Very slow: 20 times and more."
        ),
        "lsan": translate("native", "Lost blocks of C and C++ code at the program's end. Hardly slower."),
        "asan": translate(
            "native", "Lost blocks, double frees, and overruns in C library calls. Takes more memory; hardly slower."
        ),
        "heaptrack": translate("native", "All C allocations that are not given back, with C stacks."),
    }.get(name, "")
