"""A timeline against a naive model: nothing extreme is lost, nothing grows without bound, gaps stay gaps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memgui.store.events import LIMIT, EventLog, MarkedEvent
from memgui.store.timeline import Row, Timeline


def _filled(rows: int, period: float = 0.1, start: float = 1000.0) -> Timeline:
    timeline = Timeline()
    for at in range(rows):
        timeline.append(start + at * period, at, {"a": float(at % 977), "b": None if at % 5 == 0 else 1.0})
    return timeline


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 30_000), st.integers(1, 400), st.integers(0, 2**32))
def test_extremes_survive_and_columns_hold_two_points_at_most(rows: int, columns: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=rows).astype(np.float32).astype(float)
    timeline = Timeline()
    for at, value in enumerate(values):
        timeline.append(at * 0.1, at, {"a": value})
    x, y = timeline.window("a", 0.0, rows * 0.1, columns)
    assert len(x) == len(y) <= 2 * columns
    assert np.all(np.diff(x) >= 0)
    assert np.nanmin(y) == values.min()
    assert np.nanmax(y) == values.max()
    assert timeline.range("a", -1.0, rows * 0.1) == (values.min(), values.max())


def test_few_rows_are_drawn_as_they_came() -> None:
    x, y = _filled(50).window("a", 1000.0, 1010.0, 800)
    assert x == pytest.approx(1000.0 + np.arange(50) * 0.1)
    assert y == pytest.approx(np.arange(50.0))


def test_a_series_costs_at_most_60_kb_however_long_it_runs() -> None:
    timeline = Timeline([f"s{number}" for number in range(30)])
    row = {f"s{number}": float(number) for number in range(30)}
    for at in range(1_200_000 // 8):
        timeline.append(at * 0.8, at, row)
    assert timeline.nbytes / 30 <= 60_000
    assert timeline.first_t == 0.0
    x, _ = timeline.window("s0", 0.0, timeline.last_t or 0.0, 1000)
    assert x[0] < 200.0


def test_a_missing_value_is_a_gap_and_never_zero() -> None:
    timeline = Timeline()
    for at in range(10):
        timeline.append(float(at), at, {"a": None if at == 4 else 2.0})
    _, y = timeline.window("a", 0.0, 10.0, 100)
    assert np.isnan(y).sum() == 1
    assert timeline.at("a", 4.0) is None
    assert timeline.at("a", 5.0) == 2.0


@pytest.mark.parametrize("columns", [20, 2000])
def test_rows_that_come_much_too_late_break_the_line(columns: int) -> None:
    timeline = Timeline()
    for at in [*range(100), *range(400, 500)]:
        timeline.append(at * 0.1, at, {"a": 1.0})
    x, y = timeline.window("a", 0.0, 50.0, columns)
    (hole,) = np.flatnonzero(np.isnan(y))
    assert x[hole - 1] < 10.1
    assert x[hole + 1] > 39.0
    assert timeline.at("a", 20.0) is None
    assert timeline.at("a", 9.95) == 1.0


def test_a_slower_rate_is_no_gap() -> None:
    timeline = Timeline()
    for t in [*np.arange(0, 10, 0.1), *np.arange(10, 30, 1.0)]:
        timeline.append(float(t), 0, {"a": 1.0})
    assert not np.isnan(timeline.window("a", 0.0, 30.0, 2000)[1]).any()


def test_a_series_that_appears_later_has_no_past() -> None:
    timeline = _filled(200)
    timeline.append(1020.1, 200, {"a": 1.0, "gpu": 7.0})
    assert timeline.latest("gpu") == 7.0
    assert timeline.latest("b") is None
    _, y = timeline.window("gpu", 1000.0, 1021.0, 800)
    assert np.nansum(y) == 7.0
    assert timeline.names == ("a", "b", "gpu")


def test_time_does_not_run_backwards() -> None:
    timeline = _filled(3)
    timeline.append(1000.0, 9, {"a": 99.0})
    assert timeline.range("a", 0.0, 2000.0) == (0.0, 2.0)


@settings(max_examples=20, deadline=None)
@given(st.sets(st.integers(0, 400), min_size=1, max_size=300))
def test_backfill_gives_what_appending_in_order_gives(missing: set[int]) -> None:
    rows = [Row(float(at), at, {"a": float(at * at % 101)}) for at in range(402)]
    late, direct = Timeline(), Timeline()
    for row in rows:
        direct.append(row.t_s, row.step, row.values)
        if int(row.t_s) not in missing:
            late.append(row.t_s, row.step, row.values)
    late.backfill([row for row in rows if int(row.t_s) in missing])
    for left, right in zip(late.window("a", 0, 401, 500), direct.window("a", 0, 401, 500), strict=True):
        np.testing.assert_array_equal(left, right)
    assert late.latest("a") == direct.latest("a")
    assert late.last_step == 401


def test_backfilled_summaries_keep_their_extremes() -> None:
    timeline = _filled(10)
    timeline.backfill([Row(940.0, 3, {"a": 5.0}, {"a": -4.0}, {"a": 5000.0})])
    assert timeline.range("a", 900.0, 950.0) == (-4.0, 5000.0)
    assert timeline.first_t == 940.0
    assert timeline.latest("a") == 9.0


def test_the_step_axis_knows_steps_only() -> None:
    timeline = Timeline()
    for at in range(100):
        timeline.append(at * 0.1, -1 if at < 20 else (at - 20) * 2, {"a": float(at)})
    x, y = timeline.window("a", 0, 158, 1000, axis="step")
    assert x[0] == 0
    assert x[-1] == 158
    assert y[0] == 20.0
    assert timeline.step_at(1.0) == -1
    assert timeline.step_at(9.9) == 158
    assert timeline.time_of_step(158) == pytest.approx(9.9)
    assert timeline.time_of_step(159) is None


def test_several_series_are_read_as_each_alone() -> None:
    timeline = _filled(3000)
    timeline.append(1300.1, 3001, {"c": 7.0})
    names = ("c", "nothing", "b", "a")
    for t0, t1 in ((0.0, 2000.0), (1000.5, 1000.9), (1299.9, 1300.2), (1250.0, 1200.0), (2000.0, 3000.0)):
        alone = {name: found for name in names if (found := timeline.range(name, t0, t1)) is not None}
        assert timeline.ranges(names, t0, t1) == alone
    assert timeline.ranges(names, 1299.8, 1300.2) == {"c": (7.0, 7.0), "b": (1.0, 1.0), "a": (67.0, 68.0)}
    assert timeline.all_at(names, 1299.9) == {"b": 1.0, "a": 68.0}
    assert timeline.all_at(names, 1300.1) == {"c": 7.0}
    assert timeline.all_at(names, 999.0) == {}


def test_a_name_without_values_is_empty_everywhere() -> None:
    timeline = _filled(5)
    assert len(timeline.window("nothing", 0.0, 1.0, 10)[0]) == 0
    assert timeline.range("nothing", 0.0, 1.0) is None
    assert timeline.at("nothing", 1.0) is None
    assert Timeline().window("a", 0.0, 1.0, 10)[0].size == 0
    assert Timeline().step_at(3.0) == -1


def test_the_revision_rises_with_every_change() -> None:
    timeline = _filled(3)
    before = timeline.revision
    timeline.append(2000.0, 5, {"a": 1.0})
    assert timeline.revision > before


def test_events_are_kept_in_order_once_and_within_bounds() -> None:
    log = EventLog()
    for at in range(LIMIT + 50):
        log.append(MarkedEvent(float(at), "mark", f"epoch {at}"))
    assert len(log) == LIMIT
    assert not log.append(MarkedEvent(LIMIT - 1.0, "mark", f"epoch {LIMIT - 1}"))
    assert log.append(MarkedEvent(LIMIT - 1.5, "mark", "late"))
    assert [event.text for event in log.between(LIMIT - 2.0, LIMIT - 1.0)] == [
        f"epoch {LIMIT - 2}",
        "late",
        f"epoch {LIMIT - 1}",
    ]


def test_values_that_are_not_finite_numbers_do_not_break_a_range() -> None:
    timeline = Timeline()
    timeline.append(1.0, 0, {"a": math.nan})
    timeline.append(2.0, 0, {"a": 3.0})
    assert timeline.range("a", 0.0, 5.0) == (3.0, 3.0)
