"""Every look that was asked for is answered exactly once, at a step boundary, and leaves nothing behind."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from memgui.agent.actions.action import Point
from memgui.agent.inspect.budget import Budget
from memgui.agent.inspect.census import PERIOD_S, Census
from memgui.agent.inspect.inspection import Inspection, Task
from memgui.agent.inspect.inspections import Inspections
from memgui.agent.inspect.look import Look
from memgui.agent.inspect.mappings import Mappings, OwnPages, own_pages
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


def test_a_look_over_two_steps_ends_also_where_it_is_not_safe(points: SafePoints) -> None:
    task = Scripted(None, Inspected())
    points.submit(look_of(task))
    points.visit(AT)
    points.visit(Point("optimizer", 8, unsafe="inside backward"))
    assert only(points).message == "inside backward"
    assert task.log == ["visit", "end"]
    other = Scripted(None, Inspected())
    look = look_of(other)
    points.submit(look)
    points.visit(AT)
    points.expire(lambda _errand: "gone", "refused")
    points.take_ended()
    ending = look.ending()
    assert ending is not None
    points.submit(ending)
    points.visit(Point("optimizer", 9, unsafe="inside backward"))
    assert other.log == ["visit", "drop", "end"]


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
                look.cancel("the client that asked for it has gone")
            return Inspected()

    look = look_of(Endless())
    look.budget_s = 60.0
    begin = time.monotonic()
    points.submit(look)
    points.visit(AT)
    assert only(points).result.reason == "the client that asked for it has gone"
    assert time.monotonic() - begin < 30


def test_a_look_that_is_cancelled_between_two_visits_does_not_go_on(points: SafePoints) -> None:
    class Waiting(Task):
        visits = 0

        def visit(self, point: Point, budget: Budget) -> Inspected | None:
            self.visits += 1
            look.cancel("it was cancelled")
            return None

    task = Waiting()
    look = look_of(task)
    points.submit(look)
    points.visit(AT)
    answer = only(points)
    assert answer.message == "it was cancelled"
    points.visit(AT)
    assert task.visits == 1


def test_an_explanation_is_cancelled_over_the_wire(agent: Path, viewer: Any) -> None:
    number = viewer.send("inspect.explain", timeout_s=600.0)
    cancelling = viewer.send("inspect.cancel", method="inspect.explain")
    assert viewer.answer(cancelling)["result"] == {"looks": 1}
    assert viewer.answer(number)["error"]["message"] == "it was cancelled"
    assert viewer.call("inspect.cancel", method="inspect.explain") == {"looks": 0}


def test_inspections_are_listed_over_the_wire(agent: Path, viewer: Any) -> None:
    assert isinstance(viewer.call("inspect.list")["inspections"], list)
    assert viewer.fail("inspect.everything")["code"] == -32601


SMAPS = """\
55bb46e10000-55bb51370000 rw-p 00000000 00:00 0                          [heap]
Rss:                 900 kB
Anonymous:           800 kB
7f613dd2a000-7f613f92a000 rw-p 00000000 00:00 0
Anonymous:            70 kB
7f6140000000-7f6140400000 rw-p 00000000 00:00 0
Anonymous:            30 kB
7f6150000000-7f6150100000 rw-p 00001000 08:01 77                         /usr/lib/libtorch cpu.so
Anonymous:             6 kB
7f6160000000-7f6160100000 rw-s 00001000 00:05 78                         /dev/shm/torch_1 (deleted)
Anonymous:             5 kB
"""


def test_pages_are_told_apart_by_whose_they_are(tmp_path: Path) -> None:
    file = tmp_path / "smaps"
    file.write_text(SMAPS)
    assert own_pages(file) == OwnPages(libraries=6 * 1024, unnamed=70 * 1024)
    assert own_pages(tmp_path / "nothing") is None


def test_addresses_are_told_apart_by_what_backs_them(tmp_path: Path) -> None:
    file = tmp_path / "maps"
    file.write_text("".join(line + "\n" for line in SMAPS.splitlines() if "-" in line))
    found = Mappings(file)
    assert found.place(0x7F6150000010) == "mapped"
    assert found.place(0x7F6160000000) == "shared"
    assert [found.place(address) for address in (0x55BB46E10000, 0x7F613DD2A000, 0x7F6150100000, 0)] == [None] * 4


class Still:
    """A walker over nothing."""

    def __init__(self) -> None:
        self.looks = 0

    def look_at_known(self, budget: Budget) -> Any:
        self.looks += 1

        sizes = {("host", "parameters"): 70, ("shared", "parameters"): 7, ("cuda.0", "buffers"): 3}
        return SimpleNamespace(sizes=sizes)


class Live:
    def live(self) -> list[int]:
        return [1]


def test_the_census_is_taken_only_while_somebody_watches_and_seldom(points: SafePoints) -> None:
    walker: Any = Still()
    optimizers: Any = Live()
    census = Census(walker, optimizers, points)
    now = time.monotonic()
    census.follow(now, is_watched=False)
    assert points.is_empty
    assert census.probes() == []
    census.follow(now, is_watched=True)
    census.follow(now, is_watched=True)
    assert len(points.waiting) == 1
    points.visit(AT)
    values = {name: value for probe in census.probes() for name, value in zip(probe.names, probe.read(), strict=True)}
    assert values["composition.parameters_bytes"] == 77
    assert values["composition.buffers_bytes"] == 0
    assert values["cuda.0.buffers_bytes"] == 3
    census.follow(now + PERIOD_S / 2, is_watched=True)
    assert points.is_empty
    census.follow(now + 2 * PERIOD_S, is_watched=True)
    points.visit(AT)
    assert walker.looks == 2


def test_a_census_that_waits_in_vain_is_taken_later(points: SafePoints) -> None:
    walker: Any = Still()
    optimizers: Any = Live()
    census = Census(walker, optimizers, points)
    census.follow(0.0, is_watched=True)
    points.expire(lambda _errand: "no step", "timed_out")
    points.take_ended()
    census.follow(59.0, is_watched=True)
    assert points.is_empty
    census.follow(61.0, is_watched=True)
    assert not points.is_empty


def test_the_census_pauses_for_a_hundredth_of_the_time(points: SafePoints) -> None:
    walker: Any = Still()
    optimizers: Any = Live()
    census = Census(walker, optimizers, points)
    census._paused(400.0)
    census.follow(time.monotonic() + 35, is_watched=True)
    assert points.is_empty
    census.follow(time.monotonic() + 45, is_watched=True)
    assert not points.is_empty
