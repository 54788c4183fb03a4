"""The chart area as a person sees it."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from memgui.collect.observer import EndReason
from memgui.store.timeline import Timeline
from memgui.ui.charts import ChartArea
from memgui.ui.charts.axismap import AxisMap
from memgui.ui.charts.chart import FIT, ChartCard
from memgui.ui.charts.fit import fit_of
from memgui.ui.charts.legend import More
from memgui.ui.charts.series import HOST
from memgui.ui.charts.staging import chosen_finding
from memgui.ui.theme import Theme

GIB = 1024.0**3
START = 1_780_000_000.0


def test_without_a_gpu_one_line_says_so_and_the_host_chart_has_the_room(area, target, gpu_target):
    area.show_target(gpu_target)
    area.grab()
    shared = area.host_card.height()
    area.show_target(target)
    area.grab()
    assert area.no_device.isVisible()
    assert "No GPU" in area.no_device.text()
    assert not area.device_card.isVisible()
    assert area.host_card.height() > 1.4 * shared


def test_with_a_gpu_the_line_is_gone_and_its_curves_are_drawn(area, gpu_target):
    area.show_target(gpu_target)
    assert area.device_card.isVisible()
    assert not area.no_device.isVisible()
    names = {curve.name for curve in area.device_card.plot.curves}
    assert names == {"cuda.0.allocated_bytes", "cuda.0.reserved_bytes", "cuda.0.device_used_bytes"}


def test_all_plots_share_one_axis_and_one_left_edge(area, gpu_target):
    area.show_target(gpu_target)
    area.grab()
    plots = [card.plot for card in (area.device_card, area.host_card, area.step_card)]
    assert len({plot.area().left() for plot in plots}) == 1
    assert len({plot.area().width() for plot in plots}) == 1
    now = gpu_target.timeline.last_t
    assert len({plot.x_pixel(now) for plot in plots}) == 1
    assert abs(area.lane.x_pixel(now) - 1 - plots[0].x_pixel(now)) < 1.0


def test_tiles_say_what_the_run_holds(area, gpu_target):
    area.show_target(gpu_target)
    values = [tile.text.value.replace("\u00a0", " ") for tile in area.tiles.tiles]
    assert values[1:4] == ["40.0 GiB", "12.0 GiB", "239"]
    assert area.tiles.tiles[1].text.note[0] == "peak 55.0 · of 79.6"
    assert area.tiles.tiles[2].text.tone == "good"
    assert area.tiles.tiles[4].text.value == "no growth"


def test_without_a_gpu_two_tiles_tell_of_the_heap_and_the_workers(area, target):
    area.show_target(target)
    captions = [tile.text.caption[0] for tile in area.tiles.tiles]
    assert captions == ["Host anonymous", "Heap in use", "Workers", "Step", "Host out of memory in"]
    assert area.tiles.tiles[2].text.note == ("2 processes",)


def test_every_tile_explains_itself(area, target):
    area.show_target(target)
    for tile in area.tiles.tiles:
        assert len(tile.toolTip()) > 40
        assert tile.accessibleName()
        assert tile.accessibleDescription()


def test_growth_is_told_by_the_tiles_and_drawn_on_the_host_chart(area, target, growth):
    target.findings = (growth,)
    target.limit = ("cgroup.limit_bytes", 8 * GIB)
    area.show_target(target)
    assert area.tiles.tiles[0].text.note[0].replace("\u00a0", " ") == "▲ 256 KiB per step"
    assert area.tiles.tiles[4].text.value.replace("\u00a0", " ") == "38 min"
    assert area.tiles.tiles[4].text.note[0].startswith("31–49")
    area.host_card.chip(FIT)
    drawn = area.grab().toImage()
    area.host_card.chip(FIT).click()
    assert area.grab().toImage() != drawn


def test_a_finding_leaves_room_for_the_forecast(area, target, growth):
    area.show_target(target)
    target.feed(700)
    area.refresh()
    assert area.visible_range[1] - target.timeline.last_t < 5
    target.findings = (growth,)
    area.show_finding(growth)
    assert area.visible_range[1] - target.timeline.last_t > 60


def test_the_last_tile_is_about_the_memory_that_is_full_first(area, gpu_target, growth):
    device = replace(growth, metric="cuda.0.allocated_bytes", eta_s=600.0, eta_low_s=540.0, eta_high_s=None)
    threads = replace(growth, metric="host.threads_count", eta_s=1.0)
    gpu_target.findings = (growth, device, threads)
    area.show_target(gpu_target)
    text = area.tiles.tiles[4].text
    assert text.caption[0] == "GPU out of memory in"
    assert text.value.replace("\u00a0", " ") == "10 min"


def test_what_is_over_is_not_drawn_into_the_time_after_it(growth):
    axis = AxisMap(Timeline(), "time")
    running = fit_of(growth, axis, START + 100, START + 200, forecast=True)
    over = fit_of(replace(growth, state="resolved"), axis, START + 100, START + 200, forecast=True)
    assert running.forecast[1][0] == START + 200
    assert over.past[1] == over.forecast[0] == over.forecast[1] == (growth.until_s, growth.level_bytes)


def test_the_band_is_as_wide_as_the_interval_of_the_rate_and_ends_at_the_limit(growth):
    axis = AxisMap(Timeline(), "time")
    fit = fit_of(replace(growth, eta_s=60.0), axis, growth.until_s, START + 1e4, forecast=True)
    assert fit.forecast[1] == pytest.approx((growth.until_s + 60, growth.level_bytes + 60 * growth.rate_bytes_per_s))
    heights = [y - growth.level_bytes for _, y in fit.band[1:]]
    assert heights == pytest.approx([60 * growth.rate_high, 60 * growth.rate_low])


def test_a_chosen_finding_that_no_chart_shows_draws_nothing(target, growth):
    threads = replace(growth, metric="host.threads_count")
    assert chosen_finding(target, threads, None) is None
    assert chosen_finding(target, growth, None) is growth


def test_a_chosen_finding_selects_its_interval_without_a_box_over_the_curves(area, target, growth):
    area.show_target(target)
    told = []
    area.interval_marked.connect(lambda *ends: told.append(ends))
    area.select(growth.since_s, growth.until_s)
    assert area.inspector.marks == (growth.since_s, growth.until_s)
    assert told == [(growth.since_s, growth.until_s)]
    assert not area.inspector.interval_box.isVisible()


def test_a_far_limit_does_not_squash_the_data_and_a_near_one_is_a_line(area, target):
    target.limit = ("cgroup.limit_bytes", 64 * GIB)
    area.show_target(target)
    assert not area.host_card.limit.drawn
    assert area.host_card.plot.top < 4 * GIB
    target.limit = ("cgroup.limit_bytes", 3.5 * GIB)
    area.refresh()
    assert area.host_card.limit.drawn
    assert area.host_card.plot.top > 3.5 * GIB


def test_a_gap_is_drawn_as_a_gap(area, target, count_of):
    whole = target
    area.show_target(whole)
    colour = Theme.dark().series_colour("children.rss_bytes")
    assert all(not np.isnan(curve.y).any() for curve in area.host_card.plot.curves)
    for series in area.host_card.visible_series():
        if series.metric != "children.rss_bytes":
            area.host_card.chip(series.metric).click()
    before = count_of(area.host_card.plot, colour)
    whole.timeline.append(START + 100, 400, {"children.rss_bytes": GIB})
    whole.timeline.append(START + 100.1, 400, {"children.rss_bytes": GIB})
    area.refresh()
    (curve,) = area.host_card.plot.curves
    assert np.isnan(curve.y).any()
    # Forty of the hundred seconds are empty, so that fewer pixels are lit than a line through them would light.
    assert count_of(area.host_card.plot, colour) <= before


def test_a_chip_hides_and_shows_its_series(area, target, qtbot):
    area.show_target(target)
    chip = area.host_card.chip("host.anon_bytes")
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert "host.anon_bytes" not in {curve.name for curve in area.host_card.plot.curves}
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert "host.anon_bytes" in {curve.name for curve in area.host_card.plot.curves}


def test_what_finds_no_room_for_a_chip_is_in_a_menu(qtbot):
    card = ChartCard("host", "Host memory", Theme.dark())
    qtbot.addWidget(card)
    card.set_series(HOST, with_fit=True)
    card.resize(700, 200)
    card.show()
    more = card.findChild(More)
    assert not more.isVisible()
    card.resize(340, 200)
    assert card.width() == 340
    beside = [name for name in (*(series.metric for series in HOST), FIT) if not card.chip(name).isVisible()]
    assert 0 < len(beside) < 5
    assert more.text() == f"+{len(beside)}"
    assert more.mapTo(card, more.rect().topRight()).x() <= card.width()
    more.menu().aboutToShow.emit()
    action = more.menu().actions()[-1]
    assert action.text() == card.chip(beside[-1]).label
    action.trigger()
    assert card.is_hidden(beside[-1])
    full = action.icon().pixmap(9, 9).toImage()
    more.menu().aboutToShow.emit()
    action = more.menu().actions()[-1]
    assert not action.isChecked()
    assert action.icon().pixmap(9, 9).toImage() != full, "hollow, as its chip would be"
    action.trigger()
    assert not card.is_hidden(beside[-1])


def test_the_theme_changes_at_run_time(area, target, count_of):
    area.show_target(target)
    dark, light = Theme.dark(), Theme.light()
    assert count_of(area.host_card, dark.card) > 10_000
    area.set_theme(light)
    assert count_of(area.host_card, dark.card) == 0
    assert count_of(area.host_card, light.card) > 10_000
    colours = {curve.colour for curve in area.host_card.plot.curves}
    assert colours <= set(light.series.values())


def test_an_ended_run_keeps_its_charts_and_says_why_it_ended(area, target):
    area.show_target(target)
    running = area.grab().toImage()
    target.state, target.end = "ended", EndReason("oom_killed", "killed by the kernel: out of memory")
    area.refresh()
    assert area.host_card.plot.curves
    assert area.grab().toImage() != running
    assert area.tiles.tiles[4].text.value == "ended"
    assert area.visible_range[1] > target.timeline.last_t


def test_before_the_first_sample_the_chart_says_what_it_waits_for(area, new_target):
    area.show_target(new_target)
    area.grab()
    assert not area.host_card.plot.curves
    new_target.feed(1)
    area.refresh()
    assert area.host_card.plot.curves


def test_showing_nothing_empties_the_charts(area, target):
    area.show_target(target)
    area.show_target(None)
    area.refresh()
    assert not area.host_card.plot.curves
    assert area.tiles.tiles[0].text.value == "–"


def test_nothing_is_drawn_while_nothing_has_changed(area, target):
    area.show_target(target)
    before = area.host_card.plot.curves
    area.refresh()
    assert area.host_card.plot.curves is before
    target.feed(5)
    area.refresh()
    assert area.host_card.plot.curves is not before


def test_a_hidden_area_draws_nothing_and_catches_up_when_it_is_shown(area, target):
    area.show_target(target)
    area.hide()
    before = area.host_card.plot.curves
    target.feed(30)
    area.refresh()
    assert area.host_card.plot.curves is before
    area.show()
    assert area.host_card.plot.curves is not before


def test_figures_change_more_seldom_than_curves_and_end_with_the_newest(area, target):
    target.feed(60)
    area.show_target(target)
    area.set_span(60.0)
    steps = area.tiles.tiles[3]
    figures = set()
    for _ in range(40):
        target.feed(0.1)
        area.refresh()
        figures.add(steps.text.value)
    assert 4 <= len(figures) <= 6
    for _ in range(4):
        area.refresh()
    assert steps.text.value == str(target.timeline.last_step)
    target.state = "ended"
    area.refresh()
    assert area.tiles.tiles[4].text.value == "ended"


def test_never_more_than_two_points_a_pixel_column(area, target):
    target.feed(3000)
    area.show_target(target)
    area.set_span(None)
    for curve in area.host_card.plot.curves:
        assert len(curve.x) <= 2 * area.host_card.plot.columns


def test_labels_of_bytes_are_round_binary_numbers(area, target):
    area.show_target(target)
    labels = [label.replace("\u00a0", " ") for label in area.host_card.plot.y_labels]
    assert labels[:2] == ["0", "0.5 GiB"]


def test_it_fits_a_narrow_window(area, gpu_target, qtbot):
    area.resize(560, 440)
    area.show_target(gpu_target)
    qtbot.wait(1)
    bottom = area.lane.mapTo(area, area.lane.rect().bottomLeft()).y()
    assert bottom <= area.height()
    for card in (area.device_card, area.host_card):
        for series in card.visible_series():
            chip = card.chip(series.metric)
            assert chip.mapTo(card, chip.rect().topLeft()).x() > 80
            assert chip.mapTo(card, chip.rect().topRight()).x() <= card.width()


def test_a_closed_area_is_garbage(qtbot, target):
    made = ChartArea(Theme.dark())
    made.resize(825, 560)
    made.show()
    made.show_target(target)
    qtbot.waitExposed(made)
    parts = [weakref.ref(part) for part in (made, made.host_card, made.host_card.plot, made.inspector, made.lane)]
    made.close()
    made.deleteLater()
    del made
    qtbot.wait(1)
    gc.collect()
    assert [part() for part in parts] == [None] * len(parts)


def test_slow_steps_leave_no_holes_in_the_step_strip(area, target):
    last = target.timeline.last_t
    for index in range(1, 100):
        slow = 0.9 if index % 9 == 0 else None
        target.timeline.append(last + index / 10, 240 + index // 9, {"step.duration_s": slow})
    area.show_target(target)
    (curve,) = area.step_card.plot.curves
    assert not np.isnan(curve.y).any()


def test_what_a_run_takes_in_its_first_steps_is_no_trend(area, new_target):
    for index in range(700):
        step = max(-1, index // 10 - 20)
        new_target.timeline.append(START + index / 10, step, {"host.anon_bytes": min(index, 350) * 2.0**20})
    area.show_target(new_target)
    assert area.tiles.tiles[0].text.note == ("measuring…",)
