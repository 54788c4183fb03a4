"""Reads scripts beside the window: one at a time, the newest wish wins. GUI thread, with one worker thread."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject, Signal, Slot

from memgui.ui.source.script import Place, Script, Stamp, read_script


class ScriptReader(QObject):
    """Each wish that is not overtaken by a newer one ends in one `done`.

    Attributes:
        done: the Script, on the GUI thread.
    """

    done = Signal(object)
    _ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wish: tuple[Place, Stamp | None] | None = None
        self._current: Place | None = None
        self._thread: threading.Thread | None = None
        self._ended.connect(self._read)

    @property
    def is_busy(self) -> bool:
        """A file is being read."""
        return self._current is not None

    def read(self, place: Place, known: Stamp | None) -> None:
        """Wish for a file; `known` is the state of it that is shown already."""
        self._wish = (place, known)
        if self._current is None:
            self._begin()

    def forget(self) -> None:
        """Nothing is wished for any longer."""
        self._wish = None

    def _begin(self) -> None:
        if self._wish is None:
            return
        place, known = self._wish
        self._current = place
        # A daemon: a file on a network that does not answer keeps nobody from leaving.
        self._thread = threading.Thread(target=self._work, args=(place, known), name="memgui-source", daemon=True)
        self._thread.start()

    def _work(self, place: Place, known: Stamp | None) -> None:
        script = read_script(place, known)
        try:
            self._ended.emit(script)
        except RuntimeError:
            pass  # the window was closed meanwhile

    @Slot(object)
    def _read(self, script: Script) -> None:
        self._current = self._thread = None
        if self._wish is None:
            return
        if self._wish[0] == script.place:
            self._wish = None
            self.done.emit(script)
        else:
            self._begin()
