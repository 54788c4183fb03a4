"""One connection to one agent: handshake, history, stream, requests. Used on the reader thread only.

Bytes go in by `received`, bytes to send are left in `outgoing`; the session does no input or output itself. Names
with `_s` and without `unix` are seconds of this side's monotonic clock.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import msgspec

from memgui import __version__
from memgui.link.calls import Call, Calls, Progressed
from memgui.link.clock import ViewerClock
from memgui.link.errors import RemoteError, TimedOut
from memgui.link.refresh import Refresh
from memgui.protocol import jsonrpc
from memgui.protocol.jsonrpc import Decoder, Failure, Malformed, Message, Notification, Result
from memgui.protocol.payloads import (
    ActionInfo,
    ActionList,
    Event,
    Hello,
    HelloParams,
    History,
    HistoryParams,
    HistoryRow,
    Progress,
    Sample,
    Subscribed,
    SubscribeParams,
)
from memgui.protocol.shrinking import UndoInfo
from memgui.protocol.version import PROTOCOL_VERSION, incompatibility
from memgui.store.events import MarkedEvent
from memgui.store.timeline import Row

T = TypeVar("T")
_MALFORMED_ALLOWED = 20
_OWN_DEADLINE_S = 10.0
# An agent holds some 8,000 rows and sends 30 or more a page; what goes on for longer has no end.
_PAGES_ALLOWED = 1000
# The clocks of two ends of one boot keep their distance; one that moved by more belongs to a machine that slept.
_SAME_OFFSET_S = 1.0


class PeerError(Exception):
    """The peer cannot be talked to; the text says why."""


class _UnreadableError(Exception):
    """A message does not hold what its kind must hold."""


def decode(data: bytes) -> Any:
    """JSON by msgspec, with the errors of the standard library's."""
    try:
        return msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error


