"""Lines above the charts that say what went wrong and what to do; they wait to be read. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from memgui.protocol.errors import Problem
from memgui.ui.labels import label, restyle

_MOST = 3


class Notice(QFrame):
    """One message with a button to close it."""

    closed = Signal(object)

    def __init__(self, text: str, next_step: str, tone: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "notice")
        restyle(self, tone=tone)
        self.text = text
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(text, "strong", wrap=True))
        if next_step:
            words.addWidget(label(next_step, "muted", wrap=True))
        close = QPushButton("✕")
        close.setProperty("role", "quiet")
        close.setProperty("scale", "small")
        close.setAccessibleName(self.tr("Close this message"))
        close.clicked.connect(self._close)
        row = QHBoxLayout(self)
        row.setContentsMargins(13, 8, 8, 8)
        row.addLayout(words, 1)
        row.addWidget(close)

    @Slot()
    def _close(self) -> None:
        self.closed.emit(self)


class Notices(QWidget):
    """The newest few messages."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: list[Notice] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self.hide()

    @property
    def texts(self) -> tuple[str, ...]:
        """What is on show, oldest first."""
        return tuple(notice.text for notice in self._shown)

    def tell(self, text: str, next_step: str = "", tone: str = "warn") -> None:
        """Show a message, unless the same one is on show."""
        if text in self.texts:
            return
        while len(self._shown) >= _MOST:
            self._drop(self._shown[0])
        notice = Notice(text, next_step, tone)
        notice.closed.connect(self._drop)
        self._shown.append(notice)
        self._column.addWidget(notice)
        self.show()

    def tell_problem(self, problem: Problem, tone: str = "bad") -> None:
        """Show what happened and the next step."""
        what = problem.what[:1].upper() + problem.what[1:]
        step = problem.next_step[:1].upper() + problem.next_step[1:]
        self.tell(what, step, tone)

    @Slot(object)
    def _drop(self, notice: Notice) -> None:
        if notice in self._shown:
            self._shown.remove(notice)
            self._column.removeWidget(notice)
            notice.hide()
            notice.deleteLater()
        self.setVisible(bool(self._shown))
