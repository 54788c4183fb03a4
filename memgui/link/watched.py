"""One watched process as the reader thread sees it: connects, reconnects, gathers what goes into the next batch."""

from __future__ import annotations

import os
import socket
import struct
from collections import deque
from collections.abc import Sequence

from memgui.collect.observer import EndReason
from memgui.link.batch import CONNECTED, CONNECTING, ENDED, LOST, OUTSIDE, Batch
from memgui.link.clock import ViewerClock
from memgui.link.joiner import Joiner
from memgui.link.outside import Look
from memgui.link.session import PeerError, Session
from memgui.protocol import endpoints
from memgui.protocol.endpoints import Endpoint
from memgui.store.timeline import Row

_RECEIVE_BYTES = 1 << 18
# A socket holds a few hundred messages; where so much came at once, more is to be fetched soon.
_MUCH_BYTES = 1 << 13
_RETRY_FIRST_S = 0.2
_RETRY_MOST_S = 5.0
# A connection that ends because its process ends is told as the end, which is seen within a tenth of a second.
_LOST_AFTER_S = 0.15
# So long the rows from outside wait for the history that belongs before them.
_HISTORY_FIRST_S = 3.0
_STEP_UNKNOWN = -1
_LOOKS_KEPT = 3000
_PORTION_ROWS = 500


