"""Replaying a recording in the window: scrub, play, jump, compare, follow."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest

from memgui.ui.pages.side_by_side import SideBySidePage
from memgui.ui.player import Player
from tests.recordings import T0, begin, growing_rows, record

STORED = Path(__file__).parents[1] / "data" / "recordings"


@pytest.fixture
def window(stage, tmp_path):
    shown = stage.open(open=(record(tmp_path / "a.memgui"),))
    stage.until(lambda: shown.target is not None and shown.target.recording == "a.memgui")
    return shown


def press(window, key):
    window.keyPressEvent(QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier))


def test_the_bar_is_there_for_recordings_only(stage, window):
    transport = window.middle.transport
    assert transport.isVisible()
    stage.process(101, agent=True)
    window.show_target(window.feed.watch(101))
    assert not transport.isVisible()


def test_scrubbing_shows_charts_tiles_and_findings_of_that_moment(stage, window):
    track = window.middle.transport.track
    at = QPoint(round(track.x_of(T0 + 45)), track.height() // 2)
    QTest.mouseClick(track, Qt.MouseButton.LeftButton, pos=at)
    assert window.target.moment_s == pytest.approx(T0 + 45, abs=2)
    assert window.middle.charts.visible_range[0] == T0
    assert window.middle.charts.visible_range[1] < T0 + 150, "the charts show no more than what was there"
    stage.until(lambda: not window.right.findings.cards)
    QTest.mouseClick(track, Qt.MouseButton.LeftButton, pos=QPoint(round(track.x_of(T0 + 320)), 5))
    stage.until(lambda: window.right.findings.cards and window.right.told.isVisible())
    (card,) = window.right.told.cards
    assert "probable" in card.state.text()
    assert card.today.text().startswith("Today's rules")


def test_it_plays_at_its_speed_and_stops_at_the_end(window):
    now = [0.0]
    player = Player(clock=lambda: now[0])
    player.show_target(window.target)
    player.set_speed(30)
    player.play()
    assert window.target.moment_s == T0, "from the beginning, where it stood at the end"
    now[0] = 2.0
    player.advance()
    assert window.target.moment_s == T0 + 60
    player.set_speed(100)
    now[0] = 3.0
    player.advance()
    assert window.target.moment_s == T0 + 160
    now[0] = 30.0
    player.advance()
    assert window.target.moment_s is None
    assert not player.is_playing


def test_keys_play_step_and_jump(window):
    player = window.middle.transport.player
    press(window, Qt.Key.Key_BracketLeft)
    last = window.target.moment_s
    press(window, Qt.Key.Key_BracketLeft)
    assert window.target.moment_s < last
    press(window, Qt.Key.Key_BracketRight)
    assert window.target.moment_s == last
    press(window, Qt.Key.Key_Left)
    assert window.target.moment_s == pytest.approx(last - 4.495)
    press(window, Qt.Key.Key_Space)
    assert player.is_playing
    press(window, Qt.Key.Key_Space)
    assert not player.is_playing


def test_the_speed_is_chosen_from_the_menu(window):
    transport = window.middle.transport
    transport.speed.menu().actions()[-1].trigger()
    assert transport.player.speed == 100
    assert transport.speed.text() == "100×"


def test_recordings_stand_side_by_side_by_their_steps(stage, window, tmp_path):
    window.recordings.open(str(record(tmp_path / "b.memgui", pid=42, rows=600, rate=0.0)))
    stage.until(lambda: window.target.recording == "b.memgui")
    window.middle.dock.bring_up(SideBySidePage.tab)
    page = window.middle.dock.page(SideBySidePage)
    page.refresh()
    first, second = (chart.shown for chart in page.charts)
    assert first.title.startswith("b.memgui")
    assert second.title.startswith("a.memgui")
    assert (first.low, first.high, first.top) == (second.low, second.high, second.top) == (0, 899, first.top)
    assert second.y.max() == pytest.approx(2e9 + 899 * 4e6)
    page.charts[0].pointed.emit(500.0)
    assert [chart.shown.reading.replace("\xa0", " ") for chart in page.charts] == ["1.86 GiB", "3.72 GiB"]
    page.by_step.click()
    assert page.charts[0].shown.high == pytest.approx(449.5)


def test_a_black_box_is_shown_with_how_its_run_ended(stage, tmp_path):
    path = tmp_path / "a.blackbox"
    path.write_bytes(gzip.decompress((STORED / "black-box-1.blackbox.gz").read_bytes()))
    window = stage.open(open=(path,))
    stage.until(lambda: window.target is not None and window.target.recording == "a.blackbox")
    assert "ended without a goodbye" in window.middle.header._state.text()
    assert window.middle.transport.isVisible()
    assert window.target.timeline.last_step == 29


def test_a_recording_that_is_written_is_followed(stage, tmp_path):
    path = tmp_path / "a.memgui"
    with begin(path, rows=100) as file:
        window = stage.open(open=(path,))
        stage.until(lambda: window.target is not None and window.target.state == "followed")
        assert "still being written" in window.middle.header._state.text()
        file.rows("41.900", growing_rows(100, 30))
        file.commit()
        stage.until(lambda: window.target.timeline.last_step == 129)
    stage.until(lambda: window.target.state == "ended")
