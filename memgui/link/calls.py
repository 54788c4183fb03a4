"""Requests under way on one connection: each ends exactly once, also when nobody answers. Reader thread only."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from memgui.link.errors import Disconnected, RemoteError, TimedOut
from memgui.protocol import jsonrpc
from memgui.protocol.jsonrpc import Request
from memgui.protocol.payloads import Progress
from memgui.protocol.wire import to_wire

Progressed = Callable[[Progress], None]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Call:
    """One request: who is told the result, or the error (RemoteError, TimedOut, Disconnected), and until when.

    Attributes:
        is_urgent: somebody waits for the answer.
    """

    method: str
    done: Callable[[Any], None]
    failed: Callable[[Exception], None]
    deadline_s: float
    on_progress: Progressed | None = None
    is_urgent: bool = True


class Calls:
    """Numbers requests and finds who asked.

    Attributes:
        outgoing: bytes to be sent.
    """

    def __init__(self) -> None:
        self.outgoing = bytearray()
        self._ids = itertools.count(1)
        self._pending: dict[int, Call] = {}

    @property
    def are_pending(self) -> bool:
        """An answer is to come."""
        return bool(self._pending)

    @property
    def is_urgent(self) -> bool:
        """Somebody waits for one of the answers."""
        return any(call.is_urgent for call in self._pending.values())

    def send(self, call: Call, params: Any) -> None:
        """Ask; a request that cannot be written ends here."""
        number = next(self._ids)
        try:
            line = jsonrpc.encode(Request(number, call.method, to_wire(params) if params is not None else {}))
        except (TypeError, ValueError) as error:
            call.failed(RemoteError(jsonrpc.INVALID_PARAMS, f"the request {call.method} cannot be written: {error}"))
            return
        self._pending[number] = call
        self.outgoing += line

    def result(self, number: int, result: Any) -> None:
        """The answer came. One to an unknown number, or a second one, is ignored."""
        call = self._pending.pop(number, None)
        if call is not None:
            call.done(result)

    def failure(self, number: int, code: int, message: str) -> None:
        """The answer came, and is an error."""
        call = self._pending.pop(number, None)
        if call is not None:
            call.failed(RemoteError(code, message))

    def progress(self, progress: Progress) -> None:
        """Word came from a request that is still under way."""
        call = self._pending.get(progress.request)
        if call is None or call.on_progress is None:
            return
        try:
            call.on_progress(progress)
        except Exception:  # noqa: BLE001 - the receiver is somebody else's code
            _log.exception("the receiver of the progress of %s failed", call.method)

    def expire(self, now_s: float) -> None:
        """End what has waited too long."""
        for number in [number for number, call in self._pending.items() if call.deadline_s <= now_s]:
            call = self._pending.pop(number)
            what = f"the agent gave no answer to {call.method} in time"
            call.failed(TimedOut(what, "the target may be stopped or overloaded"))

    def next_deadline(self) -> float | None:
        """When `expire` has to be called next, None while nothing is awaited."""
        return min((call.deadline_s for call in self._pending.values()), default=None)

    def lost(self, why: str) -> None:
        """Nothing will be answered any more."""
        pending, self._pending = self._pending, {}
        for call in pending.values():
            call.failed(Disconnected(f"the connection ended before the answer to {call.method} came: {why}"))
