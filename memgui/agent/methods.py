"""What a viewer may ask for: each method of the wire, on the agent's thread."""

from __future__ import annotations

import math
import time
from typing import Any, Callable, Dict, Optional, Union

from memgui.agent import identity
from memgui.agent.actions import schema
from memgui.agent.actions.action import Action
from memgui.agent.actions.registry import Registry
from memgui.agent.actions.shrinking import Shrinking
from memgui.agent.connection import Connection
from memgui.agent.errands import Errands
from memgui.agent.events import Events
from memgui.agent.explain.watcher import Watcher
from memgui.agent.inspect.inspections import Inspections
from memgui.agent.meetings import Meeting, Meetings
from memgui.agent.pools.pools import Pools
from memgui.agent.previews import look
from memgui.agent.ring import Ring
from memgui.agent.safepoint import SafePoints
from memgui.agent.sampler import Sampler
from memgui.agent.steps import StepClock
from memgui.protocol import jsonrpc, payloads
from memgui.protocol.errors import Problem
from memgui.protocol.inspection import Cancelled, CancelParams, InspectionList
from memgui.protocol.jsonrpc import Failure, Message, Request, Result
from memgui.protocol.meeting import MeetParams, Met
from memgui.protocol.pools import PoolList
from memgui.protocol.version import incompatibility
from memgui.protocol.watch import Watching, WatchParams, WatchReport
from memgui.protocol.wire import WireError, from_wire, to_wire

SLOWEST_HZ, FASTEST_HZ = 0.1, 100.0
_PAGE_LIMIT = 1000


