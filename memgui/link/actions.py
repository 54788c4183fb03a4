"""Actions as futures that end in a Receipt, whatever happens on the way. Any thread."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, Protocol

from memgui.link.errors import Disconnected, RemoteError, TimedOut
from memgui.protocol.payloads import Receipt
from memgui.protocol.wire import WireError, from_wire

# The agent answers `timed_out` by itself; this is for an agent that cannot answer any more.
MARGIN_S = 5.0


class Requests(Protocol):
    """The part of the hub that carries requests."""

    def request(self, key: str, method: str, params: Any = None, *, timeout_s: float) -> Future[Any]:
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
) -> Receipt:
    """Run an action and wait for its one result; never raises for what the other side does."""
    body = {"action": action, "params": dict(params), "when": when, "timeout_s": timeout_s}
    return receipt_of(hub.request(key, "actions.run", body, timeout_s=timeout_s + MARGIN_S), action)


def undo_action(hub: Requests, key: str, undo: str, *, timeout_s: float = 30.0) -> Receipt:
    """Take a run back and wait for the one result."""
    body = {"undo": undo, "timeout_s": timeout_s}
    return receipt_of(hub.request(key, "actions.undo", body, timeout_s=timeout_s + MARGIN_S), "undo")


def receipt_of(future: Future[Any], action: str) -> Receipt:
    """Wait for the future; an error becomes a receipt that says so."""
    try:
        return from_wire(Receipt, future.result())
    except TimedOut as error:
        return Receipt("", action, "timed_out", f"{error.what}; {error.next_step}")
    except Disconnected as error:
        return Receipt("", action, "disconnected", error.what)
    except RemoteError as error:
        return Receipt("", action, "refused", error.what)
    except WireError as error:
        return Receipt("", action, "failed", f"the agent's answer cannot be read: {error}")
