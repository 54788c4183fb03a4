"""Every run that was asked for ends in exactly one receipt."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from memgui.agent.actions.action import Action, Estimate, Outcome, Point
from memgui.agent.runs import RunRecord
from memgui.agent.safepoint import QUEUE_LIMIT, Run, SafePoints
from memgui.protocol.errors import Problem, Refused
from memgui.protocol.payloads import Receipt

AT = Point("optimizer", 7)


class Scripted(Action):
    name = "scripted"

    def __init__(self, *outcomes: Outcome | BaseException) -> None:
        self.outcomes = list(outcomes)
        self.seen: list[Outcome] = []
        self.gone: str | None = None

    def unavailable(self) -> str | None:
        return self.gone

    def estimate(self, params: dict[str, Any]) -> Estimate:
        return Estimate()

    def frees(self, metric: str) -> bool:
        return metric == "host.rss_bytes"

    def run(self, params: dict[str, Any], point: Point, so_far: Outcome) -> Outcome:
        self.seen.append(so_far)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


class Levels:
    """A process that frees 100 bytes between two readings."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> dict[str, float]:
        self.now -= 100
        return {"host.rss_bytes": self.now + 100, "host.anon_bytes": 5.0}


@pytest.fixture
def points() -> SafePoints:
    return SafePoints(lambda: None)


def run_of(action: Action, number: int = 1) -> Run:
    return Run(action, {}, RunRecord(number, Levels()), connection=1, request=number, since_s=0.0, deadline_s=30.0)


def only(points: SafePoints) -> Receipt:
    ((_, receipt),) = points.take_ended()
    assert points.take_ended() == []
    return receipt


def test_a_done_run_tells_before_after_and_what_was_freed(points: SafePoints) -> None:
    points.submit(run_of(Scripted(Outcome(details={"count": 3}))))
    points.visit(AT)
    receipt = only(points)
    assert (receipt.outcome, receipt.reason, receipt.step) == ("done", None, 7)
    assert receipt.before["host.rss_bytes"] - receipt.after["host.rss_bytes"] == receipt.freed_bytes == 100
    assert receipt.details == {"count": 3}
    assert receipt.cost_ms is not None
    assert receipt.cost_ms >= 0
    assert points.is_quiet


@pytest.mark.parametrize(
    ("raised", "outcome", "text"),
    [
        (Refused("not now", "wait"), "refused", "not now\nwait"),
        (Problem("no way", "buy memory"), "failed", "no way\nbuy memory"),
        (ZeroDivisionError("oops"), "failed", "scripted raised ZeroDivisionError: oops. Training goes on."),
    ],
)
def test_an_action_that_raises_is_told_and_training_goes_on(
    points: SafePoints, raised: Exception, outcome: str, text: str
) -> None:
    points.submit(run_of(Scripted(raised)))
    points.visit(AT)
    receipt = only(points)
    assert (receipt.outcome, receipt.reason, receipt.freed_bytes) == (outcome, text, None)


def test_an_unsafe_point_refuses(points: SafePoints) -> None:
    action = Scripted(Outcome())
    points.submit(run_of(action))
    points.visit(Point("optimizer", 7, unsafe="inside backward"))
    assert only(points).reason == "inside backward"
    assert action.seen == []


def test_what_became_unavailable_meanwhile_is_refused(points: SafePoints) -> None:
    action = Scripted(Outcome())
    points.submit(run_of(action))
    action.gone = "no accelerator"
    points.visit(AT)
    assert only(points).outcome == "refused"


def test_a_run_in_parts_goes_on_at_the_next_points_and_sums_up(points: SafePoints) -> None:
    action = Scripted(Outcome(10, complete=False, state="half"), Outcome(5, {"parts": 2}))
    points.submit(run_of(action))
    points.visit(AT)
    assert points.take_ended() == []
    assert not points.is_empty
    points.visit(Point("optimizer", 8))
    receipt = only(points)
    assert (receipt.outcome, receipt.freed_bytes, receipt.details, receipt.step) == ("done", 15, {"parts": 2}, 8)
    assert action.seen[1].state == "half"


def test_a_run_in_parts_that_is_given_up_tells_what_was_done(points: SafePoints) -> None:
    points.submit(run_of(Scripted(Outcome(10, complete=False))))
    points.visit(AT)
    points.expire(lambda _run: "no step", "timed_out")
    receipt = only(points)
    assert (receipt.outcome, receipt.freed_bytes, receipt.details) == ("done", 10, {"incomplete": "no step"})


def test_what_is_not_due_keeps_waiting(points: SafePoints) -> None:
    late, early = run_of(Scripted(Outcome()), 1), run_of(Scripted(Outcome()), 2)
    points.submit(late)
    points.submit(early)
    points.expire(lambda run: "over" if run is early else None, "timed_out")
    assert [run for run, _ in points.take_ended()] == [early]
    assert points.waiting == (late,)


def test_the_queue_is_bounded(points: SafePoints) -> None:
    accepted = [points.submit(run_of(Scripted(Outcome()), number)) for number in range(QUEUE_LIMIT + 3)]
    assert accepted == [True] * QUEUE_LIMIT + [False] * 3


def test_ctrl_c_inside_an_action_reaches_the_training_and_the_run_is_not_lost(points: SafePoints) -> None:
    points.submit(run_of(Scripted(KeyboardInterrupt())))
    with pytest.raises(KeyboardInterrupt):
        points.visit(AT)
    points.expire(lambda _run: "stopped", "refused")
    assert only(points).outcome == "refused"


def test_two_training_threads_share_the_runs(points: SafePoints) -> None:
    count = 12
    for number in range(count):
        points.submit(run_of(Scripted(Outcome(freed_bytes=number)), number))
    gate = threading.Barrier(2)

    def train() -> None:
        gate.wait()
        for _ in range(50):
            points.visit(AT)

    threads = [threading.Thread(target=train) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(receipt.id for _, receipt in points.take_ended()) == sorted(f"run-{n}" for n in range(count))


def test_details_that_json_cannot_say_are_left_out(points: SafePoints) -> None:
    points.submit(run_of(Scripted(Outcome(details={"nan": float("nan"), "object": object(), "text": "fine"}))))
    points.visit(AT)
    assert only(points).details == {"text": "fine"}
