"""Marks of the axes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memgui.ui.charts.ticks import byte_ticks, ceiling, second_ticks, step_ticks, time_ticks

GIB = 1024.0**3


@pytest.mark.parametrize(
    ("high", "most", "texts"),
    [
        (4.5 * GIB, 3, ["0", "2 GiB", "4"]),
        (90 * GIB, 4, ["0", "20 GiB", "40", "60", "80"]),
        (700 * 1024**2, 4, ["0", "200 MiB", "400", "600"]),
        (1.2 * GIB, 3, ["0", "0.5 GiB", "1.0"]),
    ],
)
def test_bytes_are_marked_at_round_binary_numbers(high, most, texts):
    assert [tick.text.replace("\u00a0", " ") for tick in byte_ticks(high, most)] == texts


@given(st.floats(1.0, 1e16), st.integers(1, 12))
def test_bytes_have_at_least_one_mark_and_no_more_than_asked_for(high, most):
    ticks = byte_ticks(high, most)
    assert 2 <= len(ticks) <= max(most, 2) + 1
    assert all(0 <= tick.value <= high * 1.001 for tick in ticks)


@given(st.floats(1e-6, 1e5), st.integers(1, 8))
def test_durations_have_at_least_one_mark_and_no_more_than_asked_for(high, most):
    assert 2 <= len(second_ticks(high, most)) <= max(most, 2) + 1


@given(st.floats(0, 4e9), st.floats(0.5, 4e8), st.integers(2, 20))
def test_times_are_marked_in_order_inside_the_stretch(low, width, most):
    ticks = time_ticks(low, low + width, most)
    assert len(ticks) <= most + 1
    assert all(low - 1e-3 <= tick.value <= low + width + 1e-3 for tick in ticks)
    assert [tick.value for tick in ticks] == sorted(tick.value for tick in ticks)


@given(st.floats(0, 1e8), st.floats(1, 1e8), st.integers(2, 20))
def test_steps_are_whole_numbers(low, width, most):
    for tick in step_ticks(low, low + width, most):
        assert tick.value == round(tick.value)


@given(st.floats(1.0, 1e15))
def test_there_is_air_above_the_highest_value_but_not_too_much(high):
    assert high * 1.05 <= ceiling(high, binary=True) <= high * 1.3 + 2
