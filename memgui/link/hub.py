"""All watched processes of this host: the one door for windows and commands. Any thread.

`deliver` is called on the reader's thread, for each target at most every 20 ms, and in the order in which things came.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from memgui.collect.surroundings import Surroundings
from memgui.link.batch import Batch
from memgui.link.calls import Progressed
from memgui.link.clock import ViewerClock
from memgui.link.errors import Disconnected
from memgui.link.outside import Outside, Watcher
from memgui.link.places import endpoints_of
from memgui.link.reader import Reader
from memgui.link.watched import Watched
from memgui.protocol.endpoints import Endpoint, process_start_time
from memgui.protocol.errors import Unreachable


class Hub:
    """Watches processes and carries requests to their agents; `close` ends both threads.

    Args:
        deliver: takes a batch, on the reader's thread. A slow one delays the view and nothing else.
        hz: samples a second to ask of an agent.
        directory: where agents listen; None for the directories that agents of this user choose.
    """

    def __init__(self, deliver: Callable[[Batch], None], *, hz: float = 10.0, directory: Path | None = None) -> None:
        self._hz = hz
        self._directory = directory
        self._clock = ViewerClock()
        self._reader = Reader(deliver, self._clock, self._look_again)
        self._outside = Outside(self._clock, self._reader.ring)
        self._surroundings = Surroundings()
        self._lock = threading.Lock()
        self._watched: dict[str, Watched] = {}
        self._closed = False
        self._reader.start()
        self._outside.start()

    def watch(self, pid: int) -> str:
        """Follow a process, by its agent where it has one and from outside; returns its key.

        Raises:
            Unreachable: there is no such process.
        """
        start_time = process_start_time(pid)
        if start_time is None:
            raise Unreachable(f"there is no process {pid}", "run `memgui ps` for what runs here")
        return self._watch(pid, start_time, endpoints_of(pid, start_time, self._directory))

    def watch_endpoint(self, endpoint: Endpoint) -> str:
        """Follow the process of an agent's socket, wherever that lies; returns its key."""
        return self._watch(endpoint.pid, endpoint.start_time, (endpoint,))

    def unwatch(self, key: str) -> None:
        """Stop following; requests that are under way end as disconnected."""
        with self._lock:
            if self._watched.pop(key, None) is None:
                return
            self._outside.remove(key)
            self._reader.call(self._reader.unwatch, key, "the target is no longer watched")

    def request(
        self, key: str, method: str, params: Any = None, *, timeout_s: float, on_progress: Progressed | None = None
    ) -> Future[Any]:
        """Ask an agent. The future ends exactly once: with the result, RemoteError, TimedOut or Disconnected.

        Args:
            key: as `watch` returned it.
            method, params: as docs/protocol.md has them; a dataclass of `protocol.payloads` will do for params.
            timeout_s: when to end without an answer.
            on_progress: is told how far the request is, on the reader's thread.
        """
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()  # it ends by its result only: what was sent cannot be taken back
        if not self._reader.call(self._reader.request, key, method, params, timeout_s, future, on_progress):
            future.set_exception(Disconnected("memgui is closing"))
        return future

    def close(self) -> None:
        """End every request and both threads. Not from within `deliver`."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._outside.stop()
        self._reader.stop()

    def _look_again(self) -> None:
        """What an agent told until now is to be seen from outside, and how its process ended."""
        self._outside.hurry()

    def _watch(self, pid: int, start_time: int, endpoints: tuple[Endpoint, ...]) -> str:
        watched = Watched(pid, start_time, endpoints, self._hz, self._clock)
        with self._lock:
            known = self._watched.get(watched.key)
            if known is not None or self._closed:
                return watched.key
            self._watched[watched.key] = watched
            self._reader.call(self._reader.watch, watched)
            watcher = Watcher(
                pid, start_time, self._clock, watched.looks.append, watched.is_answered, self._surroundings
            )
            self._outside.add(watched.key, watcher)
        return watched.key