class Fault(Exception):  # noqa: N818 - it becomes the wire's Failure
    """A request that cannot be served."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Methods:
    """Answers requests; the answer to a run or a look comes later, by `Errands`."""

    def __init__(
        self,
        start_time: int,
        clock: StepClock,
        sampler: Sampler,
        ring: Ring,
        events: Events,
        registry: Registry,
        errands: Errands,
        inspections: Inspections,
        watcher: Watcher,
        pools: Pools,
        shrinking: Shrinking,
        safe_points: SafePoints,
        meetings: Meetings,
    ) -> None:
        self._start_time = start_time
        self._clock = clock
        self._sampler = sampler
        self._ring = ring
        self._events = events
        self._registry = registry
        self._errands = errands
        self._inspections = inspections
        self._watcher = watcher
        self._pools = pools
        self._shrinking = shrinking
        self._safe_points = safe_points
        self._meetings = meetings
        self._methods: Dict[str, Callable[[Connection, Request], Any]] = {
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "history": self._history,
            "actions.list": self._list,
            "actions.preview": self._preview,
            "actions.run": self._run,
            "actions.undo": self._undo,
            "actions.meet": self._meet,
            "inspect.list": self._list_inspections,
            "inspect.cancel": self._cancel_looks,
            "watch.start": self._start_watch,
            "watch.stop": self._stop_watch,
            "inspect.pools": self._list_pools,
        }

    def handle(self, peer: Connection, message: Message) -> None:
        """Answer a message; anything but a request is ignored."""
        if isinstance(message, Request):
            answer = self._answer(peer, message)
            if answer is not None:
                peer.outbox.put(_line(answer))

    def _answer(self, peer: Connection, request: Request) -> Optional[Union[Result, Failure]]:
        try:
            if request.method == "hello":
                return Result(request.id, to_wire(self._hello(peer, request)))
            if not peer.greeted:
                raise Fault(jsonrpc.INVALID_REQUEST, 'the first request on a connection must be "hello"')
            if self._inspections.has(request.method):
                self._inspect(peer, request)
                return None
            method = self._methods.get(request.method)
            if method is None:
                raise Fault(jsonrpc.METHOD_NOT_FOUND, f"this agent has no method {request.method!r}")
            answer = method(peer, request)
            return None if answer is None else Result(request.id, to_wire(answer))
        except Fault as fault:
            return Failure(request.id, fault.code, str(fault))
        except WireError as error:
            return Failure(request.id, jsonrpc.INVALID_PARAMS, str(error))
        except Exception as error:  # noqa: BLE001 - the border to the peer: it is told, and the agent goes on
            return Failure(request.id, jsonrpc.INTERNAL_ERROR, f"{request.method}: {type(error).__name__}: {error}")

    def _hello(self, peer: Connection, request: Request) -> payloads.Hello:
        reason = incompatibility(request.params.get("protocol"))
        if reason is not None:
            peer.closing = True
            raise Fault(jsonrpc.VERSION_MISMATCH, reason)
        from_wire(payloads.HelloParams, request.params)
        peer.greeted = True
        return identity.hello(self._start_time, self._clock)

    def _subscribe(self, peer: Connection, request: Request) -> payloads.Subscribed:
        asked = from_wire(payloads.SubscribeParams, request.params).hz
        if not math.isfinite(asked):
            raise Fault(jsonrpc.INVALID_PARAMS, "SubscribeParams.hz: expected a finite number")
        peer.hz = min(FASTEST_HZ, max(SLOWEST_HZ, asked))
        peer.due_s = time.monotonic()
        return payloads.Subscribed(self._sampler.generation, self._sampler.names, peer.hz)

    def _unsubscribe(self, peer: Connection, _request: Request) -> bool:
        peer.hz = None
        return True

    def _history(self, _peer: Connection, request: Request) -> payloads.History:
        asked = from_wire(payloads.HistoryParams, request.params)
        rows, more = self._ring.page(asked.since_s, min(asked.limit, _PAGE_LIMIT))
        until_s = rows[-1].t_s if more else None
        return payloads.History(self._sampler.names, rows, self._events.between(asked.since_s, until_s), more)

    def _list(self, _peer: Connection, _request: Request) -> payloads.ActionList:
        return payloads.ActionList(tuple(self._registry.describe()), self._shrinking.undos())

    def _list_pools(self, _peer: Connection, _request: Request) -> PoolList:
        return self._pools.list()

    def _preview(self, peer: Connection, request: Request) -> Optional[payloads.Preview]:
        asked = from_wire(payloads.PreviewParams, request.params)
        _finite("PreviewParams.timeout_s", asked.timeout_s)
        action = self._action(asked.action)
        unavailable = action.unavailable()
        if unavailable is not None:
            return payloads.Preview(action.name, unavailable=unavailable)
        try:
            task = action.preview(dict(asked.params))
        except Problem as error:
            return payloads.Preview(action.name, unavailable=f"{error.what}; {error.next_step}")
        if task is not None:
            if not self._safe_points.submit(look(action, task, peer.number, request.id, asked.timeout_s)):
                raise Fault(jsonrpc.BUSY, "too much waits for a step boundary already; wait for the answers")
            return None
        estimate = action.estimate(dict(asked.params))
        return payloads.Preview(action.name, estimate.would_free_bytes, estimate.pause_ms, estimate.changes)

    def _run(self, peer: Connection, request: Request) -> None:
        asked = from_wire(payloads.RunParams, request.params)
        action = self._action(asked.action)
        if asked.when not in ("safe_point", "now"):
            raise Fault(jsonrpc.INVALID_PARAMS, f'RunParams.when: "safe_point" or "now", not {asked.when!r}')
        _finite("RunParams.timeout_s", asked.timeout_s)
        params: Dict[str, Any] = dict(asked.params)
        if action.unavailable() is None:
            try:
                params = schema.complete(action.schema(), params)
            except ValueError as error:
                raise Fault(jsonrpc.INVALID_PARAMS, f"RunParams.params: {error}") from error
        meeting = self._begin_meeting(peer, action, asked)
        if not self._errands.start(peer, request.id, action, params, asked, meeting):
            raise Fault(jsonrpc.BUSY, "too many actions wait for a step boundary already; wait for their receipts")

    def _undo(self, peer: Connection, request: Request) -> Optional[payloads.Receipt]:
        asked = from_wire(payloads.UndoParams, request.params)
        _finite("UndoParams.timeout_s", asked.timeout_s)
        action = self._shrinking.take_back(asked.undo)
        if action is None:
            reason = f"no run that could be taken back has the undo id {asked.undo!r}; nothing was changed"
            return payloads.Receipt(id=asked.undo, action="", outcome="refused", reason=reason)
        run = payloads.RunParams(action.name, timeout_s=asked.timeout_s, at_step=asked.at_step, meeting=asked.meeting)
        meeting = self._begin_meeting(peer, action, run)
        if not self._errands.start(peer, request.id, action, {}, run, meeting):
            raise Fault(jsonrpc.BUSY, "too many actions wait for a step boundary already; wait for their receipts")
        return None

    def _begin_meeting(self, peer: Connection, action: Action, asked: payloads.RunParams) -> Optional[Meeting]:
        if asked.meeting is None:
            return None
        if not action.meets or asked.when != "safe_point" or asked.at_step is not None:
            raise Fault(jsonrpc.INVALID_PARAMS, f"RunParams.meeting: {action.name} cannot be run so; use at_step")
        try:
            return self._meetings.begin(asked.meeting, peer.number)
        except Problem as error:
            raise Fault(jsonrpc.BUSY, str(error)) from error

    def _meet(self, peer: Connection, request: Request) -> Optional[Met]:
        try:
            return self._meetings.ask(peer.number, request.id, from_wire(MeetParams, request.params))
        except Problem as error:
            raise Fault(jsonrpc.INVALID_PARAMS, str(error)) from error

    def _list_inspections(self, _peer: Connection, _request: Request) -> InspectionList:
        return self._inspections.list()

    def _cancel_looks(self, peer: Connection, request: Request) -> Cancelled:
        asked = from_wire(CancelParams, request.params)
        return Cancelled(self._errands.cancel_looks(peer.number, asked.method))

    def _start_watch(self, _peer: Connection, request: Request) -> Watching:
        answer = self._watcher.start(from_wire(WatchParams, request.params))
        if answer is None:
            raise Fault(jsonrpc.BUSY, "too much waits for a step boundary already; wait for the answers")
        return answer

    def _stop_watch(self, _peer: Connection, _request: Request) -> WatchReport:
        return self._watcher.stop()

    def _inspect(self, peer: Connection, request: Request) -> None:
        if not self._inspections.start(peer, request.id, request.method, request.params):
            raise Fault(jsonrpc.BUSY, "too much waits for a step boundary already; wait for the answers")

    def _action(self, name: str) -> Action:
        action = self._registry.find(name)
        if action is None:
            known = ", ".join(self._registry.names())
            raise Fault(jsonrpc.INVALID_PARAMS, f"this target has no action {name!r}; it has: {known}")
        return action


def _finite(name: str, value: float) -> None:
    if not math.isfinite(value):
        raise Fault(jsonrpc.INVALID_PARAMS, f"{name}: expected a finite number")


def _line(answer: Union[Result, Failure]) -> bytes:
    try:
        return jsonrpc.encode(answer)
    except (ValueError, TypeError) as error:
        return jsonrpc.encode(Failure(answer.id, jsonrpc.INTERNAL_ERROR, f"the answer cannot be written: {error}"))
