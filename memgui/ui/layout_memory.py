"""Where the window and its columns stood, from one start to the next. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow, QSplitter

from memgui.ui.options import Options
from memgui.ui.settings import Settings

if TYPE_CHECKING:
    from memgui.ui.middle import Middle

_DEFAULT_SIZE = (1440, 900)
_SIDES_PX, _NARROW_SIDES_PX = (252, 324), (200, 288)
_NARROW_PX, _LEAST_MIDDLE_PX = 1200, 380


class LayoutMemory:
    """Reads and writes it; where a size or a picture is asked for, everything stands as at the first start."""

    def __init__(self, settings: Settings, options: Options) -> None:
        self._settings = settings
        self._options = options

    def restore(self, window: QMainWindow, columns: QSplitter) -> None:
        """Place the window and its three columns."""
        size, geometry = self._options.size, self._blob("window")
        if size is not None or geometry.isEmpty() or not window.restoreGeometry(geometry):
            width, height = size or _DEFAULT_SIZE
            room = window.screen().availableSize()
            fixed = size is not None or self._options.screenshot is not None
            window.resize(width if fixed else min(width, room.width()), height if fixed else min(height, room.height()))
        state = QByteArray() if size is not None else self._blob("columns")
        if state.isEmpty() or not columns.restoreState(state):
            left, right = _NARROW_SIDES_PX if window.width() < _NARROW_PX else _SIDES_PX
            columns.setSizes([left, max(_LEAST_MIDDLE_PX, window.width() - left - right), right])

    def restore_middle(self, middle: Middle) -> None:
        """The charts and the dock, once they are there."""
        middle.restore_layout(QByteArray() if self._options.size else self._blob("charts"))

    def keep(self, window: QMainWindow, columns: QSplitter, middle: Middle) -> None:
        """Note how everything stands now."""
        self._settings.set("layout/window", window.saveGeometry())
        self._settings.set("layout/columns", columns.saveState())
        if middle.charts is not None:
            self._settings.set("layout/charts", middle.layout_state())

    def _blob(self, name: str) -> QByteArray:
        return QByteArray() if self._options.screenshot is not None else self._settings.blob(f"layout/{name}")
