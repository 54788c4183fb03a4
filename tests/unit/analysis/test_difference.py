"""What changed between two moments, by words that people use for them."""

from __future__ import annotations

from typing import Any

import pytest

from memgui.analysis.difference import (
    find_moment,
    history_changes,
    look_changes,
    metric_changes,
    nearest_looks,
)
from memgui.protocol.errors import BadInput
from memgui.protocol.inspection import RoleBytes
from memgui.protocol.marking import Marked, Tally
from memgui.protocol.wire import to_wire
from memgui.store.events import MarkedEvent
from memgui.store.timeline import Timeline

T0 = 1_000_000.0


def history(rows: int = 100, growth: float = 10.0) -> Timeline:
    """A step each second; one metric grows, one stays."""
    timeline = Timeline()
    for at in range(rows):
        values = {"host.anon_bytes": 1000.0 + growth * at, "children.rss_bytes": 5.0, "host.threads_count": float(at)}
        timeline.append(T0 + at, at, values)
    timeline.events.append(MarkedEvent(T0 + 50.2, "mark", "Epoch 3 begins", 50))
    return timeline


@pytest.mark.parametrize(
    ("word", "step"), [("start", 0), ("end", 99), ("now", 99), ("40", 40), ("-30s", 69), ("-1m", 39), ("epoch 3", 50)]
)
def test_a_moment_is_a_step_a_time_ago_or_a_mark(word: str, step: int) -> None:
    assert find_moment(history(), word).step == step


def test_a_mark_knows_the_steps_since_the_sample_before_it() -> None:
    timeline = history()
    timeline.events.append(MarkedEvent(T0 + 60.9, "mark", "between", 63))
    timeline.events.append(MarkedEvent(T0 + 70.1, "alert", "of no known step"))
    assert find_moment(timeline, "between").step == 63
    assert find_moment(timeline, "no known step").step == 70


@pytest.mark.parametrize("word", ["500", "-10m", "no such mark"])
def test_a_word_that_means_no_moment_is_told_with_what_there_is(word: str) -> None:
    with pytest.raises(BadInput, match="steps 0 to 99, 99 s"):
        find_moment(history(), word)
    with pytest.raises(BadInput, match="no history"):
        find_moment(Timeline(), word)


def test_changes_are_told_largest_first_and_bytes_before_counts() -> None:
    timeline = history()
    changes = metric_changes(timeline, find_moment(timeline, "10"), find_moment(timeline, "60"))
    assert [(one.group, one.name, one.change, one.per_step) for one in changes] == [
        ("metric", "host.anon_bytes", 500.0, 10.0),
        ("worker", "children.rss_bytes", 0.0, 0.0),
        ("metric", "host.threads_count", 50.0, 1.0),
    ]


def test_two_histories_are_compared_by_how_they_ended() -> None:
    changes = {one.name: one.change for one in history_changes(history(growth=10.0), history(growth=12.0))}
    assert changes["host.anon_bytes"] == pytest.approx(198.0)
    assert changes["host.threads_count"] == 0.0


def test_two_looks_are_compared_by_role_tensors_module_type_and_worker() -> None:
    before = Marked(
        roles=(RoleBytes("host", "parameters", 400, 2), RoleBytes("host", "other_tensors", 50, 1)),
        tensors=(Tally("(8, 4) float32 host other_tensors", 1, 128), Tally("(2) float32 host gradients", 1, 8)),
        modules=(Tally("Net.first", 1, 300),),
        types=(Tally("dict", 10), Tally("list", 7)),
        workers=(Tally("4711", 1, 1000),),
    )
    after = Marked(
        roles=(RoleBytes("host", "parameters", 400, 2), RoleBytes("host", "other_tensors", 90, 3)),
        tensors=(Tally("(8, 4) float32 host other_tensors", 2, 256),),
        modules=(Tally("Net.first", 1, 350),),
        types=(Tally("dict", 30), Tally("list", 7)),
        workers=(Tally("4711", 1, 1600),),
    )
    assert [(one.group, one.name, one.change, one.per_step) for one in look_changes(before, after, 4)] == [
        ("role", "host other_tensors", 40.0, 10.0),
        ("tensors", "(8, 4) float32 host other_tensors", 128.0, 32.0),
        ("tensors", "(2) float32 host gradients", -8.0, -2.0),
        ("module", "Net.first", 50.0, 12.5),
        ("type", "dict", 20.0, 5.0),
        ("worker", "4711", 600.0, 150.0),
    ]


def test_what_one_look_has_not_told_for_lack_of_room_is_no_change() -> None:
    before = Marked(types=(Tally("dict", 10),), cut=("types",))
    after = Marked(types=(Tally("dict", 12), Tally("list", 9)))
    assert [one.name for one in look_changes(before, after, 1)] == ["dict"]


def look_event(t_s: float, step: int, **parts: Any) -> MarkedEvent:
    return MarkedEvent(t_s, "look", f"look at step {step}", step, to_wire(Marked(**parts)))


def test_the_looks_nearest_to_two_moments_are_compared_and_say_where_they_are() -> None:
    timeline = history()
    for step in (5, 48, 80):
        timeline.events.append(look_event(T0 + step, step, types=(Tally("dict", step),)))
    found = nearest_looks(timeline, find_moment(timeline, "40"), find_moment(timeline, "end"))
    assert found is not None
    assert [look.moment.step for look in found] == [48, 80]
    assert look_changes(found[0].found, found[1].found, 32)[0].per_step == 1.0


def test_one_look_is_not_compared_with_itself() -> None:
    timeline = history()
    timeline.events.append(look_event(T0 + 5, 5))
    timeline.events.append(look_event(T0 + 80, 80))
    assert nearest_looks(timeline, find_moment(timeline, "70"), find_moment(timeline, "90")) is None


def test_a_look_of_another_version_is_left_out() -> None:
    timeline = history()
    timeline.events.append(look_event(T0 + 5, 5))
    timeline.events.append(MarkedEvent(T0 + 80, "look", "of another version", 80, {"types": 7}))
    assert nearest_looks(timeline, find_moment(timeline, "5"), find_moment(timeline, "80")) is None
