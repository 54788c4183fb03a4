"""All targets at once: what is read, in which order, and how one comes and goes."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from memgui.link.target import LiveTarget
from memgui.ui.overview.board import Board
from memgui.ui.overview.choices import choices_of, default_choice, metric_for, title_of
from memgui.ui.overview.heat_map import HeatMap
from memgui.ui.overview.ramp import LEVELS, indices_of, table_of
from memgui.ui.theme import Theme

START = 1_780_000_000.0
GIB = 1024.0**3
RSS = "host.rss_bytes"


def _target(pid, values, *, metric=RSS, recording=None, start=START):
    target = LiveTarget(f"{pid}.1")
    target.recording = recording
    for number, value in enumerate(values):
        target.timeline.append(start + number, number, {metric: value})
    return target


def _board(targets, *, span_s=60.0, columns=60, choice=RSS):
    board = Board()
    board.arrange(targets, choice, span_s, columns)
    board.read(10.0)
    return board


# ---- what is read ------------------------------------------------------------------------------------------------


def test_each_target_has_a_row_with_its_newest_value_at_the_right():
    board = _board([_target(1, range(60)), _target(2, range(100, 160))])
    assert board.levels[0, -1] == 59
    assert board.levels[1, -1] == 159
    assert board.bounds() == (0, 159)


def test_a_live_board_that_is_read_piece_by_piece_is_the_one_that_is_read_at_once():
    target = _target(1, [])
    piecemeal = Board()
    rng = np.random.default_rng(0)
    for number in range(400):
        target.timeline.append(START + number * 0.7, number, {RSS: float(rng.integers(1, 1000))})
        if number >= 100:
            piecemeal.arrange([target], RSS, 60.0, 120)
            piecemeal.read(10.0)
    assert np.array_equal(piecemeal.levels, _board([target], columns=120).levels, equal_nan=True)


def test_a_read_without_time_goes_on_where_the_last_one_ended():
    board = Board()
    board.arrange([_target(pid, range(60)) for pid in range(1, 6)], RSS, 60.0, 60)
    seen = []
    for _ in range(5):
        board.read(0.0)
        seen.append(int((~np.isnan(board.levels[:, -1])).sum()))
    assert seen == [1, 2, 3, 4, 5]


def test_a_target_that_has_nothing_new_is_not_read_again():
    board = _board([_target(1, range(60))])
    assert board.read(10.0) is False


def test_a_target_that_stopped_leaves_an_empty_end_while_the_others_go_on():
    board = _board([_target(1, range(60)), _target(2, range(30))])
    assert np.isnan(board.levels[1, -20:]).all()
    assert not np.isnan(board.levels[0, -20:]).any()


def test_recordings_of_other_days_lie_under_each_other_by_their_ends():
    long_ago = _target(2, range(30, 60), recording="old.memgui", start=START - 1e6)
    board = _board([_target(1, range(60)), long_ago])
    assert board.levels[1, -1] == 59
    assert board.time_of(1, 59) == pytest.approx(START - 1e6 + 29, abs=1.0)


def test_a_target_that_comes_leaves_what_was_read_of_the_others():
    one, two = _target(1, range(60)), _target(2, range(60))
    board = _board([one])
    before = board.levels[0].copy()
    assert board.arrange([one, two], RSS, 60.0, 60)
    assert np.array_equal(board.levels[0], before, equal_nan=True)
    assert np.isnan(board.levels[1]).all()


# ---- order -------------------------------------------------------------------------------------------------------


def test_rows_are_ordered_by_growth_size_and_name():
    flat, leak, small = _target(3, [9e9] * 60), _target(2, np.linspace(1e9, 5e9, 60)), _target(1, [1e6] * 60)
    board = _board([flat, leak, small])
    orders = {}
    for name in ("growth", "size", "name"):
        board.sort(name)
        orders[name] = [board.rows[at].target.pid for at in board.order]
    assert orders["growth"][0] == 2
    assert orders == {"growth": orders["growth"], "size": [3, 2, 1], "name": [1, 2, 3]}


def test_growth_is_not_told_by_the_phase_in_which_a_sawtooth_is_cut():
    teeth = _target(1, [1e9 + (number % 20) * 1e7 for number in range(55)])
    climbing = _target(2, [1e9 + number * 1e7 for number in range(55)])
    board = _board([teeth, climbing])
    growth = [board.change(0), board.change(1)]
    assert growth[1] == pytest.approx(54e7, rel=0.02)
    assert abs(growth[0]) < 0.2 * growth[1]


# ---- what is compared --------------------------------------------------------------------------------------------


def test_ranks_are_compared_by_the_memory_of_each_ones_own_device():
    ranks = [_target(n + 1, [GIB] * 5, metric=f"cuda.{n}.allocated_bytes") for n in range(3)]
    choices = choices_of(ranks)
    assert choices == ["{device}.allocated_bytes"]
    assert default_choice(choices) == choices[0]
    assert title_of(choices[0]) == "Allocated"
    assert [metric_for(rank, choices[0]) for rank in ranks] == [f"cuda.{n}.allocated_bytes" for n in range(3)]
    assert metric_for(ranks[0], RSS) is None


# ---- the picture -------------------------------------------------------------------------------------------------


def test_a_level_has_a_colour_between_the_ends_and_what_is_unknown_has_none():
    levels = np.array([[1.0, 2.0, 3.0, np.nan]], np.float32)
    assert indices_of(levels, 1.0, 3.0).tolist() == [[1, 128, LEVELS, 0]]
    assert indices_of(np.full((1, 3), 7.0, np.float32), 7.0, 7.0).tolist() == [[1, 1, 1]]


@pytest.mark.parametrize("theme", [Theme.dark(), Theme.light()], ids=lambda theme: theme.name)
def test_the_colours_go_one_way_from_dark_to_bright_or_back(theme):
    def lightness(rgb):
        channels = [((rgb >> shift) & 255) / 255 for shift in (16, 8, 0)]
        return sum(weight * channel**2.2 for weight, channel in zip((0.2126, 0.7152, 0.0722), channels, strict=True))

    steps = np.diff([lightness(rgb) for rgb in table_of(theme)[1:]])
    assert (steps > -1e-3).all() if theme.is_dark else (steps < 1e-3).all()


@pytest.fixture
def heat_map(qtbot):
    board = _board([_target(1, np.linspace(1e9, 2e9, 60)), _target(2, [1.5e9] * 60)])
    shown = HeatMap(board, Theme.dark())
    qtbot.addWidget(shown)
    shown.resize(600, 200)
    return shown


def test_the_image_has_a_pixel_a_level_and_each_rows_own_scale_where_wanted(heat_map):
    image = heat_map.image(0, 2)
    assert (image.width(), image.height()) == (60, 2)
    assert image.pixelIndex(59, 0) == LEVELS
    assert image.pixelIndex(30, 1) == pytest.approx(128, abs=2)
    heat_map.shared = False
    assert heat_map.image(0, 2).pixelIndex(30, 1) == 1


def test_a_place_on_the_map_is_a_target_and_a_column_and_a_name_is_a_target(heat_map):
    row_px = heat_map.row_px
    inside = heat_map.spot_at(QPointF(150 + heat_map.columns - 1, row_px * 1.5))
    assert (inside.row, inside.column) == (1, 59)
    assert heat_map.spot_at(QPointF(10, row_px / 2)).column is None
    assert heat_map.spot_at(QPointF(10, row_px * 2 + 5)) is None


# ---- in the window -----------------------------------------------------------------------------------------------


def _watch_two(stage):
    window = stage.open()
    for pid, size in ((4001, 1.0), (4002, 2.0)):
        stage.process(pid, agent=True)
        window.feed.refresh_list()
        stage.speak(pid)
        stage.sample(pid, {RSS: size * GIB}, t_s=START + 2)
    return window


def test_one_target_alone_is_not_compared(stage):
    window = stage.open()
    stage.process(4001, agent=True)
    window.feed.refresh_list()
    stage.speak(4001)
    QTest.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert not window.all_targets.is_shown
    assert window.left.all_row.isHidden()


def test_the_row_above_the_targets_shows_them_all_and_a_click_on_one_opens_it(stage):
    window = _watch_two(stage)
    QTest.mouseClick(window.left.all_row, Qt.MouseButton.LeftButton)
    overview = window.middle.overview
    assert overview.isVisible()
    assert not window.middle.header.isVisible()
    stage.until(lambda: len(overview.board.rows) == 2 and not np.isnan(overview.board.levels[:, -1]).any())
    overview.order_box.setCurrentIndex(overview.order_box.findData("size"))
    overview.show_view("map")
    canvas = overview.canvas
    place = QPoint(200, int(canvas.row_px / 2))
    canvas.point(canvas.spot_at(QPointF(place)))
    assert "train_4002.py · pid 4002" in overview.read_out
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=place)
    assert window.target.pid == 4002
    assert not overview.isVisible()
    assert not window.left.all_row.isChecked()


def test_targets_are_walked_through_and_opened_by_keys(stage):
    window = _watch_two(stage)
    window.show_target("4001.1")
    window.all_targets.toggle()
    overview = window.middle.overview
    stage.until(lambda: len(overview.board.rows) == 2)
    overview.order_box.setCurrentIndex(overview.order_box.findData("name"))
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_Return):
        QTest.keyClick(overview.canvas, key)
    assert window.target.pid == 4002
    assert not window.all_targets.is_shown


def test_a_new_target_joins_the_view_of_all_and_does_not_end_it(stage):
    window = _watch_two(stage)
    window.all_targets.show()
    stage.process(4003, agent=True)
    window.feed.refresh_list()
    stage.speak(4003)
    stage.sample(4003, {RSS: 3 * GIB})
    stage.until(lambda: len(window.middle.overview.board.rows) == 3)
    assert window.all_targets.is_shown
    assert window.left.all_row.text().endswith("3")


def test_the_view_of_all_ends_with_the_last_but_one_target(stage):
    window = _watch_two(stage)
    window.all_targets.show()
    window.forget("4002.1")
    assert not window.all_targets.is_shown
    assert window.target.pid == 4001


def test_the_scale_is_told_in_figures(stage):
    window = _watch_two(stage)
    window.all_targets.show()
    overview = window.middle.overview
    stage.until(lambda: overview._legend.words == ("1.00\u00a0GiB", "2.00\u00a0GiB"))
    overview.same_scale.click()
    assert overview._legend.words == ("own lowest", "own highest")
