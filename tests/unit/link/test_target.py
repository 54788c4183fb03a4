"""The model of a live target: what batches make of it."""

from __future__ import annotations

from memgui.collect.observer import EndReason
from memgui.link.batch import CONNECTED, ENDED, LOST, Batch
from memgui.link.target import LiveTarget
from memgui.protocol.payloads import ActionInfo
from memgui.protocol.shrinking import UndoInfo
from memgui.store.events import MarkedEvent
from memgui.store.timeline import Row

KEY = "4242.99"
GIB = 2.0**30


def rows(*steps: int, t0: float = 1000.0, **values: float) -> tuple[Row, ...]:
    return tuple(Row(t0 + step / 10, step, {"host.rss_bytes": 1e9 + step, **values}) for step in steps)


def test_rows_make_the_timeline_and_the_rate() -> None:
    target = LiveTarget(KEY)
    target.apply(Batch(KEY, rows(*range(50))))
    assert target.pid == 4242
    assert target.timeline.last_step == 49
    assert abs(target.rate_hz - 10.0) < 0.1
    assert target.agent_cost_ratio is None


def test_the_cost_of_the_agent_is_its_time_per_sample_and_the_rate() -> None:
    target = LiveTarget(KEY)
    costs = tuple(Row(1000 + at / 10, at, {"agent.sample_cpu_s": 1e-4}) for at in range(40))
    target.apply(Batch(KEY, costs))
    assert target.agent_cost_ratio is not None
    assert abs(target.agent_cost_ratio - 1e-3) < 1e-5


def test_a_first_history_goes_before_and_a_later_one_into_its_place() -> None:
    target = LiveTarget(KEY)
    target.apply(Batch(KEY, rows(20, 21), history=rows(*range(10))))
    assert target.timeline.first_t == 1000.0
    target.apply(Batch(KEY, rows(22), history=rows(*range(12, 18))))
    assert target.timeline.last_step == 22
    assert target.timeline.time_of_step(15) == 1001.5


def test_rows_from_outside_do_not_turn_the_step_back() -> None:
    target = LiveTarget(KEY)
    target.apply(Batch(KEY, rows(7)))
    target.apply(Batch(KEY, (Row(2000.0, -1, {"host.rss_bytes": 5.0}),)))
    assert target.timeline.last_step == 7
    assert target.timeline.latest("host.rss_bytes") == 5.0


def test_a_lost_and_an_ended_target_keep_everything() -> None:
    target = LiveTarget(KEY)
    target.apply(Batch(KEY, rows(1, 2), state=CONNECTED, state_text="connected", dropped=3))
    target.apply(Batch(KEY, state=LOST, state_text="connection lost"))
    assert (target.state, target.state_text, target.dropped) == (LOST, "connection lost", 3)
    end = EndReason("signal", "was ended by SIGKILL")
    target.apply(Batch(KEY, state=ENDED, state_text=end.text, end=end))
    assert target.end == end
    assert target.timeline.last_step == 2
    assert target.timeline.latest("host.rss_bytes") == 1e9 + 2


def receipt(t_s: float, **data: object) -> MarkedEvent:
    return MarkedEvent(t_s, "receipt", "Trim heap: done", 5, {"id": "run-1", "action": "trim_heap", **data})


def test_a_receipt_is_an_event_with_its_delta_and_learns_what_stays_freed() -> None:
    target = LiveTarget(KEY)
    done = receipt(1000.0, outcome="done", freed_bytes=77)
    target.apply(Batch(KEY, events=(done, done)))
    assert [one.freed_bytes for one in target.receipts] == [77]
    (event,) = target.timeline.events
    assert event.data["freed_bytes"] == 77
    settled = MarkedEvent(1002.0, "settled", "later", 25, {"id": "run-1", "after": {"host.rss_bytes": 5}, "steps": 20})
    target.apply(Batch(KEY, events=(settled,)))
    assert target.receipts[0].details["settled"]["steps"] == 20
    assert len(target.receipts) == 1


def test_a_receipt_that_cannot_be_read_stays_among_the_events() -> None:
    target = LiveTarget(KEY)
    target.apply(Batch(KEY, events=(MarkedEvent(1.0, "receipt", "of another version", 1, {"x": 1}),)))
    assert target.receipts == []
    assert len(target.timeline.events) == 1


def test_actions_are_replaced_as_a_whole() -> None:
    target = LiveTarget(KEY)
    target.apply(Batch(KEY, actions=(ActionInfo("a", "A", "free", ""), ActionInfo("b", "B", "free", ""))))
    target.apply(Batch(KEY, actions=(ActionInfo("b", "B", "free", ""),)))
    target.apply(Batch(KEY, rows(1)))
    assert [info.name for info in target.actions] == ["b"]


def test_the_limit_is_the_one_with_the_least_headroom() -> None:
    target = LiveTarget(KEY)
    assert target.limit is None
    machine = {"machine.total_bytes": 64 * GIB, "machine.available_bytes": 30 * GIB}
    group = {"cgroup.limit_bytes": 16 * GIB, "cgroup.working_set_bytes": 10 * GIB}
    target.apply(Batch(KEY, (Row(1.0, 1, machine),)))
    assert target.limit == ("machine", 64 * GIB)
    target.apply(Batch(KEY, (Row(2.0, 1, {**machine, **group}),)))
    assert target.limit == ("cgroup", 16 * GIB)


def test_steady_growth_becomes_a_finding() -> None:
    target = LiveTarget(KEY)
    for step in range(900):
        grown = {"host.anon_bytes": 1e9 + step * 2e6, "machine.total_bytes": 8e9, "machine.available_bytes": 4e9}
        target.apply(Batch(KEY, (Row(1000 + step / 10, step, grown),)))
    assert [finding.metric for finding in target.findings] == ["host.anon_bytes"]
    assert target.findings[0].limit_name == "machine"


def test_what_can_be_taken_back_is_as_told_last() -> None:
    target = LiveTarget("7.1")
    undo = UndoInfo("u-1", "prune", "Prune", 12, 3.0)
    target.apply(Batch("7.1", actions=(), undos=(undo,)))
    target.apply(Batch("7.1"))
    assert target.undos == (undo,)
    target.apply(Batch("7.1", actions=(), undos=()))
    assert target.undos == ()
