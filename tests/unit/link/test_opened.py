"""A recording is shown before it is read, and is the same once it has been."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from memgui.link.batch import ENDED, FOLLOWED, REPLAYED
from memgui.link.opened import Further, Rereading, look_further, open_file
from memgui.link.replay import ReplayedTarget, load
from memgui.protocol.errors import BadInput, Problem
from memgui.store.recorded import RecordedTimeline
from tests.recordings import T0, begin, growing_rows, record


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("opened") / "a.memgui", rows=1500)


def opened(path: Path) -> ReplayedTarget:
    (target,) = open_file(path)
    return target


def outline_of(target: ReplayedTarget) -> RecordedTimeline:
    assert isinstance(target.timeline, RecordedTimeline)
    return target.timeline


def read(target: ReplayedTarget, reading: Rereading | None = None) -> Problem | None:
    """All of it, on this thread."""
    found: list[Further] = []
    timeline = outline_of(target)
    assert timeline.outline is not None
    reading = reading or Rereading(target.path)
    problem = reading.run({target.key: timeline.outline}, found.append, lambda: False)
    for further in found:
        if further.fine is not None:
            timeline.refine(further.fine)
        target.take_findings(further.said)
    assert found[-1].done == 1.0
    return problem


def test_it_can_be_drawn_before_any_verdict_is_known(path: Path) -> None:
    target = opened(path)
    assert target.findings == ()
    assert target.state == ENDED
    assert target.name == "train.py"
    assert target.limit == ("cgroup", 16e9)
    x, y = target.timeline.window("host.rss_bytes", *(target.span_s or (0.0, 0.0)), 500)
    assert len(x) > 100
    assert np.nanmax(y) == pytest.approx(2e9 + 1499 * 4e6)
    assert [one.finding.state for one in target.told_by_now] == ["probable"]


def test_once_it_was_read_todays_rules_say_the_same_as_of_one_that_was_loaded_whole(path: Path) -> None:
    target = opened(path)
    (whole,) = load(path)
    assert read(target) is None
    assert target.findings
    assert target.findings == whole.findings
    for moment in (T0 + 5, T0 + 90, T0 + 250, T0 + 600):
        target.look_at(moment)
        whole.look_at(moment)
        assert (target.state, target.findings) == (REPLAYED, whole.findings)
        assert target.timeline.last_step == (moment - T0) * 2
        assert target.timeline.latest("host.rss_bytes") == 2e9 + (moment - T0) * 2 * 4e6
    assert target.moments() == whole.moments()


def test_reading_makes_wide_views_finer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memgui.store.recorded._EXACT_ROWS", 0)
    monkeypatch.setattr("memgui.store.recorded._MIDDLE_ROWS", 0)
    target = opened(path)
    span = target.span_s or (0.0, 0.0)
    before, _ = target.timeline.window("host.rss_bytes", *span, 2000)
    revision = target.timeline.revision
    read(target)
    after, y = target.timeline.window("host.rss_bytes", *span, 2000)
    assert len(after) > 10 * len(before)
    assert np.nanmax(y) == pytest.approx(2e9 + 1499 * 4e6)
    assert target.timeline.revision > revision, "so that it is drawn anew"
    assert outline_of(target).nbytes / len(target.timeline.names) <= 60_000


def test_reading_that_was_given_up_leaves_what_is_shown(path: Path) -> None:
    target = opened(path)
    timeline = outline_of(target)
    assert timeline.outline is not None
    found: list[Further] = []
    assert Rereading(path).run({target.key: timeline.outline}, found.append, lambda: True) is None
    assert found == []


def test_what_is_written_meanwhile_is_followed_and_judged_from_where_it_stood(tmp_path: Path) -> None:
    path = tmp_path / "a.memgui"
    with begin(path, rows=700) as file:
        target = opened(path)
        assert target.state == FOLLOWED
        reading = Rereading(path)
        read(target, reading)
        target.look_at(T0 + 10)
        for first in range(700, 1500, 200):
            file.rows("41.900", growing_rows(first, 200))
            file.commit()
            timeline = outline_of(target)
            assert timeline.outline is not None
            grown = look_further(path, {target.key: timeline.outline})
            assert grown.is_growing
            target.show(grown.outlines[target.key])
            read(target, reading)
        assert target.moment_s == T0 + 10, "an earlier moment stays"
        assert target.span_s == (T0, T0 + 1499 / 2)
        target.look_at(None)
        assert (target.state, target.timeline.last_step) == (FOLLOWED, 1499)
        assert look_further(path, {target.key: timeline.outline}).outlines == {}
    (whole,) = load(path)
    assert target.findings == whole.findings
    grown = look_further(path, {target.key: target.timeline.outline})
    assert not grown.is_growing
    for batch in grown.batches:
        target.apply(batch)
    assert target.state == ENDED


def test_of_a_damaged_chunk_it_is_said_what_is_missing(tmp_path: Path) -> None:
    path = record(tmp_path / "a.memgui", rows=1500)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE chunk SET body=x'00ff' WHERE id=(SELECT min(id) FROM chunk)")
        ((rows,),) = database.execute("SELECT rows FROM chunk WHERE id=(SELECT min(id) FROM chunk)").fetchall()
    database.close()
    target = opened(path)
    problem = read(target)
    assert problem is not None
    assert f"{rows} samples" in problem.what


def test_a_file_that_went_away_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no file"):
        look_further(tmp_path / "gone.memgui", {})
