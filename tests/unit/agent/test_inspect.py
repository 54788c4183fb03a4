"""Every look that was asked for is answered exactly once, at a step boundary, and leaves nothing behind."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from typing import Any

import pytest

from memgui.agent.actions.action import Point
from memgui.agent.inspect.budget import Budget
from memgui.agent.inspect.inspection import Inspection, Task
from memgui.agent.inspect.inspections import Inspections
from memgui.agent.inspect.look import Look
from memgui.agent.safepoint import QUEUE_LIMIT, SafePoints
from memgui.protocol.errors import Refused
from memgui.protocol.inspection import Inspected
from memgui.protocol.jsonrpc import NOT_INSPECTED, Failure, Result

AT = Point("optimizer", 7)


class Scripted(Task):
    def __init__(self, *outcomes: Inspected | BaseException | None) -> None:
        self.outcomes = list(outcomes)
        self.log: list[str] = []

    def visit(self, point: Point, budget: Budget) -> Inspected | None:
        self.log.append("visit" if not gc.isenabled() else "visit with the collector on")
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        if outcome is not None and outcome.step == 99:
            budget.cut("too long")
        return outcome

    def drop(self) -> None:
        self.log.append("drop")

    def end(self) -> None:
        self.log.append("end")


@pytest.fixture
def points() -> SafePoints:
    return SafePoints(lambda: None)


def look_of(task: Task, pauses: list[float] | None = None) -> Look:
    return Look(task, "inspect.scripted", 1.0, 1, 5, 0.0, 30.0, (pauses if pauses is not None else []).append)


def only(points: SafePoints) -> Any:
    ((_, answer),) = points.take_ended()
    assert points.take_ended() == []
    return answer


def test_a_look_is_answered_with_its_step_and_what_it_cost(points: SafePoints) -> None:
    task, pauses = Scripted(Inspected()), []
    points.submit(look_of(task, pauses))
    points.visit(AT)
    answer = only(points)
    assert isinstance(answer, Result)
    assert (answer.id, answer.result.step, answer.result.complete) == (5, 7, True)
    assert [answer.result.pause_ms] == pauses
    assert task.log == ["visit", "end"]
    assert gc.isenabled()


def test_a_walk_that_was_cut_short_says_so(points: SafePoints) -> None:
    points.submit(look_of(Scripted(Inspected(step=99))))
    points.visit(AT)
    seen = only(points).result
    assert (seen.complete, seen.reason) == (False, "too long")


@pytest.mark.parametrize(
    ("raised", "text"),
    [
        (Refused("nothing to see", "train"), "nothing to see; train"),
        (ZeroDivisionError("oops"), "inspect.scripted raised ZeroDivisionError: oops. Training goes on."),
    ],
)
def test_a_look_that_raises_is_told_and_training_goes_on(points: SafePoints, raised: Exception, text: str) -> None:
    task = Scripted(raised)
    points.submit(look_of(task))
    points.visit(AT)
    assert only(points) == Failure(5, NOT_INSPECTED, text)
    assert task.log == ["visit", "end"]
    assert gc.isenabled()


def test_nothing_is_looked_at_where_it_is_not_safe(points: SafePoints) -> None:
    task = Scripted(Inspected())
    points.submit(look_of(task))
    points.visit(Point("optimizer", 7, unsafe="inside backward"))
    assert only(points) == Failure(5, NOT_INSPECTED, "inside backward")
    assert task.log == []


def test_a_look_over_two_steps_that_is_given_up_ends_at_the_next_step(points: SafePoints) -> None:
    task = Scripted(None, Inspected())
    look = look_of(task)
    points.submit(look)
    points.visit(AT)
    assert points.take_ended() == []
    points.expire(lambda _errand: "the client has gone", "refused")
    assert only(points).message == "the client has gone"
    assert task.log == ["visit", "drop"]
    ending = look.ending()
    assert ending is not None
    assert look.ending() is None
    points.submit(ending)
    points.visit(AT)
    assert task.log == ["visit", "drop", "end"]


def test_a_budget_ends_with_its_time_and_keeps_the_first_reason() -> None:
    now = [0.0]
    budget = Budget(0.5, clock=lambda: now[0])
    assert not budget.is_spent()
    now[0] = 0.5
    assert budget.is_spent()
    budget.cut("something else")
    assert budget.reason is not None
    assert budget.reason.startswith("stopped after 500 ms")


class Asleep(Inspection):
    method = "inspect.asleep"


def test_the_pause_that_was_measured_is_the_one_to_expect(points: SafePoints) -> None:
    class Still(Inspection):
        method = "inspect.still"

        def look(self, asked: Any, point: Point, budget: Budget) -> Inspected:
            return Inspected()

    class Peer:
        number = 1

    inspections = Inspections((Still(), Asleep()), points)
    before = {info.method: info.pause_ms for info in inspections.list().inspections}
    assert before["inspect.still"] == before["inspect.asleep"] is not None
    peer: Any = Peer()
    assert inspections.start(peer, 5, "inspect.still", {})
    points.visit(AT)
    after = {info.method: info.pause_ms for info in inspections.list().inspections}
    assert after["inspect.still"] == only(points).result.pause_ms
    assert all(inspections.start(peer, 5, "inspect.still", {}) for _ in range(QUEUE_LIMIT))
    assert not inspections.start(peer, 5, "inspect.still", {})


@pytest.mark.parametrize(
    ("params", "names"),
    [({"when": "now"}, "when"), ({"timeout_s": "soon"}, "timeout_s"), ({"budget_ms": float("nan")}, "budget_ms")],
)
def test_wrong_parameters_are_named(points: SafePoints, params: dict[str, Any], names: str) -> None:
    peer: Any = None
    with pytest.raises(ValueError, match=names):
        Inspections((Asleep(),), points).start(peer, 1, "inspect.asleep", params)


def test_a_gone_client_ends_the_walk(points: SafePoints) -> None:
    class Endless(Task):
        def visit(self, point: Point, budget: Budget) -> Inspected | None:
            while not budget.is_spent():
                look.cancel()
            return Inspected()

    look = look_of(Endless())
    look.budget_s = 60.0
    begin = time.monotonic()
    points.submit(look)
    points.visit(AT)
    assert only(points).result.reason == "the client that asked for it has gone"
    assert time.monotonic() - begin < 30


def test_inspections_are_listed_over_the_wire(agent: Path, viewer: Any) -> None:
    assert isinstance(viewer.call("inspect.list")["inspections"], list)
    assert viewer.fail("inspect.everything")["code"] == -32601
