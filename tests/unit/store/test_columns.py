"""Curves as one level a column."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from memgui.store.columns import column_peaks
from memgui.store.timeline import Timeline


def _peaks(times, values, span, columns):
    return column_peaks(np.array(times, float), np.array(values, float), span, columns).tolist()


def test_a_column_has_the_highest_of_its_points():
    assert _peaks([0.1, 0.5, 1.2, 1.9], [1, 3, 7, 2], (0, 2), 2) == [3, 7]


def test_a_level_holds_until_the_next_point_and_not_beyond_the_last():
    found = _peaks([0.0, 3.0], [5, 8], (0, 6), 6)
    assert found[:4] == [5, 5, 5, 8]
    assert np.isnan(found[4:]).all()


def test_a_gap_stays_empty():
    found = _peaks([0.0, 3.0, 3.0], [5, np.nan, 8], (0, 4), 4)
    assert found[0] == 5
    assert np.isnan(found[1:3]).all()
    assert found[3] == 8


def test_no_points_are_no_levels():
    assert np.isnan(_peaks([], [], (0, 4), 4)).all()


@given(st.lists(st.floats(0, 1e12), min_size=2, max_size=3000), st.integers(2, 300))
def test_the_highest_level_of_a_run_survives_in_some_column(values, columns):
    timeline = Timeline()
    for number, value in enumerate(values):
        timeline.append(float(number), number, {"host.rss_bytes": value})
    span = (0.0, float(len(values)))
    peaks = column_peaks(*timeline.window("host.rss_bytes", *span, columns), span, columns)
    assert np.nanmax(peaks) >= max(values) * (1 - 1e-6)
    assert not np.isnan(peaks[: int((len(values) - 1) / len(values) * columns)]).any()
