"""Asking an agent for a look, and waiting for the answer. Any thread."""

from __future__ import annotations

from typing import Any, TypeVar

from memgui.link.actions import MARGIN_S, Requests
from memgui.link.calls import Progressed
from memgui.link.errors import RemoteError
from memgui.protocol.errors import Problem, Refused
from memgui.protocol.inspection import Inspected, InspectParams
from memgui.protocol.jsonrpc import METHOD_NOT_FOUND, NOT_INSPECTED
from memgui.protocol.wire import WireError, from_wire

Answer = TypeVar("Answer", bound=Inspected)


def inspect(
    hub: Requests,
    key: str,
    method: str,
    params: InspectParams,
    answer: type[Answer],
    *,
    on_progress: Progressed | None = None,
) -> Answer:
    """Ask and wait.

    Raises:
        Refused: it could not be looked at; the text says why.
        RemoteError: the target does not take such parameters.
        TimedOut, Disconnected: no answer came.
        Problem: the agent is too old, or its answer cannot be read.
    """
    timeout_s = params.timeout_s + params.budget_ms / 1e3 + MARGIN_S
    future = hub.request(key, method, params, timeout_s=timeout_s, on_progress=on_progress)
    try:
        return read_answer(answer, future.result())
    except RemoteError as error:
        if error.code == NOT_INSPECTED:
            raise Refused(error.what, error.next_step) from error
        if error.code == METHOD_NOT_FOUND:
            raise Problem(
                f"the agent in this process knows no {method}", "start the run anew with this memgui"
            ) from error
        raise


def read_answer(answer: type[Answer], data: Any) -> Answer:
    """The dataclass from what came.

    Raises:
        Problem: it cannot be read.
    """
    try:
        return from_wire(answer, data)
    except WireError as error:
        raise Problem(f"the agent's answer cannot be read: {error}") from error
