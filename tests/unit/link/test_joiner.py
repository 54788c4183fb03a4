"""What is joined to a row of the agent, and what is left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from memgui.link.joiner import Joiner, is_fast
from memgui.store.timeline import Row

NAMES = ("host.rss_bytes", "host.pss_bytes", "children.rss_bytes", "machine.total_bytes", "python.blocks_count")
numbers = st.floats(0, 1e12)
values = st.dictionaries(st.sampled_from(NAMES), st.none() | numbers)
times = st.lists(st.floats(0, 100), unique=True, max_size=20).map(sorted)


def test_a_value_of_the_agent_wins_and_what_it_cannot_read_is_seen_from_outside() -> None:
    joiner = Joiner()
    joiner.add(10.0, {"host.rss_bytes": 1.0, "host.swap_bytes": 2.0, "machine.total_bytes": 3.0})
    joined = joiner.join(Row(10.05, 7, {"host.rss_bytes": 9.0, "host.swap_bytes": None, "x_count": None}))
    assert joined.values == {
        "host.rss_bytes": 9.0, "host.swap_bytes": 2.0, "machine.total_bytes": 3.0, "x_count": None,
    }  # fmt: skip
    assert joined.step == 7


def test_held_values_older_than_three_periods_of_their_kind_are_left_out() -> None:
    joiner = Joiner()
    joiner.add(10.0, {"host.rss_bytes": 1.0, "children.rss_bytes": 2.0})
    assert joiner.join(Row(11.0, 1, {})).values == {"children.rss_bytes": 2.0}
    assert joiner.join(Row(14.0, 1, {})).values == {}


def test_a_row_of_the_past_gets_what_was_seen_then() -> None:
    joiner = Joiner()
    for t in range(10):
        joiner.add(float(t), {"children.rss_bytes": float(t)})
    assert joiner.join(Row(4.1, 1, {})).values == {"children.rss_bytes": 4.0}
    assert joiner.join(Row(-1.0, 1, {})).values == {}


def test_what_is_kept_is_bounded() -> None:
    joiner = Joiner()
    for t in range(5000):
        joiner.add(float(t), {"children.rss_bytes": float(t)})
    assert joiner.join(Row(10.0, 1, {})).values == {}
    assert joiner.join(Row(4999.0, 1, {})).values == {"children.rss_bytes": 4999.0}


@given(times=times, readings=st.lists(values, min_size=20, max_size=20), at=st.floats(0, 100), own=values)
def test_each_joined_value_is_the_agents_or_of_one_reading_that_is_fresh(times, readings, at, own) -> None:
    joiner = Joiner()
    for t, reading in zip(times, readings, strict=False):
        joiner.add(t, reading)
    joined = joiner.join(Row(at, 1, own)).values
    assert {name for name in own if own[name] is not None} <= joined.keys()
    near = [reading for t, reading in zip(times, readings, strict=False) if -0.3 <= at - t <= 3.0]
    for name, value in joined.items():
        if own.get(name) is not None:
            assert value == own[name]
        elif value is not None:
            assert any(reading.get(name) == value for reading in near)
    fast = {name for name in joined if is_fast(name) and joined[name] is not None and own.get(name) is None}
    assert not fast or any(abs(at - t) <= 0.3 for t in times)


def test_readings_are_kept_for_two_minutes_at_most_however_seldom_they_come() -> None:
    joiner = Joiner()
    for second in range(1000):
        joiner.add(float(second), {"children.rss_bytes": float(second)})
    assert joiner.join(Row(941.0, 1, {})).values == {"children.rss_bytes": 941.0}
    assert joiner.join(Row(850.0, 1, {})).values == {}
