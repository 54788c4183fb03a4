"""The page of pools: rows, sliders, what is sent when they are moved, and what the answers become."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies
from PySide6.QtCore import Qt

from memgui.link.errors import RemoteError
from memgui.protocol.pools import PoolInfo, PoolList, Setting
from memgui.ui.action_form import SchemaForm
from memgui.ui.pages.pools import PoolsPage
from memgui.ui.pages.setting_slider import Scale, value_text

MIB = 1024**2
AHEAD = PoolInfo(
    "ahead", "prefetcher", 3 * MIB, 3 * MIB, 64 * MIB, 98, 2, 2, 0.25,
    settings={"depth": Setting(2, 0, 64), "automatic": Setting(0, 0, 1)},
)  # fmt: skip
BLOCKS = PoolInfo("blocks", "tensor pool", MIB, 5 * MIB, settings={"limit": Setting(8 * MIB, MIB, 2**50, "bytes")},
                  notes=("1 lease(s) of 4096 bytes leaked at train.py:7",), can_trim=True)  # fmt: skip


def _page(stage, action, *infos, looked_s=1.0):
    stage.process(101, agent=True)
    window = stage.open()
    stage.speak(101, actions=(action("set_pool", "Set a pool", "pools"),))
    stage.sample(101, {"pool.ahead.used_bytes": 3.0 * MIB, "host.rss_bytes": 1e9})
    page = window.middle.dock.page(PoolsPage)
    stage.until(lambda: window.middle.dock.is_offered(PoolsPage.tab))
    window.middle.dock.bring_up(PoolsPage.tab)
    asked = _asked(stage, "inspect.pools")
    asked.answer(PoolList(infos, looked_s))
    stage.until(lambda: (len(page.rows) == len(infos) and page._job is None) or infos == ())
    return page


def _asked(stage, method):
    stage.until(lambda: any(one.method == method and not one.future.done() for one in stage.hub.asked))
    return next(one for one in stage.hub.asked if one.method == method and not one.future.done())


def test_a_row_tells_what_a_pool_holds_and_how_well_it_does(stage, action):
    page = _page(stage, action, AHEAD, BLOCKS)
    row = page.rows["ahead"]
    assert row._holds.text() == "3.00\u00a0MiB of 64.0\u00a0MiB"
    assert row._hits.text() == "98.0 % hits"
    assert row._stalls.text() == "2 stalls, 250\u00a0ms"
    assert row.occupancy._used
    other = page.rows["blocks"]
    assert other._holds.text() == "1.00\u00a0MiB, held 5.00\u00a0MiB"
    assert "leaked at train.py:7" in other._said.text()
    assert (row.trim.isHidden(), other.trim.isHidden()) == (True, False)


def test_a_slider_that_is_moved_by_keys_sends_one_change_and_the_effect_is_told(stage, action, receipt):
    page = _page(stage, action, AHEAD)
    row = page.rows["ahead"]
    slider = row.sliders["depth"].slider
    for _ in range(3):
        stage.qtbot.keyClick(slider, Qt.Key.Key_Right)
    run = _asked(stage, "actions.run")
    assert run.params["params"] == {"name": "ahead", "depth": 5}
    assert run.params["when"] == "safe_point"
    details = {"change": "ahead: depth 2 → 5", "step_before_s": 0.02, "step_after_s": 0.01, "steps": 20}
    run.answer(
        receipt(action="set_pool", details=details, before={"host.rss_bytes": 1e9}, after={"host.rss_bytes": 1e9})
    )
    stage.until(lambda: "depth 2 → 5" in row._said.text())
    assert row._said.text() == "depth 2 → 5 · step 20\u00a0ms → 10\u00a0ms · resident ±0\u00a0B"
    assert sum(one.method == "actions.run" for one in stage.hub.asked) == 1


def test_a_refusal_stands_in_the_row(stage, action, receipt):
    page = _page(stage, action, AHEAD)
    row = page.rows["ahead"]
    row.sliders["automatic"].box.click()
    run = _asked(stage, "actions.run")
    assert run.params["params"] == {"name": "ahead", "automatic": 1}
    run.answer(receipt("refused", reason="ahead: automatic must be from 0 to 1"))
    stage.until(lambda: "must be from 0 to 1" in row._said.text())
    assert row._said.property("tone") == "warn"


def test_trimming_tells_what_was_given_back(stage, action, receipt):
    page = _page(stage, action, BLOCKS)
    row = page.rows["blocks"]
    stage.qtbot.mouseClick(row.trim, Qt.MouseButton.LeftButton)
    run = _asked(stage, "actions.run")
    assert run.params["params"] == {"name": "blocks"}
    run.answer(receipt(action="trim_pool", freed_bytes=4 * MIB, before={}, after={}))
    stage.until(lambda: "gave back 4.00\u00a0MiB" in row._said.text())


def test_a_target_without_pools_is_told_what_there_is(stage, action):
    page = _page(stage, action)
    stage.until(lambda: "memgui.runtime" in page._note.text())
    assert page.rows == {}


def test_an_agent_that_knows_no_pools_is_no_harm(stage, action):
    page = _page(stage, action, AHEAD)
    page.refresh()
    _asked(stage, "inspect.pools").fail(RemoteError(-32601, "this agent has no method 'inspect.pools'"))
    stage.until(lambda: "has no method" in page._note.text())


def test_another_target_does_not_get_the_answers_of_the_first(stage, action):
    page = _page(stage, action, AHEAD)
    page.refresh()
    late = _asked(stage, "inspect.pools")
    page.show_target(None)
    late.answer(PoolList((BLOCKS,)))
    stage.qtbot.wait(50)
    assert page.rows == {}


def test_in_a_narrow_window_the_settings_stand_below_the_numbers(stage, action):
    page = _page(stage, action, AHEAD)
    row = page.rows["ahead"]
    page.resize(1000, 300)
    assert row._grid.itemAtPosition(0, 3) is not None
    page.resize(500, 300)
    assert row._grid.itemAtPosition(0, 3) is None
    assert row._grid.itemAtPosition(1, 0).widget() is row._body


@given(
    low=strategies.integers(0, 10**9),
    span=strategies.integers(1, 2**46),
    share=strategies.floats(0, 1),
)
def test_a_slider_reaches_both_ends_exactly_and_keeps_to_the_range(low, span, share):
    setting = Setting(low, low, low + span, "bytes")
    scale = Scale(setting)
    assert (scale.value(0), scale.value(scale.steps)) == (low, low + span)
    values = [scale.value(at) for at in range(scale.steps + 1)]
    assert values == sorted(values)
    assert all(low <= value <= low + span for value in values)
    assert 0 <= scale.position(low + share * span) <= scale.steps


@pytest.mark.parametrize(("value", "text"), [(2**50, "no limit"), (64 * MIB, "64.0\u00a0MiB")])
def test_the_top_of_an_open_range_is_no_limit(value, text):
    assert value_text(Setting(1, 1, 2**50, "bytes"), value) == text


def test_an_optional_number_is_left_out_until_it_is_given(qtbot):
    whole = {"type": "integer", "minimum": 0, "maximum": 64, "optional": True}
    large = {"type": "integer", "minimum": 1, "maximum": 2**46, "optional": True}
    form = SchemaForm({"type": "object", "properties": {"depth": whole, "max_bytes": large}})
    qtbot.addWidget(form)
    assert form.values() == {}
    form.field("depth").setValue(0)
    form.field("max_bytes").setValue(2**40)
    assert form.values() == {"depth": 0, "max_bytes": 2**40}
