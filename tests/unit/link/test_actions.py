"""A run of an action ends in one receipt, whatever happens to the agent."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest

from memgui.link.actions import MARGIN_S, preview_action, run_action, undo_action
from memgui.link.errors import Disconnected, RemoteError, TimedOut
from memgui.protocol import jsonrpc
from memgui.protocol.errors import Problem
from memgui.protocol.wire import to_wire


class Answers:
    """Stands for the hub; every request gets the same answer."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.asked: list[tuple[str, dict[str, Any], float]] = []

    def request(
        self, key: str, method: str, params: Any = None, *, timeout_s: float, on_progress: object = None
    ) -> Future[Any]:
        self.asked.append((method, to_wire(params), timeout_s))
        future: Future[Any] = Future()
        if isinstance(self.answer, Exception):
            future.set_exception(self.answer)
        else:
            future.set_result(self.answer)
        return future


def test_a_run_asks_for_the_action_and_waits_a_little_longer_than_the_agent() -> None:
    hub = Answers({"id": "run-1", "action": "trim_heap", "outcome": "done", "freed_bytes": 9, "later": "field"})
    receipt = run_action(hub, "k", "trim_heap", {"pad": 1}, timeout_s=7.0)
    assert (receipt.outcome, receipt.freed_bytes) == ("done", 9)
    ((method, params, timeout_s),) = hub.asked
    assert method == "actions.run"
    assert params == {"action": "trim_heap", "params": {"pad": 1}, "when": "safe_point", "timeout_s": 7.0}
    assert timeout_s == 7.0 + MARGIN_S


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Disconnected("the agent died"), "disconnected"),
        (TimedOut("no answer"), "timed_out"),
        (RemoteError(jsonrpc.INVALID_PARAMS, "no such action"), "refused"),
        (RemoteError(jsonrpc.BUSY, "too many"), "refused"),
        (RemoteError(jsonrpc.INTERNAL_ERROR, "it broke"), "failed"),
    ],
)
def test_what_goes_wrong_is_a_receipt_that_says_so(error: Problem, outcome: str) -> None:
    receipt = run_action(Answers(error), "k", "trim_heap", {})
    assert (receipt.action, receipt.outcome) == ("trim_heap", outcome)
    assert error.what in (receipt.reason or "")


def test_an_answer_that_is_no_receipt_is_a_failed_run() -> None:
    assert run_action(Answers({"outcome": 3}), "k", "trim_heap", {}).outcome == "failed"


def test_an_undo_ends_in_a_receipt_too() -> None:
    hub = Answers({"id": "u", "action": "x", "outcome": "refused", "reason": "nothing to take back"})
    assert undo_action(hub, "k", "u-1").outcome == "refused"
    assert hub.asked[0][1]["undo"] == "u-1"


def test_a_preview_is_read_or_says_why_not() -> None:
    assert preview_action(Answers({"action": "x", "would_free_bytes": 5}), "k", "x", {}).would_free_bytes == 5
    with pytest.raises(RemoteError):
        preview_action(Answers(RemoteError(jsonrpc.INVALID_PARAMS, "no such action")), "k", "x", {})
    with pytest.raises(Problem, match="cannot be read"):
        preview_action(Answers([]), "k", "x", {})
