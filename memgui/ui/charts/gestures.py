"""Mouse on the charts: hover, drag, click, double-click, wheel. GUI thread.

The widgets' own handling is bypassed by an event filter, so that all charts answer alike and pyqtgraph's does nothing.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

_NOTCH = 120.0


class Gestures(QObject):
    """What a person did, in pixels from the left edge of the widget; all watched widgets have the same one.

    Attributes:
        hovered: x and the widget; left: the mouse is away.
        dragging: from, to; dragged: the drag has ended there.
        panned: pixels moved with the middle button or the wheel's other axis.
        wheeled: x and notches, positive away from the person.
    """

    hovered = Signal(float, QWidget)
    left = Signal()
    dragging = Signal(float, float)
    dragged = Signal(float, float)
    panned = Signal(float)
    clicked = Signal(float)
    double_clicked = Signal()
    wheeled = Signal(float, float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pressed: float | None = None
        self._is_drag = False
        self._pan_from: float | None = None

    def watch(self, widget: QWidget) -> None:
        """Take over the mouse of a widget."""
        widget.setMouseTracking(True)
        widget.installEventFilter(self)

    def cancel(self) -> bool:
        """Give up a drag that is under way; False where there is none."""
        was = self._pressed is not None and self._is_drag
        self._pressed = None
        self._is_drag = False
        return was

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's entry."""
        kind = event.type()
        if isinstance(event, QMouseEvent) and isinstance(watched, QWidget):
            return self._mouse(watched, event, kind)
        if isinstance(event, QWheelEvent):
            self._wheel(event)
            return True
        if kind == QEvent.Type.Leave:
            self.left.emit()
        return kind == QEvent.Type.ContextMenu

    def _mouse(self, watched: QWidget, event: QMouseEvent, kind: QEvent.Type) -> bool:
        x = event.position().x()
        if kind == QEvent.Type.MouseMove:
            self._move(watched, x)
        elif kind == QEvent.Type.MouseButtonDblClick:
            self._pressed, self._is_drag = None, False
            if event.button() == Qt.MouseButton.LeftButton:
                self.double_clicked.emit()
        elif kind == QEvent.Type.MouseButtonPress:
            if event.button() == Qt.MouseButton.LeftButton:
                self._pressed, self._is_drag = x, False
            elif event.button() == Qt.MouseButton.MiddleButton:
                self._pan_from = x
        elif kind == QEvent.Type.MouseButtonRelease:
            if event.button() == Qt.MouseButton.LeftButton:
                self._release(x)
            elif event.button() == Qt.MouseButton.MiddleButton:
                self._pan_from = None
        else:
            return False
        return True

    def _move(self, watched: QWidget, x: float) -> None:
        self.hovered.emit(x, watched)
        if self._pan_from is not None:
            moved, self._pan_from = x - self._pan_from, x
            self.panned.emit(moved)
        elif self._pressed is not None:
            self._is_drag = self._is_drag or abs(x - self._pressed) >= QApplication.startDragDistance()
            if self._is_drag:
                self.dragging.emit(self._pressed, x)

    def _release(self, x: float) -> None:
        start, self._pressed = self._pressed, None
        if start is None:
            return
        if self._is_drag:
            self._is_drag = False
            self.dragged.emit(start, x)
        else:
            self.clicked.emit(x)

    def _wheel(self, event: QWheelEvent) -> None:
        turn = event.angleDelta()
        if abs(turn.x()) > abs(turn.y()):
            self.panned.emit(turn.x() / _NOTCH * 60.0)
        elif turn.y():
            self.wheeled.emit(event.position().x(), turn.y() / _NOTCH)
        event.accept()