class Session:
    """State of the conversation.

    Attributes:
        hello: who the agent is; None until it answered, and replaced when it is asked again.
        rows, history, events: what has come in since it was last taken; times are Unix seconds of this side.
        actions: what the target offers; None until it was told.
        undos: what it can take back, told with the actions.
        dropped: samples that the agent threw away on this connection; None until one came.
        ready: the history is in, and so are the actions, which were asked for before; live rows may follow.
        last_s: time of the newest row that the owner can have, on the agent's clock.
        offset_s: the agent's clock to this side's monotonic one; None until it answered.
        malformed: lines that were no message, or did not hold what they must.

    Args:
        since_s: time of the newest row that the owner has from this agent, on the agent's clock.
        offset_s: what an earlier connection measured.
    """

    def __init__(self, clock: ViewerClock, hz: float, since_s: float | None, offset_s: float | None = None) -> None:
        self.hello: Hello | None = None
        self.rows: list[Row] = []
        self.history: list[Row] = []
        self.events: list[MarkedEvent] = []
        self.actions: tuple[ActionInfo, ...] | None = None
        self.undos: tuple[UndoInfo, ...] = ()
        self.dropped: int | None = None
        self.ready = False
        self.last_s = since_s
        self.offset_s = offset_s
        self.malformed = 0
        self._clock, self._hz = clock, hz
        self._decoder = Decoder(loads=decode)
        self._calls = Calls()
        self._names: dict[int, tuple[str, ...]] = {}
        self._pages = 0
        self._newest_s = since_s
        self._refresh = Refresh()
        self._asked_s = clock.monotonic()
        self._ask("hello", HelloParams(PROTOCOL_VERSION, f"memgui {__version__}"), self._greeted, self._turned_down)

    @property
    def outgoing(self) -> bytearray:
        """Bytes to be sent; who sends them removes them."""
        return self._calls.outgoing

    # In.

    def received(self, data: bytes) -> None:
        """Take in bytes.

        Raises:
            PeerError: the peer speaks another version, or sends too much that is no message.
        """
        for message in self._decoder.feed(data):
            try:
                self._take(message)
            except _UnreadableError as error:
                self._count_malformed(str(error))

    def tick(self, now_s: float) -> None:
        """End the requests whose time is over, and ask again for what gets old.

        Raises:
            PeerError: one was a request without whose answer there is no conversation.
        """
        self._calls.expire(now_s)
        if self.ready:
            self._ask_again(now_s)

    def next_moment(self) -> float | None:
        """When `tick` has to be called next, None while there is no need."""
        deadline_s = self._calls.next_deadline()
        if not self.ready:
            return deadline_s
        return self._refresh.due_s if deadline_s is None else min(deadline_s, self._refresh.due_s)

    @property
    def is_resting(self) -> bool:
        """Nothing is asked or to be sent, and nothing has to be asked sooner than was known."""
        return self.ready and not (self._calls.are_pending or self.outgoing or self._refresh.is_old)

    @property
    def is_waiting(self) -> bool:
        """Somebody waits for an answer, so that a line should be read as soon as it comes."""
        return self._calls.is_urgent

    def lost(self, why: str) -> None:
        """End every request: nothing will be answered any more."""
        self._calls.lost(why)

    # Out.

    def request(
        self, method: str, params: Any, timeout_s: float, future: Future[Any], on_progress: Progressed | None
    ) -> None:
        """Ask on behalf of somebody; the future ends exactly once."""
        deadline_s = self._clock.monotonic() + timeout_s
        self._calls.send(Call(method, future.set_result, future.set_exception, deadline_s, on_progress), params)

    def _ask(
        self,
        method: str,
        params: Any,
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        *,
        is_urgent: bool = True,
    ) -> None:
        deadline_s = self._clock.monotonic() + _OWN_DEADLINE_S
        self._calls.send(Call(method, done, failed, deadline_s, is_urgent=is_urgent), params)

    def _ask_again(self, now_s: float) -> None:
        """What the agent said of itself and of its actions gets old."""
        if now_s >= self._refresh.due_s:
            self._refresh.asked(now_s)
            self._ask("actions.list", None, self._listed, self._ignored, is_urgent=False)
            params = HelloParams(PROTOCOL_VERSION, f"memgui {__version__}")
            self._ask("hello", params, self._greeted_again, self._ignored, is_urgent=False)

    # What the agent says.

    def _take(self, message: Message | Malformed) -> None:
        if isinstance(message, Notification):
            self._notified(message)
        elif isinstance(message, Result):
            self._calls.result(message.id, message.result)
        elif isinstance(message, Failure):
            self._failure_came(message)
        elif isinstance(message, Malformed):
            raise _UnreadableError(message.reason)
        # A request from an agent has no meaning and is not answered.

    def _failure_came(self, message: Failure) -> None:
        if message.id is None:
            if message.code == jsonrpc.BUSY:
                raise PeerError(message.message)
            raise _UnreadableError(f"the agent could not read a line of ours: {message.message}")
        self._calls.failure(message.id, message.code, message.message)

    def _greeted(self, result: Any) -> None:
        why = incompatibility(result.get("protocol") if isinstance(result, dict) else None)
        if why is not None:
            raise PeerError(why)
        try:
            hello = _convert(result, Hello)
        except _UnreadableError as error:
            raise PeerError(str(error)) from error
        offset_s = _offset(self._asked_s, self._clock.monotonic(), hello.monotonic_s)
        if self.offset_s is None or abs(offset_s - self.offset_s) > _SAME_OFFSET_S:
            self.offset_s = offset_s
        self.hello = hello
        self._ask("subscribe", SubscribeParams(self._hz), self._subscribed, self._turned_down)
        self._ask("actions.list", None, self._listed, self._ignored)
        self._ask("history", HistoryParams(self.last_s), self._history_came, self._no_history)

    def _greeted_again(self, result: Any) -> None:
        self.hello = _convert(result, Hello)

    def _subscribed(self, result: Any) -> None:
        try:
            answer = _convert(result, Subscribed)
        except _UnreadableError as error:
            raise PeerError(str(error)) from error
        self._names[answer.generation] = answer.names

    def _listed(self, result: Any) -> None:
        told = _convert(result, ActionList)
        self.actions, self.undos = told.actions, told.undos

    def _history_came(self, result: Any) -> None:
        try:
            page = _convert(result, History)
            rows = [self._history_row(page.names, row) for row in page.rows]
        except _UnreadableError:
            self._no_history(None)
            raise
        self._pages += 1
        self.history += rows
        self.events += [self._event(event) for event in page.events]
        before_s = self._newest_s
        if page.rows and (before_s is None or page.rows[-1].t_s > before_s):
            self._newest_s = page.rows[-1].t_s
            if page.more and self._pages < _PAGES_ALLOWED:
                self._ask("history", HistoryParams(self._newest_s), self._history_came, self._no_history)
                return
        self._no_history(None)

    def _no_history(self, _error: Exception | None) -> None:
        """There is no more of it; where the agent could not tell it, live rows follow all the same."""
        if self.ready:
            return
        self.ready = True
        self._refresh.asked(self._clock.monotonic())
        # What came live while the history was fetched may stand in both.
        newest_unix_s = self.history[-1].t_s if self.history else float("-inf")
        self.rows = [row for row in self.rows if row.t_s > newest_unix_s]
        self.last_s = self._newest_s

    def _notified(self, message: Notification) -> None:
        if message.method == "sample":
            self._sample_came(_convert(message.params, Sample))
        elif message.method == "event":
            self._event_came(_convert(message.params, Event))
        elif message.method == "progress":
            self._calls.progress(_convert(message.params, Progress))

    def _sample_came(self, sample: Sample) -> None:
        self.dropped = sample.dropped
        names = self._names.get(sample.generation)
        if names is None or len(names) != len(sample.v):
            raise _UnreadableError(f"the agent sent {len(sample.v)} values of a generation that it did not announce")
        self.rows.append(Row(self._unix(sample.t_s), _step(sample.step), dict(zip(names, sample.v, strict=True))))
        # A connection that is lost before the history is complete must not make the rest of it seem known.
        if self.ready and (self._newest_s is None or sample.t_s > self._newest_s):
            self._newest_s = self.last_s = sample.t_s

    def _event_came(self, event: Event) -> None:
        if event.kind == "metrics":
            try:
                self._names[int(event.data["generation"])] = msgspec.convert(event.data["names"], tuple[str, ...])
            except (KeyError, TypeError, ValueError, msgspec.ValidationError) as error:
                raise _UnreadableError(f"the agent announced metrics without their names: {error!r}") from error
            self._refresh.changed()
        elif event.kind == "actions":
            self._refresh.changed()
        else:
            self.events.append(self._event(event))
            if event.kind == "receipt":
                # What an action would yield has changed with it.
                self._refresh.changed()

    def _history_row(self, names: tuple[str, ...], row: HistoryRow) -> Row:
        low, high = (None if part is None else dict(zip(names, part, strict=False)) for part in (row.low, row.high))
        return Row(self._unix(row.t_s), _step(row.step), dict(zip(names, row.v, strict=False)), low, high)

    def _event(self, event: Event) -> MarkedEvent:
        return MarkedEvent(self._unix(event.t_s), event.kind, event.text, event.step, event.data)

    def _unix(self, agent_s: float) -> float:
        return self._clock.unix(agent_s + (self.offset_s or 0.0))

    def _turned_down(self, error: Exception) -> None:
        if isinstance(error, RemoteError | TimedOut):
            raise PeerError(error.what)

    def _ignored(self, _error: Exception) -> None:
        """It is asked again later."""

    def _count_malformed(self, reason: str) -> None:
        self.malformed += 1
        if self.malformed > _MALFORMED_ALLOWED:
            raise PeerError(f"the other side sends what is no message ({reason}); is it memgui?")


def _offset(asked_s: float, answered_s: float, agent_s: float) -> float:
    """What to add to the agent's clock, by the midpoint; 0 where both may be the same clock, as on one machine."""
    return 0.0 if asked_s <= agent_s <= answered_s else (asked_s + answered_s) / 2 - agent_s


def _step(step: int) -> int:
    if not -1 <= step < 2**62:  # the timeline has 64 bits for it
        raise _UnreadableError(f"the agent counts {step} steps")
    return step


def _convert(data: Any, cls: type[T]) -> T:
    try:
        return msgspec.convert(data, cls)
    except (msgspec.ValidationError, TypeError) as error:
        raise _UnreadableError(f"the agent sent a {cls.__name__} that cannot be read: {error}") from error
