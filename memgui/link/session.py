"""One connection to one agent: handshake, history, stream, requests. Used on the hub's reader thread only.

Bytes go in by `received`, bytes to send are left in `outgoing`; the session does no input or output itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from memgui import __version__
from memgui.link.errors import Disconnected, RemoteError, TimedOut
from memgui.protocol import jsonrpc
from memgui.protocol.jsonrpc import Decoder, Failure, Malformed, Notification, Request, Result
from memgui.protocol.payloads import (
    ActionInfo,
    ActionList,
    Event,
    Hello,
    HelloParams,
    History,
    HistoryParams,
    Progress,
    Sample,
    Subscribed,
    SubscribeParams,
)
from memgui.protocol.version import PROTOCOL_VERSION, incompatibility
from memgui.protocol.wire import to_wire
from memgui.store.events import MarkedEvent
from memgui.store.timeline import Row

T = TypeVar("T")
_MALFORMED_ALLOWED = 20
_OWN_DEADLINE_S = 10.0
# What actions yield and whether they can run changes with the training; so does who it is (torch, the safe point).
_REFRESH_S = 5.0


class PeerError(Exception):
    """The peer cannot be talked to; the text says why."""


@dataclass
class _Pending:
    done: Callable[[Any], None]
    failed: Callable[[Exception], None]
    deadline: float
    method: str
    on_progress: Callable[[Progress], None] | None = None


def decode(data: bytes) -> Any:
    """JSON by msgspec, with the errors of the standard library's."""
    try:
        return msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error


