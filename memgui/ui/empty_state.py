"""What stands in the middle where no target is shown: why, and what to do. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from memgui.ui.labels import label


class EmptyState(QFrame):
    """A friendly card with the ways in."""

    attach_wanted = Signal()
    launch_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("emptyState")
        self._title = label(role="title", wrap=True)
        self._text = label(role="muted", wrap=True)
        for part in (self._title, self._text):
            part.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.attach = QPushButton(self.tr("Attach…"))
        self.attach.clicked.connect(self.attach_wanted)
        self.launch = QPushButton(self.tr("Launch…"))
        self.launch.setProperty("role", "primary")
        self.launch.clicked.connect(self.launch_wanted)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        row.addWidget(self.launch)
        row.addWidget(self.attach)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(40, 30, 40, 30)
        column.setSpacing(10)
        column.addStretch(2)
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addSpacing(8)
        column.addLayout(row)
        column.addStretch(3)
        self.show_counts(attachable=0, was_listed=False)

    @property
    def text(self) -> str:
        """All that it says."""
        return f"{self._title.text()}\n{self._text.text()}"

    def show_counts(self, *, attachable: int, was_listed: bool) -> None:
        """Fit the words to what runs here."""
        if not was_listed:
            self._title.setText(self.tr("Looking for PyTorch processes…"))
            self._text.setText("")
        elif attachable:
            self._title.setText(self.tr("Nothing is watched yet."))
            self._text.setText(
                self.tr("PyTorch processes run here: choose one on the left. Training is not restarted.")
            )
        else:
            self._title.setText(self.tr("No PyTorch process runs here."))
            self._text.setText(
                self.tr(
                    "Launch… a training script, drag one onto this window, or run `memgui demo` in a terminal to "
                    "watch a small language model train."
                )
            )
