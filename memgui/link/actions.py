"""Actions as futures that end in a Receipt, whatever happens on the way. Any thread."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, Protocol

from memgui.link.calls import Progressed
from memgui.link.errors import Disconnected, RemoteError, TimedOut
from memgui.protocol.errors import Problem
from memgui.protocol.jsonrpc import INTERNAL_ERROR
from memgui.protocol.payloads import Preview, PreviewParams, Receipt, RunParams, UndoParams
from memgui.protocol.wire import WireError, from_wire

# The agent answers `timed_out` by itself; this is for an agent that cannot answer any more.
MARGIN_S = 5.0


class Requests(Protocol):
    """The part of the hub that carries requests."""

    def request(
        self, key: str, method: str, params: Any = None, *, timeout_s: float, on_progress: Progressed | None = None
    ) -> Future[Any]:
        """Ask an agent."""
        ...


def run_action(
    hub: Requests,
    key: str,
    action: str,
    params: Mapping[str, Any],
    *,
    when: str = "safe_point",
    timeout_s: float = 30.0,
    at_step: int | None = None,
    on_progress: Progressed | None = None,
) -> Receipt:
    """Run an action and wait for its one result; never raises for what the other side does.

    Args:
        timeout_s: how long the agent may wait for a step boundary.
        at_step: run at the boundary after this step; None for the next.
        on_progress: is told, on the reader's thread, that it still waits.
    """
    body = RunParams(action, dict(params), when, timeout_s, at_step)
    future = hub.request(key, "actions.run", body, timeout_s=timeout_s + MARGIN_S, on_progress=on_progress)
    return receipt_of(future, action)


def undo_action(hub: Requests, key: str, undo: str, *, timeout_s: float = 30.0) -> Receipt:
    """Take a run back and wait for the one result."""
    body = UndoParams(undo, timeout_s)
    return receipt_of(hub.request(key, "actions.undo", body, timeout_s=timeout_s + MARGIN_S), "undo")


def preview_action(
    hub: Requests, key: str, action: str, params: Mapping[str, Any], *, timeout_s: float = 30.0
) -> Preview:
    """What a run would change. Nothing is changed by asking.

    Args:
        timeout_s: how long the agent may wait for a step boundary, where it has to look at the model.

    Raises:
        RemoteError: the target has no such action, or does not take such parameters.
        TimedOut, Disconnected: no answer came.
        Problem: the answer cannot be read.
    """
    body = PreviewParams(action, dict(params), timeout_s)
    return preview_of(hub.request(key, "actions.preview", body, timeout_s=timeout_s + MARGIN_S))


def preview_of(future: Future[Any]) -> Preview:
    """Wait for the answer to a preview; raises what `preview_action` does."""
    answer = future.result()
    try:
        return from_wire(Preview, answer)
    except WireError as error:
        raise Problem(f"the agent's answer cannot be read: {error}") from error


def receipt_of(future: Future[Any], action: str) -> Receipt:
    """Wait for the future; an error becomes a receipt that says so."""
    try:
        return from_wire(Receipt, future.result())
    except TimedOut as error:
        return Receipt("", action, "timed_out", sentence(error))
    except Disconnected as error:
        return Receipt("", action, "disconnected", sentence(error))
    except RemoteError as error:
        return Receipt("", action, "failed" if error.code == INTERNAL_ERROR else "refused", sentence(error))
    except WireError as error:
        return Receipt("", action, "failed", f"the agent's answer cannot be read: {error}")


def sentence(error: Problem) -> str:
    """An error on one line."""
    return f"{error.what}; {error.next_step}" if error.next_step else error.what
