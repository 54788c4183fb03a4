"""The buffer between the thread that makes batches and the loop that uses them, for one pass over the source."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from memgui.runtime.sizes import bytes_of
from memgui.runtime.transfer import Transfer

_END = object()


class Ahead:
    """Filled by its own thread, emptied by one consumer.

    It knows nothing of the prefetcher, so that an iterator that is dropped in the middle of an epoch takes the thread
    with it. `_ready` is guarded by `_change`, as is everything that is read together with it.

    Attributes:
        taken, waited, waited_s: batches handed out, how many of them the loop waited for, and how long. The first one
            of a pass is always waited for and is not counted among them.
    """

    def __init__(self, source: Iterator[Any], transfer: Transfer, depth: int, max_bytes: int | None) -> None:
        self._source = source
        self._transfer = transfer
        self._change = threading.Condition()
        self._ready: deque[tuple[Any, int]] = deque()
        self._failure: BaseException | None = None
        self._ended = self._closed = self._wanted = False
        self._depth = depth
        self._max_bytes = max_bytes
        self.bytes = self.largest = 0
        self.taken = self.waited = 0
        self.waited_s = 0.0
        self._thread = threading.Thread(target=self._fill, name="memgui-prefetch", daemon=True)
        self._thread.start()

    # The loop's side.

    def take(self) -> tuple[Any, int, bool]:
        """The next batch, how many were ready, and whether the loop waited.

        Raises:
            StopIteration: the end of the source, or it was closed.
            BaseException: what the source raised, after everything before it was handed out.
        """
        with self._change:
            ready = len(self._ready)
            stalled = not self._ready and not self._ended and not self._closed
            if stalled:
                self._wait()
            if self._ready:
                batch, size = self._ready.popleft()
                self.bytes -= size
                if stalled and self.taken:
                    self.waited += 1
                stalled = stalled and self.taken > 0
                self.taken += 1
                self._change.notify_all()
            else:
                failure, self._failure = self._failure, None
                if failure is not None:
                    raise failure
                raise StopIteration
        return self._transfer.receive(batch), ready, stalled

    def _wait(self) -> None:
        began = time.perf_counter()
        self._wanted = True
        self._change.notify_all()
        self._change.wait_for(lambda: self._ready or self._ended or self._closed)
        self._wanted = False
        if self.taken:
            self.waited_s += time.perf_counter() - began

    def steer(self, depth: int, max_bytes: int | None) -> None:
        """Other bounds from now on; what is ready stays ready."""
        with self._change:
            self._depth, self._max_bytes = depth, max_bytes
            self._change.notify_all()

    def close(self, timeout_s: float = 10.0) -> bool:
        """End the thread and drop what is ready; False where the source did not come back in time."""
        with self._change:
            self._closed = True
            self._ready.clear()
            self.bytes = 0
            self._change.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def is_over(self) -> bool:
        """Everything was handed out, or it was closed."""
        return (self._ended and not self._ready) or self._closed

    @property
    def ready(self) -> int:
        """Batches that wait to be used."""
        return len(self._ready)

    # The thread's side.

    def _fill(self) -> None:
        failure: BaseException | None = None
        try:
            while self._may_go_on():
                batch = next(self._source, _END)
                if batch is _END:
                    break
                size = bytes_of(batch)
                sent = self._transfer.send(batch)
                # Not kept by this frame while it waits.
                del batch
                self._hand_over(sent, size)
                del sent
        except BaseException as error:  # noqa: BLE001 - the loop's to see, in its place in the order
            failure = error
        finally:
            close: Callable[[], None] | None = getattr(self._source, "close", None)
            del self._source
            if close is not None:
                try:
                    close()
                except Exception as error:  # noqa: BLE001 - the source's own clean-up; the loop is told
                    failure = failure or error
            with self._change:
                self._failure, self._ended = failure, True
                self._change.notify_all()
            # Its traceback holds this frame: without this they would keep each other alive.
            failure = None

    def _may_go_on(self) -> bool:
        with self._change:
            self._change.wait_for(self._has_room)
            return not self._closed

    def _has_room(self) -> bool:
        if self._closed or (self._wanted and not self._ready):
            return True
        if len(self._ready) >= self._depth:
            return False
        # The next batch is taken to be as large as the largest so far. One may always be ready.
        return not self._ready or self._max_bytes is None or self.bytes + self.largest <= self._max_bytes

    def _hand_over(self, sent: Any, size: int) -> None:
        with self._change:
            if self._closed:
                return
            self._ready.append((sent, size))
            self.bytes += size
            self.largest = max(self.largest, size)
            self._change.notify_all()
