"""A timeline read as it was earlier knows nothing of what came later."""

from __future__ import annotations

import numpy as np
import pytest

from memgui.store.events import MarkedEvent
from memgui.store.replayed import ReplayedTimeline

T0 = 1000.0


@pytest.fixture
def timeline() -> ReplayedTimeline:
    made = ReplayedTimeline()
    for at in range(100):
        made.append(T0 + at, at * 2, {"host.rss_bytes": float(at)})
    for at in (10, 60):
        made.events.append(MarkedEvent(T0 + at, "mark", f"at {at}"))
    return made


def test_at_an_earlier_moment_the_rest_is_not_there_yet(timeline: ReplayedTimeline) -> None:
    revision = timeline.revision
    timeline.read_until(T0 + 50)
    assert timeline.revision > revision, "nobody would look again"
    assert (timeline.first_t, timeline.last_t, timeline.whole_last_t) == (T0, T0 + 50, T0 + 99)
    assert (timeline.last_step, timeline.latest("host.rss_bytes")) == (100, 50.0)
    assert timeline.range("host.rss_bytes", T0, T0 + 99) == (0.0, 50.0)
    assert timeline.time_of_step(100) == T0 + 50
    assert timeline.time_of_step(102) is None
    assert [event.text for event in timeline.events] == ["at 10"]
    assert len(timeline.events) == 1
    assert timeline.events.between(T0, T0 + 99) == tuple(timeline.events)
    assert max(row.t_s for row in timeline.rows()) == T0 + 50


@pytest.mark.parametrize(("axis", "ends", "last"), [("time", (T0, T0 + 99), T0 + 50), ("step", (0, 198), 100)])
def test_curves_end_at_the_moment(
    timeline: ReplayedTimeline, axis: str, ends: tuple[float, float], last: float
) -> None:
    timeline.read_until(T0 + 50)
    x, _ = timeline.window("host.rss_bytes", *ends, 500, axis=axis)
    assert x.max() == last
    x, levels = timeline.windows(["host.rss_bytes"], *ends, 500, axis=axis)
    assert (x.max(), levels.max()) == (last, 50.0)
    x, _ = timeline.whole_window("host.rss_bytes", T0, T0 + 99, 500)
    assert x.max() == T0 + 99


def test_at_the_end_everything_is_there_again(timeline: ReplayedTimeline) -> None:
    before = timeline.window("host.rss_bytes", T0, T0 + 99, 500)
    timeline.read_until(T0 + 5)
    timeline.read_until(None)
    assert timeline.last_t == T0 + 99
    assert len(timeline.events) == 2
    assert np.array_equal(timeline.window("host.rss_bytes", T0, T0 + 99, 500), before, equal_nan=True)
