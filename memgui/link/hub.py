"""All connections of this host: one thread that reads agents, one that looks at processes from outside.

`deliver` is called on these threads, for each target at most every 20 ms by the reader and at 10 Hz by the observer.
"""

from __future__ import annotations

import logging
import os
import selectors
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any

from memgui.collect.facts import process_facts
from memgui.collect.observer import EndReason
from memgui.link.batch import ENDED, Batch
from memgui.link.errors import Disconnected
from memgui.link.watched import Watched, Watcher
from memgui.protocol.endpoints import Endpoint, process_start_time, runtime_directory
from memgui.protocol.errors import Unreachable
from memgui.protocol.payloads import Progress
from memgui.store.timeline import Row

_BATCH_S = 0.02
_OBSERVE_S = 0.1
_STEP_UNKNOWN = -1
_log = logging.getLogger(__name__)


class Hub:
    """Watches processes and carries requests to their agents; closed by `close`, which joins both threads."""

    def __init__(self, deliver: Callable[[Batch], None], *, hz: float = 10.0, directory: Path | None = None) -> None:
        self._deliver = deliver
        self._hz = hz
        self._directory = directory if directory is not None else runtime_directory()
        self._lock = threading.Lock()
        self._watched: dict[str, Watched] = {}
        self._calls: deque[Callable[[], None]] = deque()
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self._flush_at = 0.0
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read_all, name="memgui-reader", daemon=True)
        self._observer = threading.Thread(target=self._observe_all, name="memgui-observer", daemon=True)
        self._reader.start()
        self._observer.start()

    # ---- any thread ----------------------------------------------------------------------------------------------

    def watch(self, pid: int) -> str:
        """Follow a process, by its agent where it has one and from outside; returns its key.

        Raises:
            Unreachable: there is no such process.
        """
        start_time = process_start_time(pid)
        if start_time is None:
            raise Unreachable(f"there is no process {pid}", "run `memgui ps` for what runs here")
        return self._watch(Watched(pid, start_time, self._directory, self._hz))

    def watch_endpoint(self, endpoint: Endpoint) -> str:
        """Follow the process of an agent's socket; returns its key."""
        return self._watch(Watched(endpoint.pid, endpoint.start_time, endpoint.path.parent, self._hz))

    def unwatch(self, key: str) -> None:
        """Stop following; requests that are under way end as disconnected."""
        with self._lock:
            watched = self._watched.pop(key, None)
        if watched is not None:
            watched.ended = True
            self._call(self._drop, watched, "the target is no longer watched")

    def request(
        self,
        key: str,
        method: str,
        params: Any = None,
        *,
        timeout_s: float,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Future[Any]:
        """Ask an agent. The future ends once: with the result, RemoteError, TimedOut or Disconnected."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        if self._closing.is_set():
            future.set_exception(Disconnected("memgui is closing"))
        else:
            self._call(self._send_request, key, method, params, timeout_s, future, on_progress)
        return future

    def close(self) -> None:
        """End every request and both threads."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._wake()
        self._reader.join()
        self._observer.join()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _watch(self, watched: Watched) -> str:
        with self._lock:
            self._watched.setdefault(watched.key, watched)
        self._wake()
        return watched.key

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        self._calls.append(lambda: function(*arguments))
        self._wake()

    def _wake(self) -> None:
        with suppress(BlockingIOError):  # the pipe is full: the thread is awake already
            os.write(self._wake_write, b"w")

    def _all(self) -> tuple[Watched, ...]:
        with self._lock:
            return tuple(self._watched.values())

    # ---- reader thread -------------------------------------------------------------------------------------------

    def _read_all(self) -> None:
        while not self._closing.is_set():
            try:
                self._read_once()
            except Exception:  # noqa: BLE001 - thread boundary
                _log.exception("the reader goes on after an error")
        for watched in self._all():
            self._drop(watched, "memgui is closing")
        while self._calls:
            self._calls.popleft()()
        self._selector.close()

    def _read_once(self) -> None:
        ready = self._selector.select(self._patience())
        now = time.time()
        for key, mask in ready:
            if key.data is None:
                with suppress(BlockingIOError):
                    os.read(self._wake_read, 4096)
            elif mask & selectors.EVENT_READ:
                self._end_if(key.data, key.data.receive(), now)
        while self._calls and not self._closing.is_set():
            self._calls.popleft()()
        for watched in self._all():
            if watched.due(now) and watched.connect(now):
                assert watched.socket is not None
                self._selector.register(watched.socket, selectors.EVENT_READ, watched)
            self._end_if(watched, watched.expire(now), now)
            self._end_if(watched, watched.send(), now)
            self._want_write(watched)
        if now < self._flush_at:
            return
        for watched in self._all():
            batch = watched.take()
            if batch is not None and not watched.ended:
                self._hand_over(batch)
        self._flush_at = now + _BATCH_S

    def _patience(self) -> float:
        moments = [moment for watched in self._all() for moment in self._moments(watched)]
        if any(watched.has_news() for watched in self._all()):
            moments.append(self._flush_at)
        return min(max(min(moments, default=time.time() + 1.0) - time.time(), 0.0), 1.0)

    def _moments(self, watched: Watched) -> list[float]:
        session = watched.session
        if session is None:
            retry = watched.retry_at()
            return [] if retry is None else [retry]
        deadline = session.next_deadline()
        return [] if deadline is None else [deadline]

    def _want_write(self, watched: Watched) -> None:
        if watched.socket is not None and watched.session is not None:
            writing = selectors.EVENT_WRITE if watched.session.outgoing else 0
            self._selector.modify(watched.socket, selectors.EVENT_READ | writing, watched)

    def _end_if(self, watched: Watched, why: str | None, now: float) -> None:
        if why is not None and watched.socket is not None:
            # What came before the end is not lost with it.
            batch = watched.take()
            if batch is not None:
                self._hand_over(batch)
            self._selector.unregister(watched.socket)
            watched.disconnect(why, now)
            batch = watched.take()
            if batch is not None and not watched.ended:
                self._hand_over(batch)

    def _drop(self, watched: Watched, why: str) -> None:
        self._end_if(watched, why, time.time())

    def _send_request(
        self,
        key: str,
        method: str,
        params: Any,
        timeout_s: float,
        future: Future[Any],
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        with self._lock:
            watched = self._watched.get(key)
        if watched is None or watched.session is None or watched.session.hello is None:
            future.set_exception(Disconnected("no agent answers in this process", "attach to it first"))
            return
        watched.session.request(method, params, timeout_s, future, on_progress)

    # ---- observer thread -----------------------------------------------------------------------------------------

    def _observe_all(self) -> None:
        watchers: dict[str, Watcher] = {}
        due = time.monotonic()
        while not self._closing.wait(max(due - time.monotonic(), 0.0)):
            due = max(due + _OBSERVE_S, time.monotonic())
            present = self._all()
            for key in set(watchers) - {watched.key for watched in present}:
                watchers.pop(key).close()
            for watched in present:
                if not watched.ended:
                    try:
                        self._observe(watched, watchers)
                    except Exception:  # noqa: BLE001 - thread boundary
                        _log.exception("looking at process %s failed", watched.pid)
        for watcher in watchers.values():
            watcher.close()

    def _observe(self, watched: Watched, watchers: dict[str, Watcher]) -> None:
        if watched.key not in watchers:
            watchers[watched.key] = Watcher(watched)
            self._hand_over(Batch(watched.key, facts=process_facts(watched.pid)))
        try:
            values, batch, end = watchers[watched.key].look(time.monotonic())
        except Unreachable as error:
            values, batch, end = {}, None, EndReason("unknown", error.what)
        if batch is not None:
            self._hand_over(batch)
        if values:
            watched.outside = dict(values)
            if not watched.connected:
                self._hand_over(Batch(watched.key, (Row(time.time(), _STEP_UNKNOWN, watched.outside),)))
        elif end is not None:
            watched.ended = True
            self._call(self._finish, watched, end)

    def _finish(self, watched: Watched, end: EndReason) -> None:
        self._drop(watched, f"the process {end.text}")
        self._hand_over(Batch(watched.key, state=ENDED, state_text=end.text, end=end))

    def _hand_over(self, batch: Batch) -> None:
        try:
            self._deliver(batch)
        except Exception:  # noqa: BLE001 - the receiver is somebody else's code
            _log.exception("the receiver of a batch failed")
