"""The ring keeps hours in two megabytes."""

from __future__ import annotations

import gc
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memgui.agent.ring import Ring
from memgui.protocol.payloads import HistoryRow


def pages(ring: Ring, since_s: float | None = None, limit: int = 200) -> list[HistoryRow]:
    rows: list[HistoryRow] = []
    while True:
        page, more = ring.page(since_s, limit)
        rows.extend(page)
        if not more:
            return rows
        since_s = page[-1].t_s


def filled(seconds: int, hz: int = 10, width: int = 3, **options: int) -> Ring:
    ring = Ring(**options)
    for number in range(seconds * hz):
        ring.append(1000 + number / hz, number, [number * 4096 + column for column in range(width)])
    return ring


@pytest.mark.parametrize("width", [16, 120])
def test_a_full_ring_takes_at_most_two_megabytes(width: int) -> None:
    tracemalloc.start()
    try:
        ring = Ring()
        for time_s in (*range(1700 * 60, 0, -60), *range(4000, 0, -1)):
            ring.append(200_000.0 - time_s, 50_000, [1.0] * width)
        for tenth in range(3100):
            ring.append(200_000 + tenth / 10, 50_000, [2.0] * width)
        gc.collect()  # empties the interpreter's free lists too
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 2 * 1024 * 1024
    assert 0.8 * held < ring.held_bytes <= held


def test_five_minutes_at_ten_hertz_are_kept_exactly() -> None:
    rows = pages(filled(300))
    assert [row.t_s for row in rows] == [1000 + number / 10 for number in range(3000)]
    assert all(row.low is None for row in rows)


def test_older_samples_become_seconds_and_then_minutes_without_a_hole() -> None:
    rows = pages(filled(5400))
    gaps = [after.t_s - before.t_s for before, after in pairwise(rows)]
    assert min(gaps) > 0
    assert max(gaps) <= 60.1
    assert rows[0].t_s <= 1060
    assert rows[-1].t_s == pytest.approx(1000 + 5400 - 0.1)
    assert max(gaps[-2980:]) < 0.11


def test_a_spike_survives_as_the_maximum_of_its_minute() -> None:
    ring = Ring()
    for number in range(5400):
        ring.append(number + 0.5, number, [7e9 if number == 1234 else 1e9, None])
    row = next(row for row in pages(ring) if row.t_s >= 1234.5)
    assert row.high is not None
    assert row.low is not None
    assert row.high[0] == pytest.approx(7e9, rel=1e-6)
    assert row.low[0] == row.v[0] == pytest.approx(1e9, rel=1e-6)
    assert row.high[1] is None


def test_minima_and_maxima_hold_every_sample_of_a_summary() -> None:
    ring = Ring(budget_bytes=40_000)
    values = {}
    for number in range(6000):
        values[number] = (number * 7919) % 1000
        ring.append(number / 10, number, [values[number]])
    before = -1.0
    for row in pages(ring):
        covered = [values[number] for number in values if before < number / 10 <= row.t_s]
        if row.low is not None and row.high is not None and before >= 0:
            assert row.low[0] <= min(covered)  # type: ignore[operator]
            assert row.high[0] >= max(covered)  # type: ignore[operator]
        before = row.t_s


def test_a_metric_that_joins_has_no_past_and_takes_no_more_memory() -> None:
    ring = filled(400, width=2, budget_bytes=100_000)
    ring.append(2000.0, 9, [1, 2, 3, 4])
    rows = pages(ring)
    assert rows[-1].v == (1, 2, 3, 4)
    assert rows[0].v[2:] == (None, None)
    assert ring.held_bytes <= 100_000
    times = [row.t_s for row in rows]
    assert times == sorted(set(times))


def test_a_page_is_small_whatever_is_asked_for() -> None:
    ring = filled(3600, width=20)
    rows, more = ring.page(None, 1000)
    cells = sum(len(row.v) * (3 if row.low else 1) for row in rows)
    assert more
    assert cells <= 4100


def test_samples_above_the_full_rate_are_left_out() -> None:
    ring = filled(10, hz=100)
    assert 90 <= len(pages(ring)) <= 112


def test_an_empty_ring_has_one_empty_page() -> None:
    assert Ring().page(None, 100) == ((), False)


@settings(max_examples=40, deadline=None)
@given(
    gaps=st.lists(st.floats(0.1, 90), min_size=1, max_size=300),
    limit=st.integers(1, 50),
    cut=st.integers(0, 299),
)
def test_pages_never_repeat_or_go_back(gaps: list[float], limit: int, cut: int) -> None:
    ring = Ring(budget_bytes=8_000)
    time = 0.0
    times = []
    for number, gap in enumerate(gaps):
        time += gap
        times.append(time)
        ring.append(time, number, [float(number), None])
    rows = pages(ring, limit=limit)
    found = [row.t_s for row in rows]
    assert found == sorted(set(found))
    assert found[-1] == times[-1]
    since = times[min(cut, len(times) - 1)]
    assert all(row.t_s > since for row in pages(ring, since, limit))
