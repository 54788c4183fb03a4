"""The charts by keyboard. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from memgui.ui.charts.inspector import Inspector
from memgui.ui.charts.viewport import Viewport

_ZOOM = 0.7
_PAN_RATIO = 0.15
_CURSOR_COLUMNS = 4
_WAYS = {Qt.Key.Key_Left.value: -1, Qt.Key.Key_Right.value: 1}


def press(event: QKeyEvent, viewport: Viewport, inspector: Inspector) -> bool:
    """Plus and minus zoom, arrows pan, Home and End go to the ends; with Shift arrows move the crosshair, which Return
    marks; Escape clears.

    Returns:
        False where the key means nothing here.
    """
    key = event.key()
    if key in _WAYS and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
        inspector.move_cursor(_CURSOR_COLUMNS * _WAYS[key])
    elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        inspector.mark_cursor()
    elif key == Qt.Key.Key_Escape:
        return inspector.clear()
    elif _move_view(key, viewport):
        inspector.moved.emit()
    else:
        return False
    return True


def _move_view(key: int, viewport: Viewport) -> bool:
    seen = viewport.stretch()
    middle = (seen.low + seen.high) / 2
    if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
        viewport.zoom(_ZOOM, middle)
    elif key == Qt.Key.Key_Minus:
        viewport.zoom(1 / _ZOOM, middle)
    elif key in _WAYS:
        viewport.pan(_PAN_RATIO * _WAYS[key])
    elif key == Qt.Key.Key_Home:
        viewport.go_home()
    elif key == Qt.Key.Key_End:
        viewport.go_live()
    else:
        return False
    return True
