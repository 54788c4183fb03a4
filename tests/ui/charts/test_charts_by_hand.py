"""Crosshair, zoom, intervals, keys, pause."""

import pytest
from PySide6.QtCore import Qt

from memgui.ui import format as fmt

START = 1_780_000_000.0


def test_the_crosshair_reads_time_step_and_every_visible_series(area, gpu_target, hands):
    area.show_target(gpu_target)
    hands.hover(0.25)
    low, high = area.visible_range
    text = area.read_out_text().replace("\u00a0", " ")
    t_s = low + (high - low) / 4
    assert fmt.clock(t_s) in text
    assert f"step {gpu_target.timeline.step_at(t_s)}" in text
    for words in ("allocated 40.0 GiB", "reserved 52.0 GiB", "workers 1.00 GiB", "anonymous 2.0", "step time 2"):
        assert words in text


def test_a_hidden_series_is_not_read(area, target, hands):
    area.show_target(target)
    area.host_card.chip("children.rss_bytes").click()
    hands.hover(0.5)
    assert "workers" not in area.read_out_text()


def test_one_crosshair_runs_through_all_charts(area, gpu_target, hands):
    area.show_target(gpu_target)
    hands.hover(0.5)
    sight = area.inspector.overlay.sight
    assert sight.cursor is not None
    assert len(sight.bands) == 4
    hands.leave()
    assert area.inspector.overlay.sight.cursor is None
    assert area.read_out_text() == ""


def test_where_the_run_was_not_yet_there_is_nothing_to_read(area, target, hands):
    area.show_target(target)
    hands.drag(0.9, 0.95)
    area.set_span(600)
    target.feed(10)
    area.refresh()
    hands.hover(0.99)
    assert "–" in area.read_out_text()


def test_a_drag_zooms_all_charts(area, target, hands, qtbot):
    area.show_target(target)
    low, high = area.visible_range
    with qtbot.waitSignal(area.live_changed) as told:
        hands.drag(0.25, 0.5)
    assert told.args == [False]
    assert area.visible_range == pytest.approx((low + (high - low) / 4, (low + high) / 2), abs=0.2)
    assert not area.live


def test_a_drag_to_the_left_zooms_as_well(area, target, hands):
    area.show_target(target)
    low, high = area.visible_range
    hands.drag(0.5, 0.25)
    assert area.visible_range == pytest.approx((low + (high - low) / 4, (low + high) / 2), abs=0.2)


def test_a_double_click_returns_to_live_and_marks_nothing(area, target, hands, qtbot):
    area.show_target(target)
    live = area.visible_range
    hands.drag(0.25, 0.5)
    with qtbot.waitSignal(area.live_changed) as told:
        hands.double_click(0.5)
    assert told.args == [True]
    assert area.visible_range == live
    assert area.inspector.marks == ()


def test_the_wheel_zooms_around_the_mouse(area, target, hands):
    area.show_target(target)
    low, high = area.visible_range
    hands.wheel(0.25, 2)
    zoomed_low, zoomed_high = area.visible_range
    assert zoomed_high - zoomed_low < 0.7 * (high - low)
    fixed = low + 0.25 * (high - low)
    assert zoomed_low + 0.25 * (zoomed_high - zoomed_low) == pytest.approx(fixed, abs=0.2)


def test_two_clicks_mark_an_interval_and_say_what_changed(area, target, hands, qtbot):
    target.feed(60, slope=10 * 1024.0**2)
    area.show_target(target)
    low, high = area.visible_range
    hands.click(0.3)
    assert area.interval_text() == ""
    with qtbot.waitSignal(area.interval_marked) as told:
        hands.click(0.8)
    start, end = told.args
    assert start == pytest.approx(low + 0.3 * (high - low), abs=0.5)
    assert end == pytest.approx(low + 0.8 * (high - low), abs=0.5)
    text = area.interval_text().replace("\u00a0", " ")
    assert "steps" in text
    assert "anonymous +" in text
    assert "/step" in text
    assert "workers ±0 B" in text


def test_the_second_click_may_be_left_of_the_first(area, target, hands, qtbot):
    area.show_target(target)
    hands.click(0.8)
    with qtbot.waitSignal(area.interval_marked) as told:
        hands.click(0.3)
    assert told.args[0] < told.args[1]


def test_escape_clears_the_interval(area, target, hands, qtbot):
    area.show_target(target)
    hands.click(0.3)
    hands.click(0.8)
    assert area.interval_text()
    qtbot.keyClick(area, Qt.Key.Key_Escape)
    assert area.interval_text() == ""
    assert area.inspector.marks == ()


@pytest.mark.parametrize("key", [Qt.Key.Key_Plus, Qt.Key.Key_Equal])
def test_plus_and_minus_zoom(area, target, qtbot, key):
    area.show_target(target)
    low, high = area.visible_range
    qtbot.keyClick(area, key)
    assert area.visible_range[1] - area.visible_range[0] < high - low
    qtbot.keyClick(area, Qt.Key.Key_Minus)
    assert area.visible_range == pytest.approx((low, high), abs=0.01)


def test_arrows_pan_and_home_and_end_go_to_the_ends(area, target, qtbot):
    target.feed(600)
    area.show_target(target)
    area.set_span(60)
    live = area.visible_range
    qtbot.keyClick(area, Qt.Key.Key_Left)
    assert area.visible_range[0] < live[0]
    qtbot.keyClick(area, Qt.Key.Key_Home)
    assert area.visible_range[0] == pytest.approx(START)
    qtbot.keyClick(area, Qt.Key.Key_End)
    assert area.visible_range == live
    assert area.live


def test_the_crosshair_can_be_used_by_keyboard(area, target, qtbot):
    area.show_target(target)
    qtbot.keyClick(area, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    first = area.read_out_text()
    assert first
    qtbot.keyClick(area, Qt.Key.Key_Return)
    for _ in range(30):
        qtbot.keyClick(area, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert area.read_out_text() != first
    with qtbot.waitSignal(area.interval_marked):
        qtbot.keyClick(area, Qt.Key.Key_Return)


def test_pause_freezes_the_view_while_the_data_go_on(area, target):
    area.show_target(target)
    area.set_paused(True)
    frozen = area.visible_range
    target.feed(300)
    area.refresh()
    assert area.visible_range == frozen
    area.set_paused(False)
    assert area.visible_range[1] >= target.timeline.last_t
    assert area.live


def test_a_span_is_as_wide_as_it_says_once_the_run_is_old_enough(area, target):
    target.feed(1000)
    area.show_target(target)
    for span in (60.0, 600.0):
        area.set_span(span)
        low, high = area.visible_range
        assert high - low == pytest.approx(span)
        assert high >= target.timeline.last_t
    area.set_span(None)
    assert area.visible_range[0] == START


def test_the_axis_can_be_steps(area, target, hands):
    area.show_target(target)
    area.set_axis("step")
    low, high = area.visible_range
    assert low == 0
    assert 239 <= high < 1000
    hands.hover(0.3)
    step = round(low + 0.3 * (high - low))
    assert f"step {step}" in area.read_out_text()
    area.set_axis("time")
    assert area.visible_range[0] == START


def test_a_zoomed_view_shows_the_same_stretch_of_the_run_on_the_other_axis(area, target, hands):
    area.show_target(target)
    hands.drag(0.25, 0.5)
    low, high = area.visible_range
    area.set_axis("step")
    assert area.visible_range == pytest.approx(((low - START) * 4, (high - START) * 4), abs=2)
