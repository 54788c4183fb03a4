"""Asks why a growth is expected, so that the next one who sees it knows. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from memgui.ui.finding_words import finding_sentence, finding_title
from memgui.ui.labels import label

if TYPE_CHECKING:
    from memgui.analysis.finding import Finding

_WIDTH_PX = 420


class ExpectDialog(QDialog):
    """A line for the reason; without one there is nothing to remember.

    Attributes:
        given: the reason.
    """

    given = Signal(str)

    def __init__(self, finding: Finding, script: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Expected growth"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        self.reason = QLineEdit()
        self.reason.setPlaceholderText(self.tr("For example: the replay buffer fills up to 20 GiB"))
        self.reason.setAccessibleName(self.tr("Why it is expected"))
        self.reason.setMaxLength(300)
        self.reason.textChanged.connect(self._typed)
        self.keep = QPushButton(self.tr("It is expected"))
        self.keep.setProperty("role", "primary")
        self.keep.setDefault(True)
        self.keep.setEnabled(False)
        self.keep.clicked.connect(self.accept)
        cancel = QPushButton(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        note = self.tr(
            "Remembered for {script}, also after a restart: no card, badge or notification. Should it grow more than "
            "twice as fast as now, you are told again."
        ).format(script=script)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.keep)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(10)
        column.addWidget(label(self.tr("Why is this expected?"), "title"))
        column.addWidget(label(f"{finding_title(finding)}: {finding_sentence(finding)}", "muted", wrap=True))
        column.addWidget(self.reason)
        column.addWidget(label(note, "small", wrap=True))
        column.addSpacing(4)
        column.addLayout(buttons)
        self.setFixedWidth(_WIDTH_PX)
        column.activate()
        self.setFixedHeight(column.totalHeightForWidth(_WIDTH_PX))

    def accept(self) -> None:
        """Hand over the reason."""
        reason = self.reason.text().strip()
        if reason:
            self.given.emit(reason)
            super().accept()

    @Slot(str)
    def _typed(self, text: str) -> None:
        self.keep.setEnabled(bool(text.strip()))
