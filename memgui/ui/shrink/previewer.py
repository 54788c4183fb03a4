"""Asks for the preview of what is entered: after a moment's rest, one at a time, and only ever the latest. GUI thread.

A preview may make the training stand still for a moment, so that what was entered while one is under way is asked when
that has been answered, and only if it is still what is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from memgui.protocol.errors import Problem
from memgui.protocol.payloads import ActionInfo, Preview

_SETTLE_MS = 300


class Previewer(QObject):
    """Knows what is wanted, and whether the last answer is the answer to that.

    Attributes:
        changed: the state is another: awaited, answered, failed.
        answer: Preview, or the Problem that stands in its place; None where nothing is wanted or nothing came yet.
        text: how far the request is, in the target's words.

    Args:
        ask: sends an action with parameters off; calls back with a Preview or a Problem, exactly once, later.
    """

    changed = Signal()

    def __init__(
        self,
        ask: Callable[[ActionInfo, Mapping[str, Any], Callable[[Any], None], Callable[[str], None]], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._ask = ask
        self._wanted: tuple[ActionInfo, Mapping[str, Any]] | None = None
        self._asked: tuple[ActionInfo, Mapping[str, Any]] | None = None
        self._busy = False
        self.answer: Preview | Problem | None = None
        self.text = ""
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self._send)

    @property
    def is_awaited(self) -> bool:
        """What is wanted has not been answered."""
        return self._wanted is not None and (self._busy or self._settle.isActive() or self._asked != self._wanted)

    @property
    def is_fresh(self) -> bool:
        """`answer` answers what is wanted now."""
        return self._wanted is not None and not self.is_awaited

    def want(self, action: ActionInfo, params: Mapping[str, Any]) -> None:
        """Another preview is wanted."""
        if self._wanted is not None and self._wanted[0].name != action.name:
            self.answer = None
        self._wanted = (action, dict(params))
        self.text = ""
        self._settle.start()
        self.changed.emit()

    def want_nothing(self) -> None:
        """There is nothing to ask; an answer under way is dropped."""
        self._wanted, self.answer = None, None
        self._settle.stop()
        self.changed.emit()

    def forget(self) -> None:
        """The next answer may be another one, though the same is asked."""
        self._asked = None

    def again(self) -> None:
        """Ask the same once more."""
        self.forget()
        self._send()

    @Slot()
    def _send(self) -> None:
        if self._busy or self._wanted is None:
            return
        if self._wanted != self._asked:
            self._busy = True
            self._asked = self._wanted
            self._ask(*self._wanted, self._answered, self._got_on)
        self.changed.emit()

    def _answered(self, answer: Any) -> None:
        self._busy = False
        if self._wanted == self._asked:
            self.answer = answer
            self.changed.emit()
        elif not self._settle.isActive():
            self._send()

    def _got_on(self, text: str) -> None:
        if self._wanted == self._asked:
            self.text = text
            self.changed.emit()
