"""One watched process as the hub's threads see it. Each attribute is written by one thread only."""

from __future__ import annotations

import socket
import time
from pathlib import Path

from memgui.collect.observer import EndReason, Observer
from memgui.link.batch import CONNECTED, CONNECTING, LOST, OUTSIDE, Batch
from memgui.link.session import PeerError, Session
from memgui.protocol import endpoints
from memgui.store.timeline import Row

_RECEIVE_BYTES = 1 << 18
_RETRY_FIRST_S = 0.2
_RETRY_MOST_S = 5.0


class Watched:
    """Connects, reconnects and gathers what goes into the next batch. Reader thread, except where said otherwise.

    Attributes:
        outside: the newest values from outside; written by the observer thread as a whole.
        outside_state: what to call the target while no agent answers: "outside", or "lost" after there was one.
    """

    def __init__(self, pid: int, start_time: int, directory: Path, hz: float) -> None:
        self.key = f"{pid}.{start_time}"
        self.pid, self.start_time = pid, start_time
        self.endpoint = endpoints.endpoint_for(directory, pid, start_time)
        self.socket: socket.socket | None = None
        self.session: Session | None = None
        self.outside: dict[str, float | None] = {}
        self.ended = False
        self._hz = hz
        self._last_s: float | None = None
        self._had_agent = False
        self._retry_s = _RETRY_FIRST_S
        self._retry_at = 0.0
        self._told: tuple[str, str] | None = None
        self._actions_told: object = None
        self._hello_told: object = None
        self._why_lost = ""

    # ---- connecting ----------------------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """Live rows come from the agent."""
        return self.session is not None and self.session.ready

    def due(self, now: float) -> bool:
        """It is time to try to connect."""
        return self.socket is None and not self.ended and now >= self._retry_at

    def retry_at(self) -> float | None:
        """When it is time to try next; None while connected or ended."""
        return None if self.socket is not None or self.ended else self._retry_at

    def connect(self, now: float) -> bool:
        """Try to reach the agent; True where there is a connection now."""
        if not self.endpoint.path.exists():
            # Not an error: nothing has been attached yet. An attach is noticed within one interval.
            self._retry_at = now + _RETRY_FIRST_S
            return False
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            connection.connect(str(self.endpoint.path))
        except OSError:
            connection.close()
            self._back_off(now)
            return False
        self.socket = connection
        self.session = Session(time.time, self._hz, self._last_s)
        self._hello_told, self._actions_told = None, None
        return True

    def receive(self) -> str | None:
        """Take in what has arrived; the reason where the connection has ended with it."""
        assert self.socket is not None
        assert self.session is not None
        try:
            data = self.socket.recv(_RECEIVE_BYTES)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            return error.strerror or str(error)
        if not data:
            return "the agent closed the connection"
        try:
            self.session.received(data)
        except PeerError as error:
            return str(error)
        return None

    def send(self) -> str | None:
        """Send what waits; the reason where the connection has ended with it."""
        if self.socket is None or self.session is None or not self.session.outgoing:
            return None
        try:
            sent = self.socket.send(self.session.outgoing)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            return error.strerror or str(error)
        del self.session.outgoing[:sent]
        return None

    def expire(self, now: float) -> str | None:
        """End requests whose time is over; the reason where that ends the connection."""
        try:
            if self.session is not None:
                self.session.expire(now)
        except PeerError as error:
            return str(error)
        return None

    def disconnect(self, why: str, now: float) -> None:
        """Close; every request ends."""
        session, connection = self.session, self.socket
        self.session, self.socket = None, None
        if connection is not None:
            connection.close()
        if session is not None:
            self._had_agent = self._had_agent or session.hello is not None
            self._last_s = session.last_s
            session.lost(why)
        self._why_lost = why
        self._back_off(now)

    def _back_off(self, now: float) -> None:
        self._retry_at = now + self._retry_s
        self._retry_s = min(self._retry_s * 2, _RETRY_MOST_S)

    # ---- handing over --------------------------------------------------------------------------------------------

    def take(self) -> Batch | None:
        """What has come since the last time, None where that is nothing."""
        state, text = self._state()
        changed = (state, text) != self._told
        self._told = (state, text)
        session = self.session
        if session is None or session.hello is None:
            return Batch(self.key, state=state, state_text=text) if changed else None
        hello = session.hello if session.hello is not self._hello_told else None
        self._hello_told = session.hello
        actions = session.actions if session.actions is not self._actions_told else None
        self._actions_told = session.actions
        rows: tuple[Row, ...] = ()
        history: tuple[Row, ...] = ()
        if session.ready:
            self._retry_s = _RETRY_FIRST_S
            outside = self.outside
            rows = tuple(Row(row.t_s, row.step, {**outside, **row.values}) for row in session.rows)
            history = tuple(session.history)
            session.rows, session.history = [], []
        events = tuple(session.events)
        session.events = []
        if not (changed or rows or history or events or hello or actions is not None):
            return None
        return Batch(
            self.key, rows, history, events, state if changed else None, text, hello=hello, actions=actions,
            dropped=session.dropped,
        )  # fmt: skip

    def has_news(self) -> bool:
        """There is something to take."""
        session = self.session
        came = session is not None and (
            session.rows or session.events or session.history or self._hello_told is not session.hello
        )
        return bool(came) or self._state() != self._told

    def _state(self) -> tuple[str, str]:
        if self.connected:
            return CONNECTED, "connected"
        if self._had_agent:
            return LOST, f"connection lost ({self._why_lost}); trying again"
        if self.session is not None and not self._why_lost:
            return CONNECTING, "connecting to the agent"
        why = f" ({self._why_lost})" if self._why_lost else ""
        return OUTSIDE, f"seen from outside only{why}; attach for heap, tensors and actions"


class Watcher:
    """The outside view of one watched process. Observer thread only."""

    def __init__(self, watched: Watched) -> None:
        self.watched = watched
        self._observer: Observer | None = None
        self._children: object = None
        self._last_step = -1

    def look(self, now: float) -> tuple[dict[str, float], Batch | None, EndReason | None]:
        """Values of this moment, a batch where something else changed, and the end where it has come."""
        if self._observer is None:
            self._observer = Observer(self.watched.pid, self.watched.start_time)
        values = self._observer.sample()
        end = self._observer.end() if not values else None
        batch = None
        if self._observer.children != self._children:
            self._children = self._observer.children
            batch = Batch(self.watched.key, children=self._observer.children)
        return values, batch, end

    def close(self) -> None:
        """Give descriptors back."""
        if self._observer is not None:
            self._observer.close()
