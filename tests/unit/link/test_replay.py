"""A recording is looked at as it was at any moment, and followed while it is written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from memgui.link.batch import ENDED, FOLLOWED, REPLAYED
from memgui.link.replay import ReplayedTarget, load, look_again
from memgui.protocol.errors import BadInput
from tests.recordings import T0, begin, growing_rows, record


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("recordings") / "a.memgui")


@pytest.fixture
def target(path: Path) -> ReplayedTarget:
    (made,) = load(path)
    return made


def test_todays_rules_say_at_each_moment_what_they_would_have_said_then(target: ReplayedTarget) -> None:
    assert any(finding.alarm for finding in target.findings)
    target.look_at(T0 + 5)
    assert target.findings == ()
    assert target.state == REPLAYED
    target.look_at(T0 + 250)
    then = target.findings
    assert then
    assert all(finding.until_s <= T0 + 250 for finding in then)
    target.look_at(None)
    assert target.state == ENDED
    assert target.findings != then


def test_what_was_told_live_stands_beside_it(target: ReplayedTarget) -> None:
    assert [(one.t_s, one.finding.state) for one in target.told_by_now] == [(T0 + 300, "probable")]
    target.look_at(T0 + 250)
    assert [one.finding.state for one in target.told_by_now] == ["growing"]
    target.look_at(T0 + 150)
    assert target.told_by_now == ()


def test_moments_are_marks_and_verdicts_in_order(target: ReplayedTarget) -> None:
    target.look_at(T0 + 50)
    moments = target.moments()
    assert moments == tuple(sorted(moments))
    assert {T0 + 100, T0 + 200, T0 + 300} <= set(moments)
    assert len(moments) > 3, "today's verdicts are moments too"
    assert target.moment_s == T0 + 50


def test_behind_the_last_sample_is_the_end_and_before_the_first_the_beginning(target: ReplayedTarget) -> None:
    target.look_at(T0 - 100)
    assert target.moment_s == T0
    target.look_at(T0 + 1e6)
    assert target.moment_s is None


def test_a_recording_that_is_written_is_followed_and_an_earlier_moment_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.memgui"
    with begin(path, rows=100) as file:
        (target,) = load(path)
        assert target.state == FOLLOWED
        target.look_at(T0 + 10)
        file.rows("41.900", growing_rows(100, 20))
        file.commit()
        news = look_again(path, {target.key: target.span_s[1] if target.span_s else 0.0})
        assert sum(len(batch.rows) for batch in news.batches) == 20
        for batch in news.batches:
            target.apply(batch)
        assert target.moment_s == T0 + 10
        assert target.timeline.last_t == T0 + 10
        assert target.span_s == (T0, T0 + 119 / 2)
        target.look_at(None)
        assert (target.state, target.timeline.last_step) == (FOLLOWED, 119)
    news = look_again(path, {target.key: T0 + 119 / 2})
    assert not news.is_growing
    for batch in news.batches:
        target.apply(batch)
    assert target.state == ENDED


def test_a_recording_whose_writer_was_killed_long_ago_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "a.memgui"
    with begin(path, rows=100):
        os.utime(f"{path}-wal", (T0, T0))
        (target,) = load(path)
    assert target.state == ENDED


def test_a_file_that_went_away_while_it_was_followed_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no file"):
        look_again(tmp_path / "gone.memgui", {})
