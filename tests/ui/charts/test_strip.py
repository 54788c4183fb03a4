"""What a live view has read of its curves is kept, and is what it would read anew."""

from __future__ import annotations

import numpy as np

from memgui.store.timeline import Row, Timeline
from memgui.ui.charts.strip import Strip

NAMES = ("a", "b")
COLUMNS = 60
SPAN_S = 120.0


def grown(timeline: Timeline, rows: int) -> None:
    for _ in range(rows):
        at = timeline.last_step + 1
        timeline.append(1000.0 + at * 0.25, at, {"a": float(at * 37 % 101), "b": None if at % 90 < 30 else float(at)})


def span_of(timeline: Timeline) -> tuple[float, float]:
    """The last two minutes, by whole columns."""
    width = SPAN_S / COLUMNS
    high = ((timeline.last_t or 0.0) // width + 1) * width
    return high - SPAN_S, high


def read(strip: Strip, timeline: Timeline) -> tuple[np.ndarray, np.ndarray]:
    return strip.read(timeline, NAMES, span_of(timeline), COLUMNS, past=timeline.rewritten)


def test_a_view_that_follows_reads_its_newest_columns_and_shows_the_same() -> None:
    timeline, strip = Timeline(), Strip()
    grown(timeline, 2000)
    read(strip, timeline)
    for rows in (1, 3, 8, 1, 40, 9, 200, 1):
        grown(timeline, rows)
        x, levels = read(strip, timeline)
        assert strip.read_columns < COLUMNS
        want_x, want = timeline.windows(NAMES, *span_of(timeline), COLUMNS)
        # At the very left a window also holds what lies before it.
        inside = slice(2, None)
        assert np.array_equal(x[inside], want_x[inside])
        assert np.array_equal(levels[:, inside], want[:, inside], equal_nan=True)


def test_where_the_past_was_rewritten_all_of_it_is_read() -> None:
    timeline, strip = Timeline(), Strip()
    grown(timeline, 2000)
    read(strip, timeline)
    middle = (timeline.last_t or 0.0) - 60.1
    timeline.backfill([Row(middle, 1700, {"a": 5000.0})])
    _, levels = read(strip, timeline)
    assert strip.read_columns == COLUMNS
    assert np.nanmax(levels[0]) == 5000.0


def test_another_width_other_series_and_another_place_are_read_anew() -> None:
    timeline, strip = Timeline(), Strip()
    grown(timeline, 2000)
    low, high = span_of(timeline)
    for names, span, columns in (
        (NAMES, (low, high), COLUMNS), (NAMES, (low, high), 50), (("b",), (low, high), 50),
        (("b",), (low - 10, high + 10), 50), (("b",), (low - 30, high - 10), 50), (("b",), (low + 0.7, high + 0.7), 50),
    ):  # fmt: skip
        x, levels = strip.read(timeline, names, span, columns, past=0)
        want_x, want = timeline.windows(names, *span, columns)
        assert strip.read_columns == columns
        assert np.array_equal(x, want_x)
        assert np.array_equal(levels, want, equal_nan=True)


def test_few_rows_stay_at_their_own_places() -> None:
    timeline, strip = Timeline(), Strip()
    grown(timeline, 20)
    for _ in range(3):
        grown(timeline, 2)
        x, _ = strip.read(timeline, ("a",), (1000.0, 1120.0), 400, past=0)
        assert np.allclose(x, 1000.0 + np.arange(timeline.last_step + 1) * 0.25)