class Session:
    """State of the conversation.

    Attributes:
        outgoing: bytes to be sent.
        hello: who the agent is; None until it answered.
        rows, history, events, actions, dropped: what has come in since it was last taken.
        ready: the history is in and live rows may follow.

    Args:
        clock: Unix seconds.
        since_s: time of the newest row that the owner has from this agent, on the agent's clock.
    """

    def __init__(self, clock: Callable[[], float], hz: float, since_s: float | None) -> None:
        self.outgoing = bytearray()
        self.hello: Hello | None = None
        self.rows: list[Row] = []
        self.history: list[Row] = []
        self.events: list[MarkedEvent] = []
        self.actions: tuple[ActionInfo, ...] | None = None
        self.dropped: int | None = None
        self.ready = False
        self.last_s = since_s
        self._clock, self._hz = clock, hz
        self._decoder = Decoder(loads=decode)
        self._ids = itertools.count(1)
        self._pending: dict[int, _Pending] = {}
        self._names: dict[int, tuple[str, ...]] = {}
        self._malformed = 0
        self._offset_s = 0.0
        self._asked_at = clock()
        self._refresh_at = 0.0
        self._ask("hello", HelloParams(PROTOCOL_VERSION, f"memgui {__version__}"), self._greeted)

    # ---- in ------------------------------------------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        """Take in bytes.

        Raises:
            PeerError: the peer speaks another version, or sends too much that is no message.
        """
        for message in self._decoder.feed(data):
            if isinstance(message, Notification):
                self._notified(message)
            elif isinstance(message, Result):
                pending = self._pending.pop(message.id, None)
                if pending is not None:
                    pending.done(message.result)
            elif isinstance(message, Failure):
                pending = self._pending.pop(message.id, None) if message.id is not None else None
                if pending is not None:
                    pending.failed(RemoteError(message.code, message.message))
            elif isinstance(message, Malformed):
                self._count_malformed(message.reason)
            # A request from an agent has no meaning and is not answered.

    def expire(self, now: float) -> None:
        """End the requests whose time is over, and ask again for what may have changed."""
        if self.ready and now >= self._refresh_at:
            self._refresh_at = now + _REFRESH_S
            self._ask("hello", HelloParams(PROTOCOL_VERSION, f"memgui {__version__}"), self._greeted_again)
            self._ask("actions.list", None, self._listed)
        for number in [number for number, pending in self._pending.items() if pending.deadline <= now]:
            pending = self._pending.pop(number)
            pending.failed(
                TimedOut(f"no answer to {pending.method} in time", "the target may be stopped or overloaded")
            )

    def next_deadline(self) -> float | None:
        """When `expire` has to be called next, on the session's clock."""
        moments = [pending.deadline for pending in self._pending.values()]
        if self.ready:
            moments.append(self._refresh_at)
        return min(moments, default=None)

    def lost(self, why: str) -> None:
        """End every request: nothing will be answered any more."""
        pending, self._pending = self._pending, {}
        for each in pending.values():
            each.failed(Disconnected(f"the connection ended before the answer to {each.method} came: {why}"))

    # ---- out -----------------------------------------------------------------------------------------------------

    def request(
        self,
        method: str,
        params: Any,
        timeout_s: float,
        future: Future[Any],
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        """Ask on behalf of somebody; the future ends exactly once."""
        pending = _Pending(future.set_result, future.set_exception, self._clock() + timeout_s, method, on_progress)
        self._send(method, params, pending)

    def _ask(self, method: str, params: Any, done: Callable[[Any], None]) -> None:
        self._send(method, params, _Pending(done, self._own_request_failed, self._clock() + _OWN_DEADLINE_S, method))

    def _send(self, method: str, params: Any, pending: _Pending) -> None:
        number = next(self._ids)
        try:
            line = jsonrpc.encode(Request(number, method, to_wire(params) if params is not None else {}))
        except (TypeError, ValueError) as error:
            pending.failed(RemoteError(jsonrpc.INVALID_PARAMS, f"cannot be sent: {error}"))
            return
        self._pending[number] = pending
        self.outgoing += line

    # ---- what the agent says -------------------------------------------------------------------------------------

    def _greeted(self, result: Any) -> None:
        why = incompatibility(result.get("protocol") if isinstance(result, dict) else None)
        if why is not None:
            raise PeerError(why)
        hello = self._convert(result, Hello)
        self._offset_s = (self._asked_at + self._clock()) / 2 - hello.monotonic_s
        self.hello = hello
        self._ask("subscribe", SubscribeParams(self._hz), self._subscribed)
        self._ask("actions.list", None, self._listed)
        self._ask("history", HistoryParams(self.last_s), self._history_came)

    def _greeted_again(self, result: Any) -> None:
        self.hello = self._convert(result, Hello)

    def _subscribed(self, result: Any) -> None:
        answer = self._convert(result, Subscribed)
        self._names[answer.generation] = answer.names

    def _listed(self, result: Any) -> None:
        self.actions = self._convert(result, ActionList).actions

    def _history_came(self, result: Any) -> None:
        page = self._convert(result, History)
        for row in page.rows:
            low, high = (_named(page.names, values) if values else None for values in (row.low, row.high))
            t_s = row.t_s + self._offset_s
            self.history.append(Row(t_s, row.step, _named(page.names, row.v) or {}, low, high))
        self.events += [self._event(event) for event in page.events]
        if page.more and page.rows:
            self._ask("history", HistoryParams(page.rows[-1].t_s), self._history_came)
        else:
            self.ready = True
            self._refresh_at = self._clock() + _REFRESH_S

    def _notified(self, message: Notification) -> None:
        if message.method == "sample":
            sample = self._convert(message.params, Sample)
            names = self._names.get(sample.generation)
            if names is not None and len(names) == len(sample.v):
                self.rows.append(Row(sample.t_s + self._offset_s, sample.step, _named(names, sample.v) or {}))
                self.last_s = sample.t_s
            self.dropped = sample.dropped
        elif message.method == "event":
            self._event_came(self._convert(message.params, Event))
        elif message.method == "progress":
            progress = self._convert(message.params, Progress)
            pending = self._pending.get(progress.request)
            if pending is not None and pending.on_progress is not None:
                pending.on_progress(progress)

    def _event_came(self, event: Event) -> None:
        if event.kind == "metrics":
            self._names[int(event.data["generation"])] = tuple(event.data["names"])
        elif event.kind == "actions":
            self._ask("actions.list", None, self._listed)
        else:
            self.events.append(self._event(event))
            if event.kind == "receipt":
                # What an action would yield has changed with it.
                self._ask("actions.list", None, self._listed)

    def _event(self, event: Event) -> MarkedEvent:
        return MarkedEvent(event.t_s + self._offset_s, event.kind, event.text, event.step, event.data)

    def _own_request_failed(self, error: Exception) -> None:
        if isinstance(error, Disconnected):
            return
        raise PeerError(f"the agent does not answer as it should: {error}")

    def _count_malformed(self, reason: str) -> None:
        self._malformed += 1
        if self._malformed > _MALFORMED_ALLOWED:
            raise PeerError(f"the other side sends what is no message ({reason}); is it memgui?")

    def _convert(self, data: Any, cls: type[T]) -> T:
        try:
            return msgspec.convert(data, cls)
        except (msgspec.ValidationError, TypeError) as error:
            raise PeerError(f"the agent sent a {cls.__name__} that cannot be read: {error}") from error


def _named(names: tuple[str, ...], values: tuple[float | None, ...] | None) -> dict[str, float | None] | None:
    return None if values is None else dict(zip(names, values, strict=False))
