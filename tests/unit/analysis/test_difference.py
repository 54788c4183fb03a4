"""What changed between two moments, by words that people use for them."""

from __future__ import annotations

import pytest

from memgui.analysis.difference import (
    find_moment,
    history_changes,
    metric_changes,
    role_changes,
    tensor_changes,
)
from memgui.protocol.errors import BadInput
from memgui.protocol.inspection import Composition, RoleBytes, TensorGroup
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


def test_roles_and_groups_of_tensors_are_compared_by_their_bytes() -> None:
    before = Composition(
        step=10, roles=(RoleBytes("host", "parameters", 400, 2), RoleBytes("host", "other_tensors", 50, 1))
    )
    after = Composition(
        step=20, roles=(RoleBytes("host", "parameters", 400, 2), RoleBytes("host", "other_tensors", 90, 3))
    )
    (change,) = role_changes(before, after)
    assert (change.name, change.change, change.per_step) == ("host other_tensors", 40.0, 4.0)
    one = TensorGroup(shape=(8, 4), dtype="float32", device="host", role="other_tensors", count=1, bytes=128)
    other = TensorGroup(shape=(2,), dtype="float32", device="host", role="gradients", count=1, bytes=8)
    changes = tensor_changes([one, other], [one, one], 4)
    assert [(change.name, change.change, change.per_step) for change in changes] == [
        ("(8, 4) float32 host other_tensors", 128.0, 32.0),
        ("(2) float32 host gradients", -8.0, -2.0),
    ]