class Watched:
    """Used on the reader thread only, but for `is_answered`, and `looks`, which takes what the observer has seen.

    Attributes:
        changed: there may be something to take.
        is_busy: much came the last time.
        end: how the process ended; after that nothing more comes.
    """

    def __init__(self, pid: int, start_time: int, endpoints: Sequence[Endpoint], hz: float, clock: ViewerClock) -> None:
        self.key = f"{pid}.{start_time}"
        self.pid, self.start_time = pid, start_time
        # A receiver that is blocked for minutes loses the oldest looks, never the last one, which may tell the end.
        self.looks: deque[Look] = deque(maxlen=_LOOKS_KEPT)
        self.socket: socket.socket | None = None
        self.session: Session | None = None
        self.changed = True
        self.is_busy = False
        self.end: EndReason | None = None
        self._endpoints = tuple(endpoints)
        self._hz = hz
        self._clock = clock
        self._began_s = clock.monotonic()
        self._joiner = Joiner()
        self._outside_rows: list[Row] = []
        self._news: dict[str, object] = {}
        self._since_s: float | None = None
        self._offset_s: float | None = None
        self._was_connected = False
        self._is_told_lost = False
        self._lost_s = 0.0
        self._why = ""
        self._dropped_before = 0
        self._retry_s = _RETRY_FIRST_S
        self._retry_at_s = 0.0
        self._told: object = None
        self._told_actions: object = None
        self._told_hello: object = None

    # Connecting.

    def is_due(self, now_s: float) -> bool:
        """It is time to try to connect."""
        return self.socket is None and self.end is None and now_s >= self._retry_at_s

    def next_moment(self, now_s: float) -> float | None:
        """When to look at this target again even if nothing arrives; None where there is no need."""
        if self.end is not None:
            return None
        moments: list[float | None] = []
        if self.socket is None:
            moments.append(self._retry_at_s)
        if self.session is not None:
            moments.append(self.session.next_moment())
        if self._is_loss_untold and now_s < self._lost_s + _LOST_AFTER_S:  # later on it is news
            moments.append(self._lost_s + _LOST_AFTER_S)
        return min((moment for moment in moments if moment is not None), default=None)

    def connect(self, now_s: float) -> bool:
        """Try to reach the agent; True where there is a connection now."""
        point = next((point for point in self._endpoints if point.path.exists()), None)
        if point is None:
            # Not a failure: nothing has been attached yet. An attach is noticed within one interval.
            self._retry_at_s = now_s + _RETRY_FIRST_S
            return False
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.setblocking(False)
            with endpoints.reachable(point.path) as address:
                connection.connect(address)
            why = _distrust(connection)
        except OSError as error:
            why = f"{point.path}: {error.strerror or error}"
        if why is not None:
            connection.close()
            self._failed(why, now_s)
            return False
        self.socket = connection
        self.session = Session(self._clock, self._hz, self._since_s, self._offset_s)
        self._told_actions = self._told_hello = None
        self.changed = True
        return True

    def receive(self) -> str | None:
        """Take in what has arrived; the reason where the connection has ended with it."""
        if self.socket is None or self.session is None:
            return None
        try:
            data = self.socket.recv(_RECEIVE_BYTES)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            return error.strerror or str(error)
        if not data:
            return "the agent closed the connection"
        self.changed = True
        self.is_busy = len(data) >= _MUCH_BYTES
        try:
            self.session.received(data)
        except PeerError as error:
            return str(error)
        if self.session.ready:
            self._was_connected, self._is_told_lost, self._why = True, False, ""
            self._retry_s = _RETRY_FIRST_S
        return None

    @property
    def is_resting(self) -> bool:
        """Samples come, and when to do something besides is known."""
        return self.session is not None and self.session.is_resting

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

    def tick(self, now_s: float) -> str | None:
        """Do what is due in the conversation; the reason where that ends the connection."""
        if self.session is None:
            return None
        try:
            self.session.tick(now_s)
        except PeerError as error:
            return str(error)
        return None

    def disconnect(self, why: str, now_s: float) -> None:
        """Close; every request ends."""
        session, connection = self.session, self.socket
        self.session, self.socket = None, None
        if connection is not None:
            connection.close()
        if session is not None:
            self._offset_s = session.offset_s
            if not session.history:  # else part of it was not handed over and is asked for again
                self._since_s = session.last_s
            self._dropped_before += session.dropped or 0
            session.lost(why)
        self._lost_s = now_s
        self._failed(why, now_s)

    def _failed(self, why: str, now_s: float) -> None:
        self.changed = self.changed or why != self._why
        self._why = why
        self._retry_at_s = now_s + self._retry_s
        self._retry_s = min(self._retry_s * 2, _RETRY_MOST_S)

    # Handing over.

    def has_news(self, now_s: float) -> bool:
        """There may be something to take."""
        return self.changed or (self._is_loss_untold and now_s - self._lost_s >= _LOST_AFTER_S)

    def take_looks(self) -> None:
        """Take in what the observer has seen since the last time."""
        while self.looks and self.end is None:
            look = self.looks.popleft()
            self.changed = True
            for name in ("children", "facts", "end"):
                if getattr(look, name) is not None:
                    self._news[name] = getattr(look, name)
            self.end = look.end
            if look.values:
                self._joiner.add(look.t_s, look.values)
                if not self._is_live:
                    self._outside_rows.append(Row(look.t_s, _STEP_UNKNOWN, look.values))

    def take(self, now_s: float) -> Batch | None:
        """What has come since the last time, None where that is nothing."""
        self.changed = False
        parts: dict[str, object] = dict(self._news)
        self._news = {}
        state = self._state(now_s)
        if state != self._told:
            self._told = state
            parts["state"], parts["state_text"] = state
        rows, history = self._take_rows(now_s)
        if rows:
            parts["rows"] = rows
        if history:
            parts["history"] = history
        session = self.session
        if session is not None and session.ready:
            if session.events:
                parts["events"], session.events = tuple(session.events), []
            if session.hello is not self._told_hello:
                parts["hello"] = self._told_hello = session.hello
            if session.actions is not self._told_actions:
                parts["actions"] = self._told_actions = session.actions
                parts["undos"] = session.undos
            if session.dropped is not None:
                parts["dropped"] = self._dropped_before + session.dropped
        if not parts or parts.keys() == {"dropped"}:
            return None
        return Batch(self.key, **parts)  # type: ignore[arg-type]

    def is_answered(self) -> bool:
        """Any thread: an agent tells of the process by itself."""
        return self._is_live

    @property
    def _is_live(self) -> bool:
        session = self.session
        return session is not None and session.ready

    @property
    def _is_loss_untold(self) -> bool:
        return self._was_connected and self.session is None and not self._is_told_lost

    def _take_rows(self, now_s: float) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
        session = self.session
        if session is not None and not session.ready and now_s - self._began_s < _HISTORY_FIRST_S:
            return (), ()
        if session is None or not session.ready:
            rows, self._outside_rows = self._outside_rows, []
            return tuple(rows), ()
        # A first history is appended in portions, between which a window can breathe; a later one is put in place by
        # rebuilding, so it goes as one piece.
        portion = _PORTION_ROWS if self._since_s is None else len(session.history)
        history = tuple(self._joiner.join(row) for row in session.history[:portion])
        del session.history[:portion]
        if session.history:
            self.changed = True
            return (), history
        live = tuple(self._joiner.join(row) for row in session.rows)
        # What was seen from outside meanwhile is not needed where the agent has its own rows.
        session.rows, self._outside_rows = [], []
        return live, history

    def _state(self, now_s: float) -> tuple[str, str]:
        if self.end is not None:
            return ENDED, self.end.text
        if self._is_live or (self._is_loss_untold and now_s - self._lost_s < _LOST_AFTER_S):
            return CONNECTED, "connected"
        if self._was_connected:
            self._is_told_lost = True
            return LOST, f"connection lost ({self._why}); trying again"
        if self.session is not None and not self._why:
            return CONNECTING, "connecting to the agent"
        why = f" ({self._why})" if self._why else ""
        return OUTSIDE, f"seen from outside only{why}; attach for heap, tensors and actions"


def _distrust(connection: socket.socket) -> str | None:
    """Why not to talk to whoever made the socket; None where it was this user, or this user is root."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    if os.getuid() in (0, uid) or uid == 0:
        return None
    return f"the socket was made by another user ({uid})"
