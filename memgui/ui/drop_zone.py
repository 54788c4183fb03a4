"""Scripts and recordings that are dropped on the window. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QLabel, QWidget

from memgui.ui.recording_desk import SUFFIXES

_AROUND_PX, _ABOVE_PX = 60, 80


class DropZone(QObject):
    """Takes what is dropped on a widget, but for what one of its parts takes.

    Attributes:
        recording_dropped: name of a recording or black box; script_dropped: of a Python file.
    """

    recording_dropped = Signal(str)
    script_dropped = Signal(str)

    def __init__(self, on: QWidget) -> None:
        super().__init__(on)
        self._on = on
        self._hint = QLabel(self.tr("Drop the script to launch it"), on)
        self._hint.setObjectName("dropHint")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.hide()
        on.setAcceptDrops(True)
        on.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Only what is dragged is looked at."""
        if isinstance(event, QDragEnterEvent):
            self._enter(event)
        elif event.type() == QEvent.Type.DragLeave:
            self._hint.hide()
        elif isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            self._drop(event)
        return super().eventFilter(watched, event)

    def _enter(self, event: QDragEnterEvent) -> None:
        if _carried(event, SUFFIXES) is not None:
            event.acceptProposedAction()
        elif _carried(event, (".py",)) is not None:
            event.acceptProposedAction()
            self._hint.setGeometry(self._on.rect().adjusted(_AROUND_PX, _ABOVE_PX, -_AROUND_PX, -_ABOVE_PX))
            self._hint.show()
            self._hint.raise_()

    def _drop(self, event: QDropEvent) -> None:
        self._hint.hide()
        for suffixes, dropped in ((SUFFIXES, self.recording_dropped), ((".py",), self.script_dropped)):
            name = _carried(event, suffixes)
            if name is not None:
                event.acceptProposedAction()
                dropped.emit(name)
                return


def _carried(event: QDropEvent, suffixes: tuple[str, ...]) -> str | None:
    """The first file of that kind which an event carries."""
    files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
    return next((name for name in files if name.endswith(suffixes)), None)
