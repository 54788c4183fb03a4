"""Memory as stacked bands."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from memgui.ui.theme import Theme

GIB = 1024.0**3
HOST = {
    "host.rss_bytes": 4 * GIB,
    "host.anon_bytes": 3 * GIB,
    "host.file_bytes": 1 * GIB,
    "host.shmem_bytes": 0.0,
    "host.heap_used_bytes": 2 * GIB,
    "host.heap_kept_bytes": 0.5 * GIB,
    "composition.parameters_bytes": 1.0 * GIB,
    "composition.gradients_bytes": 0.25 * GIB,
    "composition.optimizer_bytes": 0.5 * GIB,
    "composition.buffers_bytes": 0.0,
}
DEVICE = {
    "cuda.0.allocated_bytes": 30 * GIB,
    "cuda.0.reserved_bytes": 40 * GIB,
    "cuda.0.process_used_bytes": 41 * GIB,
    "cuda.0.parameters_bytes": 10 * GIB,
    "cuda.0.gradients_bytes": 5 * GIB,
    "cuda.0.optimizer_bytes": 10 * GIB,
    "cuda.0.buffers_bytes": 0.0,
}


@pytest.fixture
def told(new_target):
    """A minute of a run whose roles the agent has told."""
    for index in range(600):
        new_target.timeline.append(1_780_000_000.0 + index / 10, index, {**HOST, **DEVICE})
    new_target.state = "connected"
    return new_target


def heights(card):
    return {curve.name: round(float(np.nanmax(curve.y)) / GIB, 2) for curve in card.plot.curves}


def test_a_device_is_drawn_by_roles_from_the_ground_to_what_the_driver_counts(area, told):
    area.show_target(told)
    assert heights(area.device_card) == {
        "context": 41, "reserved_free": 40, "live": 30, "optimizer": 25, "gradients": 15, "parameters": 10,
    }  # fmt: skip


def test_the_hosts_bands_add_up_to_what_is_resident(area, told):
    area.show_target(told)
    area.host_card.show_composition(True)
    found = heights(area.host_card)
    assert list(found)[-3:] == ["optimizer", "gradients", "parameters"]
    assert max(found.values()) == 4
    assert found["parameters"] == 1
    assert found["unexplained"] - found["file_pages"] == pytest.approx(0.5)


def test_workers_stand_on_top_of_all_that_the_process_holds(area, new_target):
    for index in range(600):
        values = {**HOST, "children.anon_bytes": 2 * GIB}
        new_target.timeline.append(1_780_000_000.0 + index / 10, index, values)
    new_target.state = "connected"
    area.show_target(new_target)
    area.host_card.show_composition(True)
    found = heights(area.host_card)
    assert list(found)[:2] == ["workers", "unexplained"]
    assert (found["workers"], found["unexplained"]) == (6, 4)
    assert area.host_card.chip("workers").text() == "workers"


def test_the_switch_goes_to_composition_and_back(area, told, qtbot):
    area.show_target(told)
    card = area.host_card
    assert card.switch.isVisible()
    assert "host.rss_bytes" in heights(card)
    qtbot.mouseClick(card.switch, Qt.MouseButton.LeftButton)
    assert "native_heap" in heights(card)
    qtbot.mouseClick(card.switch, Qt.MouseButton.LeftButton)
    assert "host.rss_bytes" in heights(card)


def test_a_run_without_device_is_composed_until_a_growth_is_found_or_a_person_chooses(area, new_target, growth):
    for index in range(600):
        new_target.timeline.append(1_780_000_000.0 + index / 10, index, HOST)
    new_target.state = "connected"
    area.show_target(new_target)
    card = area.host_card
    assert "native_heap" in heights(card)
    new_target.findings = (growth,)
    area.show_finding(None)
    assert "host.rss_bytes" in heights(card)
    card.switch.click()
    assert "native_heap" in heights(card)


def test_without_roles_there_is_nothing_to_switch_to(area, gpu_target):
    area.show_target(gpu_target)
    assert not area.host_card.switch.isVisible()
    assert not area.device_card.switch.isVisible()
    assert "cuda.0.allocated_bytes" in heights(area.device_card)


def test_the_crosshair_reads_exact_figures_of_the_bands(area, told, hands):
    area.show_target(told)
    area.host_card.show_composition(True)
    hands.hover(0.5)
    text = area.read_out_text().replace("\u00a0", " ")
    assert "parameters 10.0 GiB" in text
    assert "parameters 1.00 GiB" in text
    assert "optimizer state 512 MiB" in text
    assert "not explained 512 MiB" in text


def test_a_hidden_band_leaves_the_stack(area, told, qtbot):
    area.show_target(told)
    qtbot.mouseClick(area.device_card.chip("optimizer"), Qt.MouseButton.LeftButton)
    found = heights(area.device_card)
    assert "optimizer" not in found
    assert found["live"] == 20


def test_bands_are_filled_in_their_colour_down_to_the_ground(area, told, count_of):
    area.show_target(told)
    theme, plot = Theme.dark(), area.device_card.plot
    pixels = {name: count_of(plot, theme.series_colour(name)) for name in ("parameters", "optimizer", "gradients")}
    assert pixels["parameters"] > 5000
    assert pixels["optimizer"] == pytest.approx(pixels["parameters"], rel=0.15)
    assert pixels["gradients"] == pytest.approx(pixels["parameters"] / 2, rel=0.2)


def test_what_is_not_known_yet_is_no_gap(area, new_target):
    for index in range(100):
        roles = {} if index < 50 else DEVICE
        values = {**HOST, **{name: DEVICE[name] for name in list(DEVICE)[:2]}, **roles}
        new_target.timeline.append(1_780_000_000.0 + index / 10, index, values)
    new_target.state = "connected"
    area.show_target(new_target)
    live = next(curve for curve in area.device_card.plot.curves if curve.name == "live")
    assert not np.isnan(live.y).any()
    assert float(live.y.min()) == 30 * GIB
