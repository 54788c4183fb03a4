"""The one thread that reads all agents, sends requests, and hands batches over.

It sleeps until something arrives, then gathers before it looks again, since a wake-up costs more than a message: for a
quarter of a second where nothing but a few samples comes, else for 20 ms. While an answer is awaited it reads at once.
"""

from __future__ import annotations

import logging
import math
import selectors
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from memgui.link.batch import Batch
from memgui.link.bell import Bell
from memgui.link.calls import Progressed
from memgui.link.clock import ViewerClock
from memgui.link.errors import Disconnected
from memgui.link.watched import Watched

BATCH_S = 0.02
_SAMPLES_S = 0.25
_DRAIN_READS = 64
_PAUSE_AFTER_FAULT_S = 0.1
_log = logging.getLogger(__name__)


class Reader:
    """Owner of all `Watched`; `call`, `ring`, `start` and `stop` are for other threads.

    Args:
        deliver: takes a batch.
        lost: is told, on the reader's thread, when a target's agent has gone and it can be seen from outside only.
    """

    def __init__(self, deliver: Callable[[Batch], None], clock: ViewerClock, lost: Callable[[], None]) -> None:
        self._deliver = deliver
        self._lost = lost
        self._clock = clock
        self._bell = Bell()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._bell_alone = selectors.PollSelector()
        self._bell_alone.register(self._bell, selectors.EVENT_READ)
        self._watched: dict[str, Watched] = {}
        self._calls: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        # Guards `_open`: a call that is accepted is made, by the loop or at its end.
        self._lock = threading.Lock()
        self._open = True
        self._stopping = False
        self._news: set[Watched] = set()
        # When to look at each by itself; whose answers are awaited; whose socket is waited for to take more.
        self._moments: dict[Watched, float] = {}
        self._asked: set[Watched] = set()
        self._writing: set[Watched] = set()
        self._gathering_until_s = self._hand_over_at_s = 0.0
        self._thread = threading.Thread(target=self._run, name="memgui-reader", daemon=True)

    # Any thread.

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end, and wait for it; every request ends."""
        self._stopping = True
        self._bell.ring()
        self._thread.join()

    def ring(self) -> None:
        """There is something to look at."""
        self._bell.ring()

    def call(self, function: Callable[..., None], *arguments: Any) -> bool:
        """Have a call made on the reader's thread; False where it has ended and will not."""
        with self._lock:
            if not self._open:
                return False
            self._calls.append((function, arguments))
        self._bell.ring()
        return True

    # Reader thread.

    def watch(self, watched: Watched) -> None:
        """Follow a target."""
        self._watched[watched.key] = watched
        self._moments[watched] = 0.0

    def unwatch(self, key: str, why: str) -> None:
        """Follow it no more; its requests end."""
        watched = self._watched.pop(key, None)
        if watched is not None:
            self._disconnect(watched, why)
            self._news.discard(watched)
            del self._moments[watched]

    def request(
        self, key: str, method: str, params: Any, timeout_s: float, future: Future[Any], on_progress: Progressed | None
    ) -> None:
        """Send a request, or end it here."""
        watched = self._watched.get(key)
        session = watched.session if watched is not None else None
        if session is not None and session.hello is not None:
            session.request(method, params, timeout_s, future, on_progress)
        elif watched is None:
            future.set_exception(Disconnected("this process is not watched any more"))
        elif watched.end is not None:
            future.set_exception(Disconnected(f"the process is over: {watched.end.text}"))
        else:
            future.set_exception(Disconnected("no agent answers in this process", f"run: memgui attach {watched.pid}"))

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._turn()
            except Exception:  # noqa: BLE001 - thread boundary
                _log.exception("the reader goes on after an error")
                # Whatever is wrong may be wrong again at once.
                self._bell_alone.select(_PAUSE_AFTER_FAULT_S)
        with self._lock:
            self._open = False
        self._make_calls()
        for key in tuple(self._watched):
            self.unwatch(key, "memgui is closing")
        self._selector.close()
        self._bell_alone.close()
        self._bell.close()

    def _turn(self) -> None:
        arrived = self._wait()
        now_s = self._clock.monotonic()
        # A call may be about any of them.
        everybody = self._make_calls()
        arrived = [watched for watched in arrived if self._watched.get(watched.key) is watched]
        stirred = [watched for watched in arrived if not self._rests(watched, now_s)]
        due = (one for one, due_s in self._moments.items() if everybody or one.looks or now_s >= due_s)
        for watched in tuple(dict.fromkeys((*stirred, *due))):
            self._attend(watched, now_s)
        if self._news and now_s >= self._hand_over_at_s:
            self._hand_over_at_s = now_s + BATCH_S
            for watched in tuple(self._news):
                self._hand_over(watched, now_s)
        if arrived and not self._asked:
            is_quiet = not stirred and not any(watched.is_busy for watched in arrived)
            self._gathering_until_s = now_s + (_SAMPLES_S if is_quiet else BATCH_S)

    def _wait(self) -> list[Watched]:
        """Sleep until there is something to do; the targets from which something came."""
        now_s = self._clock.monotonic()
        due_s = min(self._moments.values(), default=math.inf)
        wake_s = min(due_s, self._hand_over_at_s if self._news else math.inf)
        if now_s < self._gathering_until_s and not self._asked:
            rung = bool(self._bell_alone.select(max(min(wake_s, self._gathering_until_s) - now_s, 0.0)))
            now_s = self._clock.monotonic()
            if rung or now_s < self._gathering_until_s:
                self._bell.drain()
                return []
        ready = self._selector.select(None if wake_s == math.inf else max(wake_s - now_s, 0.0))
        if any(key.data is None for key, _ in ready):
            self._bell.drain()
        return [key.data for key, _ in ready if key.data is not None]

    def _make_calls(self) -> bool:
        made = bool(self._calls)
        while self._calls:
            function, arguments = self._calls.popleft()
            function(*arguments)
        return made

    def _rests(self, watched: Watched, now_s: float) -> bool:
        """Take in what arrived; True where it was samples and nothing else, so that nothing else is to be done."""
        rested = watched.is_resting
        self._disconnect_if(watched, watched.receive())
        if not rested or not watched.is_resting:
            return False
        self._note(watched, now_s)
        return True

    def _attend(self, watched: Watched, now_s: float) -> None:
        watched.take_looks()
        if watched.end is not None:
            self._end(watched)
            self._moments[watched] = math.inf
            self._note(watched, now_s)
            return
        if watched.is_due(now_s) and watched.connect(now_s):
            assert watched.socket is not None
            self._selector.register(watched.socket, selectors.EVENT_READ, watched)
        self._disconnect_if(watched, watched.tick(now_s))
        self._disconnect_if(watched, watched.send())
        self._moments[watched] = watched.next_moment(now_s) or math.inf
        self._note(watched, now_s)
        session = watched.session
        if watched.socket is None or session is None:
            return
        (self._asked.add if session.is_waiting else self._asked.discard)(watched)
        if bool(session.outgoing) != (watched in self._writing):
            (self._writing.add if session.outgoing else self._writing.discard)(watched)
            writing = selectors.EVENT_WRITE if session.outgoing else 0
            self._selector.modify(watched.socket, selectors.EVENT_READ | writing, watched)

    def _note(self, watched: Watched, now_s: float) -> None:
        if watched.has_news(now_s):
            self._news.add(watched)

    def _end(self, watched: Watched) -> None:
        if watched.socket is None:
            return
        why = None
        for _ in range(_DRAIN_READS):  # its last words may still lie in the socket
            why = why or watched.receive()
        self._disconnect(watched, f"the process is over: {watched.end.text}" if watched.end else "the process is over")

    def _disconnect_if(self, watched: Watched, why: str | None) -> None:
        if why is not None:
            self._disconnect(watched, why)

    def _disconnect(self, watched: Watched, why: str) -> None:
        if watched.socket is None:
            return
        now_s = self._clock.monotonic()
        # What came before the end is not lost with it.
        if watched.key in self._watched and watched.has_news(now_s):
            self._hand_over(watched, now_s)
        self._selector.unregister(watched.socket)
        self._asked.discard(watched)
        self._writing.discard(watched)
        watched.disconnect(why, now_s)
        self._lost()

    def _hand_over(self, watched: Watched, now_s: float) -> None:
        batch = watched.take(now_s)
        if not watched.changed:
            self._news.discard(watched)
        if batch is None:
            return
        try:
            self._deliver(batch)
        except Exception:  # noqa: BLE001 - the receiver is somebody else's code
            _log.exception("the receiver of a batch failed")
