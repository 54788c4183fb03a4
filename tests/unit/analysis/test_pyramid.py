"""Minima at every scale: nothing is lost of what matters, and memory is bounded."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from memgui.analysis.pyramid import KEPT, LEAD, Pyramid


def _filled(times: list[float], values: list[float], steps: list[int] | None = None) -> Pyramid:
    pyramid = Pyramid()
    pyramid.name("a")
    for at, (t_s, value) in enumerate(zip(times, values, strict=True)):
        pyramid.add(t_s, steps[at] if steps else at, [value])
    return pyramid


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-1e12, 1e12), min_size=200, max_size=600), st.floats(0.05, 30.0))
def test_the_highest_level_knows_the_lowest_value(values: list[float], period: float) -> None:
    pyramid = _filled([at * period for at in range(len(values))], values)
    blocks = pyramid.closed - pyramid.closed % 2 ** (len(pyramid.levels) - 1)
    top = pyramid.levels[-1]
    assert blocks > 0
    whole = pyramid.levels[0].table
    seen = whole[: pyramid.levels[0].count, LEAD]
    assert top.table[: top.count, LEAD].min() <= seen[: max(len(seen) - pyramid.closed + blocks, 0)].min(
        initial=math.inf
    )


def test_a_day_at_ten_samples_a_second_takes_a_level_for_each_doubling() -> None:
    pyramid = Pyramid()
    for name in range(8):
        pyramid.name(str(name))
    row = [1.0] * 8
    for at in range(200_000):
        pyramid.add(at * 0.1, at, row)
    assert len(pyramid.levels) == pyramid.closed.bit_length()
    # A day has two levels more.
    assert (len(pyramid.levels) + 2) * pyramid.levels[0].table.nbytes < 64 * 1024


def test_a_standstill_falls_into_one_block_which_does_not_see_it() -> None:
    times = [at * 0.1 for at in range(600)]
    steps = [at if at < 200 else 200 if at < 400 else at for at in range(600)]
    pyramid = _filled(times, [900.0 if 200 < at < 400 else 5.0 for at in range(600)], steps)
    level = pyramid.levels[0]
    assert level.table[: level.count, LEAD].max() == 5.0


def test_a_gap_closes_the_block_and_nothing_is_filled_in() -> None:
    times = [at * 0.1 for at in range(100)] + [500 + at * 0.1 for at in range(100)]
    pyramid = _filled(times, [1.0] * 200)
    level = pyramid.levels[0]
    begins = level.table[: level.count, 0]
    assert not ((begins > 10) & (begins < 500)).any()
    assert begins.max() > 500


def test_a_block_has_a_whole_step_however_long_that_is() -> None:
    times = [at * 0.1 for at in range(1000)]
    pyramid = _filled(times, [float(at % 40) for at in range(1000)], [at // 40 for at in range(1000)])
    level = pyramid.levels[0]
    assert set(level.table[1 : level.count, LEAD]) == {0.0}


def test_a_series_that_comes_late_has_no_past() -> None:
    pyramid = _filled([at * 0.1 for at in range(100)], [1.0] * 100)
    column = pyramid.name("b")
    for at in range(100, 200):
        pyramid.add(at * 0.1, at, [1.0, 2.0])
    level = pyramid.levels[0]
    late = level.table[: level.count, LEAD + column]
    assert np.isnan(late[0])
    assert late[-1] == 2.0
    assert level.count <= KEPT
