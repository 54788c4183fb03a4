"""Pages that show the answer to a look at the target's objects."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import QModelIndex, QPointF, Qt

from memgui.analysis.module_totals import tree_of
from memgui.link.errors import RemoteError
from memgui.protocol.explanation import Held, Holders
from memgui.protocol.inspection import (
    Composition,
    InspectionInfo,
    InspectionList,
    ModuleNode,
    Modules,
    RoleBytes,
    Surplus,
    TensorGroup,
    Tensors,
)
from memgui.ui.groups_model import GroupColumn, GroupsModel
from memgui.ui.modules_model import ModuleColumn, ModulesModel
from memgui.ui.pages.composition import BandColumn, CompositionPage
from memgui.ui.pages.modules import ModulesPage
from memgui.ui.pages.tensors import TensorsPage
from memgui.ui.theme import Theme
from memgui.ui.treemap import Treemap


def group(shape=(32, 2048), role="other_tensors", count=10, size=4096, **other):
    words = {"dtype": "float32", "device": "host", **other}
    return TensorGroup(shape=shape, role=role, count=count, bytes=size, **words)


GROUPS = (
    group(holder="Trainer.history", per_step=120.0, size=9000),
    group(shape=(64,), role="parameters", size=256, holder="Model.head.bias"),
    group(shape=(4, 4), role="optimizer", size=512, dtype="bfloat16", device="cuda.0"),
)
NODES = (
    ModuleNode("Model", "Model", True, 0, 0, 0, 8),
    ModuleNode("Model.body", "Sequential", True, 0, 0, 0, 0),
    ModuleNode("Model.body.0", "Linear", True, 600, 600, 1200, 0, 50),
    ModuleNode("Model.body.1", "Linear", True, 100, 100, 200, 0, 5),
    ModuleNode("Reference", "Reference", False, 400, 0, 0, 0),
    ModuleNode("Dropout", "Dropout", False, 0, 0, 0, 0),
)


@pytest.fixture
def page(stage):
    """The page of a kind, in front, of a process with an agent."""

    def bring(kind):
        stage.process(101, agent=True)
        window = stage.open()
        stage.speak(101)
        stage.sample(101, {"host.rss_bytes": 1e9})
        stage.until(lambda: window.middle.dock.is_offered(kind.tab))
        window.middle.dock.bring_up(kind.tab)
        found = window.middle.dock.page(kind)
        stage.until(lambda: found.button.isEnabled())
        return found

    return bring


def looks(stage, number=1):
    """Wait for so many looks and give the last."""

    def asked():
        return [one for one in stage.hub.asked if one.method not in ("inspect.list", "actions.list")]

    stage.until(lambda: len(asked()) >= number)
    return asked()[number - 1]


def texts(model, column):
    return [model.index(row, column).data() for row in range(model.rowCount())]


def test_a_look_is_asked_for_and_its_answer_fills_the_table(stage, page):
    tensors = page(TensorsPage)
    stage.qtbot.mouseClick(tensors.button, Qt.MouseButton.LeftButton)
    asked = looks(stage)
    assert asked.method == "inspect.tensors"
    assert not tensors.button.isEnabled()
    asked.answer(Tensors(groups=GROUPS, groups_count=3, total_bytes=9768, step=7, pause_ms=41.0))
    stage.until(lambda: tensors.model.rowCount() == 3)
    assert texts(tensors.model, GroupColumn.HOLDER) == ["Trainer.history", "", "Model.head.bias"]
    assert "step 7" in tensors.about.text()
    assert "41 ms" in tensors.about.text().replace("\u00a0", " ")
    assert tensors.button.isEnabled()
    tensors.view.selectRow(2)
    assert "10 × 25 bytes = 256 bytes" in tensors.held.details.text()
    tensors.filter.setText("float optimizer")
    assert texts(tensors.model, GroupColumn.SHAPE) == ["[4, 4]"]
    assert not tensors.held.isVisible()


def test_the_pause_to_expect_is_told_before(stage, page):
    tensors = page(TensorsPage)
    stage.until(lambda: [one for one in stage.hub.asked if one.method == "inspect.list"])
    asked = next(one for one in stage.hub.asked if one.method == "inspect.list")
    asked.answer(InspectionList((InspectionInfo("inspect.tensors", 120.0), InspectionInfo("inspect.modules", 80.0))))
    stage.until(lambda: "120\u00a0ms" in tensors.about.text())
    assert "120\u00a0ms" in tensors.button.toolTip()


def test_a_look_that_fails_says_why_and_can_be_taken_again(stage, page):
    tensors = page(TensorsPage)
    tensors.button.click()
    looks(stage).fail(RemoteError(-32004, "no optimizer step seen in 30 s"))
    stage.until(lambda: tensors.button.isEnabled())
    assert "no optimizer step seen in 30 s" in tensors._empty.text()
    tensors.button.click()
    looks(stage, 2).answer(Tensors(complete=False, reason="stopped after 2000 ms"))
    stage.until(lambda: "not complete" in tensors.about.text())
    assert tensors.about.toolTip() == "stopped after 2000 ms"
    tensors.button.click()
    looks(stage, 3).answer({"groups": "many"})
    stage.until(lambda: "cannot be read" in tensors.about.text())


def test_a_lost_target_keeps_its_answer_and_cannot_be_looked_at(stage, page):
    tensors = page(TensorsPage)
    tensors.button.click()
    looks(stage).answer(Tensors(groups=GROUPS, groups_count=3))
    stage.until(lambda: tensors.model.rowCount() == 3)
    stage.lose(101)
    stage.until(lambda: not tensors.button.isEnabled())
    assert tensors.model.rowCount() == 3


def test_columns_sort_by_what_they_mean(qtmodeltester):
    model = GroupsModel(Theme.dark())
    model.set_groups(GROUPS)
    model.sort(GroupColumn.BYTES, Qt.SortOrder.AscendingOrder)
    assert texts(model, GroupColumn.BYTES) == ["256\u00a0B", "512\u00a0B", "8.79\u00a0KiB"]
    model.sort(GroupColumn.PER_STEP, Qt.SortOrder.DescendingOrder)
    assert texts(model, GroupColumn.PER_STEP)[0] == "+120\u00a0B"
    qtmodeltester.check(model)


def test_ten_thousand_groups_make_no_cells_that_nobody_sees(stage, page):
    tensors = page(TensorsPage)
    many = tuple(group(shape=(n, 7), size=n, holder=f"list of {n}") for n in range(10_000))
    tensors.button.click()
    looks(stage).answer(Tensors(groups=many, groups_count=10_000))
    stage.until(lambda: tensors.model.rowCount() == 10_000)
    made = []
    data = tensors.model.data
    tensors.model._text = lambda group, column, text=tensors.model._text: made.append(1) or text(group, column)
    begin = time.process_time()
    tensors.filter.setText("99")
    tensors.view.viewport().repaint()
    assert data is not None
    assert 0 < len(made) < 2000
    assert time.process_time() - begin < 5
    assert tensors.model.rowCount() == sum("99" in str(n) for n in range(10_000))


def test_modules_are_a_tree_with_sums(qtmodeltester):
    model = ModulesModel(Theme.dark())
    model.set_modules(NODES)
    assert texts(model, ModuleColumn.NAME) == ["Model", "Reference"]
    body = model.index(0, 0, model.index(0, 0))
    assert model.index(0, ModuleColumn.TOTAL, model.index(0, 0)).data() == "2.79\u00a0KiB"
    assert [model.index(row, 0, body).data() for row in range(model.rowCount(body))] == ["0", "1"]
    assert model.index(0, ModuleColumn.ACTIVATIONS, QModelIndex()).data() == "55\u00a0B"
    qtmodeltester.check(model)


def test_the_map_has_areas_as_large_as_what_modules_take(qtbot):
    map_ = Treemap(Theme.dark())
    qtbot.addWidget(map_)
    map_.resize(400, 300)
    roots = tree_of(NODES)
    map_.set_roots([root for root in roots if root.total.total_bytes])
    areas = {plot.branch.node.path: plot.rect.width() * plot.rect.height() for plot in map_.plots if not plot.own}
    assert areas["Model"] / areas["Reference"] == pytest.approx(2863 / 400, rel=0.1)
    assert areas["Model.body.0"] / areas["Model.body.1"] == pytest.approx(2450 / 405, rel=0.15)
    inner = next(plot for plot in map_.plots if plot.branch.node.path == "Model.body.0")
    assert map_.plot_at(inner.rect.center()) is inner
    assert map_.plot_at(QPointF(-5, -5)) is None


def test_what_is_chosen_on_the_map_is_chosen_in_the_tree(stage, page):
    modules = page(ModulesPage)
    modules.activations.setChecked(True)
    modules.button.click()
    asked = looks(stage)
    assert asked.params.activations
    asked.answer(Modules(modules=NODES))
    stage.until(lambda: modules.model.rowCount() == 2)
    plot = next(plot for plot in modules.map.plots if plot.branch.node.path == "Model.body.1")
    at = plot.rect.center().toPoint()
    stage.qtbot.mouseClick(modules.map, Qt.MouseButton.LeftButton, pos=at)
    assert modules.view.currentIndex().data() == "1"


def test_composition_is_told_to_the_byte_with_its_surplus_first(stage, page):
    composition = page(CompositionPage)
    composition.button.click()
    looks(stage).answer(
        Composition(
            roles=(RoleBytes("host", "parameters", 1234, 2),),
            counters={"host.rss_bytes": 5000.0, "host.anon_bytes": 5000.0},
            surplus=(Surplus("copy", 700, "2 tensors have the shapes of the trained parameters"),),
        )
    )
    stage.until(lambda: composition.model.rowCount() == 4)
    assert texts(composition.model, BandColumn.BAND) == ["Surplus: a copy", "Parameters", "Not explained", "Total"]
    tip = composition.model.index(1, BandColumn.BYTES).data(Qt.ItemDataRole.ToolTipRole)
    assert tip.replace("\u202f", "") == "1234 bytes"
    assert composition.model.index(2, BandColumn.SHARE).data() == "75\u00a0%"


def test_workers_are_named_beside_what_adds_up(stage, page):
    composition = page(CompositionPage)
    composition.target.timeline.append(composition.target.timeline.last_t + 1, 7, {"children.anon_bytes": 4000.0})
    composition.button.click()
    looks(stage).answer(Composition(counters={"host.rss_bytes": 5000.0, "host.anon_bytes": 5000.0}))
    stage.until(lambda: composition.model.rowCount() == 3)
    assert texts(composition.model, BandColumn.BAND) == ["Not explained", "Total", "Workers, beside the total"]


def test_who_holds_a_group_is_asked_for_and_shown_as_chains(stage, page):
    tensors = page(TensorsPage)
    tensors.look()
    looks(stage).answer(Tensors(groups=GROUPS, groups_count=3, total_bytes=9768, step=7, pause_ms=41.0))
    stage.until(lambda: tensors.model.rowCount() == 3)
    tensors.view.selectRow(0)
    assert tensors.held.isVisible()
    tensors.held.button.click()
    stage.until(lambda: any(one.method == "inspect.holders" for one in stage.hub.asked))
    request = [one for one in stage.hub.asked if one.method == "inspect.holders"][-1]
    assert request.params.device == "cpu"
    held = Held(("__main__.trainer", ".history", "[301]"), "__main__.trainer", 8, "(32, 2048) float32 cpu")
    request.answer(Holders(pause_ms=80.0, found=454, chains=(held,)))
    stage.until(lambda: tensors.held.strips[0].isVisible())
    assert tensors.held.strips[0]._words == ("__main__.trainer", ".history", "[301]")
    assert "454 match; training paused for 80 ms." in tensors.held.about.text()
    tensors.view.selectRow(1)
    assert not tensors.held.strips[0].isVisible()
