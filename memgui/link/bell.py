"""Ends the sleep of a thread that waits in select. `ring` from any thread, all else on the thread that waits."""

from __future__ import annotations

import os
import threading
from contextlib import suppress


class Bell:
    """A pipe whose readiness ends a wait."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        # Without it somebody could write to a number that belongs to another file by now.
        self._lock = threading.Lock()
        self._closed = False

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self._read

    def ring(self) -> None:
        """Wake the thread; nothing happens once the bell is closed."""
        with self._lock, suppress(BlockingIOError):  # a full pipe: it is awake already
            if not self._closed:
                os.write(self._write, b"\0")

    def drain(self) -> None:
        """Take what was rung, so that the next wait is one."""
        with suppress(BlockingIOError):
            os.read(self._read, 65536)

    def close(self) -> None:
        """Give the descriptors back."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._read)
                os.close(self._write)
