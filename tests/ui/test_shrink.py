"""«Shrink the job»: what is asked, what is shown in each state, what comes of it."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from memgui.link.errors import RemoteError, TimedOut
from memgui.protocol.inspection import ModuleNode, Modules
from memgui.protocol.meeting import Met
from memgui.protocol.payloads import ActionInfo, Hello, Preview, Progress, Receipt
from memgui.protocol.shrinking import LayerChange, LeftOut, ShrinkPlan, Sizes, UndoInfo
from memgui.protocol.wire import to_wire
from memgui.store.events import MarkedEvent
from memgui.ui.action_form import SchemaForm
from memgui.ui.pages.modules import ModulesPage
from memgui.ui.shrink.plan_model import PlanColumn, PlanModel
from memgui.ui.shrink.receipt_card import LossCurve, ReceiptCard
from memgui.ui.shrink.scope_model import ScopeColumn, ScopeModel
from memgui.ui.targets_model import Role
from memgui.ui.theme import Theme
from memgui.ui.undo_rows import UndoRows
from memgui.ui.window_commands import commands_of

MIB = 1024**2
START = 1_780_000_000.0
SCHEMA = {
    "type": "object",
    "properties": {
        "modules": {"type": "string", "default": ""},
        "ratio": {"type": "number", "default": 0.3, "minimum": 0.0, "maximum": 1.0},
        "guard_ratio": {"type": "number", "default": 0.0, "minimum": 0.0},
    },
}
NODES = (
    ModuleNode("Net", "Net", True, 0, 0, 0, 8),
    ModuleNode("Net.body", "Sequential", True, 0, 0, 0, 0),
    ModuleNode("Net.body.0", "Linear", True, 600, 600, 1200, 0),
    ModuleNode("Net.body.1", "Linear", True, 100, 100, 200, 0),
    ModuleNode("Net.head", "Linear", True, 50, 50, 100, 0),
    ModuleNode("Teacher", "Teacher", False, 4000, 0, 0, 0),
)
BEFORE, AFTER = Sizes(8 * MIB, 8 * MIB, 16 * MIB), Sizes(4 * MIB, 4 * MIB, 8 * MIB)


def layer(module, freed=100, damage=0.1):
    return LayerChange(module, "Linear", "half of it goes", Sizes(1000), Sizes(1000 - freed), damage)


def preview(*layers, **other):
    plan = ShrinkPlan(layers or (layer("body.0"),), (LeftOut("head", "tied"),), BEFORE, AFTER, **other)
    return Preview("prune", 16 * MIB, 40.0, plan=plan)


def method(name="prune", title="Prune", **other):
    return ActionInfo(name, title, "shrink", f"What {title} does.", SCHEMA, undoable=True, **other)


@pytest.fixture
def dialog(stage):
    """Opens the dialog by a click on the row of a method."""

    def bring(*actions, row="prune", modules=True):
        stage.process(101, agent=True)
        window = stage.open()
        stage.speak(101, actions=actions or (method(),))
        stage.until(lambda: row in window.right.action_panel.rows)
        window.right.action_panel.rows[row].button.click()
        stage.until(lambda: QApplication.activeModalWidget() is not None)
        found = QApplication.activeModalWidget()
        if modules:
            asked(stage, "inspect.modules").answer(Modules(modules=NODES))
            stage.until(lambda: found.scope.model.roots)
        return found

    return bring


def asked(stage, kind):
    """The one question of a kind that is open."""

    def waiting():
        return [one for one in stage.hub.asked if one.method == kind and not one.future.done()]

    stage.until(waiting)
    (one,) = waiting()
    return one


def text(widget):
    return widget.text().replace("\u00a0", " ").replace("\u202f", " ")


def test_a_method_that_is_not_to_be_had_is_grey_and_says_what_to_install(dialog):
    shown = dialog(
        method(),
        method("quantize", "Quantize", unavailable="needs torchao in the training's environment: pip install torchao"),
        method("offload", "Offload", requires=("safetensors",), unavailable="a package is missing"),
        ActionInfo("mine", "My own", "shrink", "Of the script.", {"type": "object", "properties": {}}),
    )
    assert list(shown.methods.buttons) == ["prune", "quantize", "offload"]
    assert [button.isEnabled() for button in shown.methods.buttons.values()] == [True, False, False]
    said = [part.text() for part in shown.methods.findChildren(QWidget) if hasattr(part, "text")]
    assert "needs torchao in the training's environment: pip install torchao" in said
    assert "a package is missing\nneeds: safetensors" in said


def test_what_the_target_would_do_is_shown_layer_by_layer(stage, dialog):
    shown = dialog()
    one = asked(stage, "actions.preview")
    assert one.params.params == {"ratio": 0.3, "guard_ratio": 0.0, "modules": ""}
    assert not shown.run_button.isEnabled()
    one.answer(
        preview(
            layer("a", freed=100, damage=0.5), layer("b", freed=100, damage=0.1), layer("c", freed=10, damage=None),
            backup_bytes=32 * MIB, backup_dir="/b", backup_free_bytes=1 * MIB, loss_before=2.6431, loss_after=4.2,
        )
    )  # fmt: skip
    stage.until(lambda: shown.run_button.isEnabled())
    model = shown.plan.model
    assert [model.index(row, PlanColumn.MODULE).data() for row in range(3)] == ["c", "b", "a"]
    assert text(shown.plan.gain) == "Would free 16.0 MiB of 32.0 MiB (50 %)"
    facts = {title.text(): (text(value), value.property("tone")) for title, value in shown.plan._facts}
    assert facts["Pause"] == ("about 40 ms, between two steps", "")
    assert facts["Backup"] == ("32.0 MiB to /b · 1.00 MiB free there", "bad")
    assert facts["Loss"] == ("2.643 → 4.2 on the last batch, on a copy", "warn")
    assert shown.plan.tabs.tabText(1) == "Left out: 1"
    shown.plan.view.horizontalHeader().setSortIndicator(PlanColumn.FREED, Qt.SortOrder.AscendingOrder)
    assert model.index(0, PlanColumn.MODULE).data() == "c"


def test_only_the_latest_wish_is_asked_and_one_at_a_time(stage, dialog):
    shown = dialog()
    first = asked(stage, "actions.preview")
    for ratio in (0.4, 0.5, 0.6):
        shown.parameters.field("ratio").setValue(ratio)
    stage.qtbot.wait(400)
    assert sum(one.method == "actions.preview" for one in stage.hub.asked) == 1
    first.answer(preview(layer("stale")))
    second = asked(stage, "actions.preview")
    assert second.params.params["ratio"] == 0.6
    assert not shown.run_button.isEnabled()
    second.answer(preview(layer("fresh")))
    stage.until(lambda: shown.run_button.isEnabled())
    assert shown.plan.model.index(0, PlanColumn.MODULE).data() == "fresh"


def test_a_target_that_does_not_step_is_told_while_it_is_waited_for(stage, dialog):
    shown = dialog()
    asked(stage, "actions.preview").on_progress(Progress(1, "waiting for an optimizer step, 3 s"))
    stage.until(lambda: shown.plan.message.text() == "Waiting for an optimizer step, 3 s")


@pytest.mark.parametrize(
    ("answer", "what", "way_out", "tone"),
    [
        (Preview("prune", unavailable="inside DDP\nunwrap it first"), "inside DDP", "unwrap it first", "warn"),
        (RemoteError(-32602, "no module is named 'x'\nit has: a, b"), "no module is named 'x'", "it has: a, b", "warn"),
        (RemoteError(-32603, "it broke"), "it broke", "", "bad"),
        (TimedOut("no answer in 35 s", "does it train?"), "no answer in 35 s", "does it train?", "warn"),
    ],
)  # fmt: skip
def test_a_preview_that_does_not_come_says_why_and_can_be_asked_again(stage, dialog, answer, what, way_out, tone):
    shown = dialog()
    one = asked(stage, "actions.preview")
    one.answer(answer) if isinstance(answer, Preview) else one.fail(answer)
    stage.until(lambda: shown.plan.message.text() == what)
    assert shown.plan.way_out.text() == way_out
    assert shown.plan._card.property("tone") == tone
    assert not shown.run_button.isEnabled()
    shown.plan.again.click()
    asked(stage, "actions.preview").answer(preview())
    stage.until(lambda: shown.run_button.isEnabled())


def test_the_ticked_modules_are_the_scope(stage, dialog):
    shown = dialog()
    asked(stage, "actions.preview").answer(preview())
    model = shown.scope.model
    place = model.place_of("Net.body.1")
    model.setData(place, Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
    one = asked(stage, "actions.preview")
    assert one.params.params["modules"] == "body.0,head"
    one.answer(preview())
    shown.scope.none_button.click()
    assert shown.plan.message.text() == "Tick the modules that may be changed."
    stage.until(lambda: not shown.run_button.isEnabled())
    shown.scope.all_button.click()
    assert asked(stage, "actions.preview").params.params["modules"] == ""


def test_without_a_list_of_modules_everything_is_in_the_scope(stage, dialog):
    shown = dialog(modules=False)
    asked(stage, "inspect.modules").fail(TimedOut("no answer in 37 s"))
    stage.until(lambda: "no answer in 37 s" in shown.scope._note.text())
    asked(stage, "actions.preview").answer(preview())
    stage.until(lambda: shown.run_button.isEnabled())


def _ready(stage, shown):
    asked(stage, "actions.preview").answer(preview())
    stage.until(lambda: shown.run_button.isEnabled())
    shown.run_button.click()
    return asked(stage, "actions.run")


def _receipt(**other):
    words = {
        "id": "run-1", "action": "prune", "outcome": "done", "t_s": 12.0, "step": 1198, "cost_ms": 38.0, "undo": "u-1",
        "before": {"host.rss_bytes": 900.0 * MIB}, "after": {"host.rss_bytes": 700.0 * MIB}, "freed_bytes": 16 * MIB,
        "details": {"roles_before": to_wire(BEFORE), "roles_after": to_wire(AFTER), "backup": "/b/u-1",
                    "backup_bytes": 32 * MIB, "loss_before": 2.0},
    }  # fmt: skip
    return Receipt(**{**words, **other})


def _card_texts(card):
    return [text(part) for part in card.findChildren(QWidget) if hasattr(part, "text") and part.text()]


def test_a_run_is_followed_to_its_receipt_which_learns_more_later_and_is_undone(stage, dialog):
    shown = dialog()
    run = _ready(stage, shown)
    assert run.params["params"]["ratio"] == 0.3
    run.on_progress(Progress(1, "waiting for an optimizer step, 2 s"))
    stage.until(lambda: shown._said.text() == "waiting for an optimizer step, 2 s")
    assert shown._progress.isVisible()
    assert not shown.methods.isEnabled()
    run.answer(_receipt())
    stage.until(lambda: shown.outcome.cards)
    assert shown.close_button.text() == "Close"
    words = _card_texts(shown.outcome.cards[0])
    assert "900 → 700 MiB" in words
    assert "32.0 MiB · /b/u-1" in words
    assert "2 before; the next steps are awaited" in words
    settled = {"id": "run-1", "steps": 20, "after": {"host.rss_bytes": 650.0 * MIB}, "losses": [4.0, 3.0, 2.5],
               "step_before_s": 0.3, "step_after_s": 0.2}  # fmt: skip
    stage.send(101, events=(MarkedEvent(START + 12, "receipt", "x", 1198, to_wire(_receipt())),))
    stage.send(101, events=(MarkedEvent(START + 20, "settled", "x", 1218, settled),))
    stage.until(lambda: "900 → 700 → 650 MiB" in _card_texts(shown.outcome.cards[0]))
    words = _card_texts(shown.outcome.cards[0])
    assert "2 → 4, 3 steps later 2.5" in words
    assert "300 ms → 200 ms" in words
    assert shown.outcome.cards[0].findChildren(LossCurve)
    shown.outcome.cards[0].undo.click()
    back = asked(stage, "actions.undo")
    assert back.params["undo"] == "u-1"
    back.answer(_receipt(id="run-2", undo=None, details={"undone": "u-1"}, freed_bytes=-16 * MIB))
    stage.until(lambda: "Taken back." in _card_texts(shown.outcome.cards[0]))
    assert not shown.outcome.cards[0].undo.isVisible()


def test_a_run_that_fails_says_why_and_may_be_tried_again(stage, dialog):
    shown = dialog()
    _ready(stage, shown).answer(_receipt(outcome="failed", reason="no room for the backup\nfree 32 MiB", undo=None))
    stage.until(lambda: shown.plan.message.text() == "no room for the backup")
    assert shown.plan.way_out.text() == "free 32 MiB"
    assert shown.methods.isEnabled()
    assert shown.run_button.isVisible()


def test_closing_it_leaves_the_run_to_the_journal(stage, dialog):
    shown = dialog()
    run = _ready(stage, shown)
    window = stage.windows[-1]
    shown.close_button.click()
    run.answer(_receipt())
    stage.send(101, events=(MarkedEvent(START + 12, "receipt", "x", 1198, to_wire(_receipt())),))
    stage.until(lambda: window.right.journal.findChildren(ReceiptCard))
    assert any("Prune" in said for said in window.right.journal.texts)


def test_the_loss_guard_is_named_where_it_took_a_run_back(stage, dialog):
    shown = dialog()
    _ready(stage, shown).answer(_receipt())
    stage.until(lambda: shown.outcome.cards)
    by_guard = _receipt(id="run-2", undo=None, details={"undone": "u-1", "guard": "9 for 5 steps"})
    stage.send(101, events=(MarkedEvent(START + 12, "receipt", "x", 1198, to_wire(_receipt())),))
    stage.send(101, events=(MarkedEvent(START + 14, "receipt", "x", 1204, to_wire(by_guard)),))
    said = "The loss guard took it back: 9 for 5 steps"
    stage.until(lambda: said in _card_texts(shown.outcome.cards[0]))
    assert stage.windows[-1].journal.entries[-1].title == "Loss guard: Undo: Prune"


def test_what_can_be_taken_back_is_offered_after_a_restart_too(stage):
    stage.process(101, agent=True)
    window = stage.open()
    stage.speak(101, actions=(method(),))
    rows: UndoRows = window.right.undos
    assert not rows.isVisible()
    stage.send(101, actions=(method(),), undos=(UndoInfo("u-9", "prune", "Prune", 1198, 1.0, "/b", 4 * MIB),))
    stage.until(lambda: rows.isVisible())
    assert "Undo: Prune, step 1\u202f198" in [command.title for command in commands_of(window)]
    rows.buttons["u-9"].click()
    assert asked(stage, "actions.undo").params["undo"] == "u-9"
    stage.until(lambda: not rows.buttons["u-9"].isEnabled())
    asked(stage, "actions.undo").answer(_receipt(id="run-3", undo=None, details={"undone": "u-9"}))
    stage.send(101, actions=(method(),), undos=())
    stage.until(lambda: not rows.isVisible())


def test_a_module_of_the_tab_is_the_scope_of_the_dialog_that_it_opens(stage):
    stage.process(101, agent=True)
    window = stage.open()
    stage.speak(101, actions=(method(),))
    stage.sample(101, {"host.rss_bytes": 1e9})
    window.middle.dock.bring_up(ModulesPage.tab)
    page = window.middle.dock.page(ModulesPage)
    stage.until(lambda: page.button.isEnabled())
    page.button.click()
    asked(stage, "inspect.modules").answer(Modules(modules=NODES))
    stage.until(lambda: page.model.rowCount() == 2)
    page.view.setCurrentIndex(page.model.index(1, 0))
    assert not page._shrink.isEnabled()  # nothing trains the teacher
    page.view.setCurrentIndex(page.model.index(0, 0, page.model.index(0, 0)))
    page._shrink.trigger()
    stage.until(lambda: QApplication.activeModalWidget() is not None)
    assert asked(stage, "actions.preview").params.params["modules"] == "body"
    assert sum(one.method == "inspect.modules" for one in stage.hub.asked) == 1


def _hello(pid, step):
    return Hello((1,), "0", pid, 1, float(step), START, "here", "n", (), "u", "3", step=step)


def _lead(both, states):
    """Answer the orders of a meeting on both ranks; the last one ends it."""
    for order, state in states:
        for one in both("actions.meet"):
            assert one.params.order == order
            one.answer(Met(state, 40, 1.0, "the steps of Adam", "1:2"))


def test_all_ranks_are_previewed_and_changed_in_one_meeting(stage):
    for pid in (101, 102):
        stage.process(pid, agent=True)
    window = stage.open()
    for rank, pid in enumerate((101, 102)):
        stage.speak(pid, actions=(method(),), rank=rank, world_size=2, run_id="job")
    tree = window.left.tree
    stage.until(lambda: tree.model().index(0, 0).data(Role.KIND) == "run")
    tree.setCurrentIndex(tree.model().index(0, 0))
    tree.customContextMenuRequested.emit(tree.visualRect(tree.currentIndex()).center())
    (entry,) = QApplication.activePopupWidget().actions()
    assert entry.isEnabled()
    entry.trigger()
    shown = QApplication.activeModalWidget()
    assert shown.everywhere.text() == "on all 2 ranks, at the same step"
    assert shown.everywhere.isChecked()

    def both(kind):
        def waiting():
            return [one for one in stage.hub.asked if one.method == kind and not one.future.done()]

        stage.until(lambda: len(waiting()) == 2)
        return waiting()

    for one in both("actions.preview"):
        one.answer(preview())
    stage.until(shown.run_button.isEnabled)
    shown.run_button.click()
    for one in both("hello"):
        one.answer(_hello(int(one.key[:3]), 20))
    for one in both("actions.preview"):
        one.answer(preview())
    _lead(both, (("drop", "ended"), ("count", "counted"), ("count", "counted"), ("stand", "standing")))
    stage.until(lambda: shown._run.text == "every rank stands still at the same step; changing")
    _lead(both, (("change", "changed"), ("keep", "changed")))
    for one in both("actions.run"):
        receipt = Receipt(f"r-{one.key}", "prune", "done", step=20, freed_bytes=MIB, undo=f"u-{one.key}")
        one.answer(receipt)
    stage.until(lambda: shown._run.said == "Done on 2 ranks after step 20.")


def test_a_guard_cannot_be_had_on_all_ranks_and_the_dialog_says_what_to_do_instead(stage):
    for pid in (101, 102):
        stage.process(pid, agent=True)
    window = stage.open()
    for rank, pid in enumerate((101, 102)):
        stage.speak(pid, actions=(method(),), rank=rank, world_size=2, run_id="job")
    window.show_target("101.1")
    window.open_shrink(everywhere=True)
    shown = QApplication.activeModalWidget()
    shown.parameters.field("guard_ratio").setValue(2.0)

    def waiting():
        return [one for one in stage.hub.asked if one.method == "actions.preview" and not one.future.done()]

    stage.until(lambda: len(waiting()) == 2)
    for one in waiting():
        assert one.params.params["guard_ratio"] == 2.0
        one.answer(preview())
    stage.until(lambda: "a loss guard sees the loss of its own rank" in shown.plan.message.text())
    assert not shown.run_button.isEnabled()


def test_what_ranks_did_together_is_taken_back_together_by_any_undo_button(stage):
    for pid in (101, 102):
        stage.process(pid, agent=True)
    window = stage.open()
    for rank, pid in enumerate((101, 102)):
        stage.speak(pid, actions=(method(),), rank=rank, world_size=2, run_id="job")
        together = UndoInfo(f"u-{pid}", "prune", "Prune", pid, 1.0, meeting="ab")
        undos = (together, UndoInfo(f"alone-{pid}", "prune", "Prune", pid, 1.0))
        stage.send(pid, actions=(method(),), undos=undos)
    window.show_target("101.1")
    stage.until(lambda: len(window.right.undos.buttons) == 2 and len(window.feed.target_of(102).undos) == 2)
    window.right.undos.buttons["alone-101"].click()
    assert asked(stage, "actions.undo").params["undo"] == "alone-101"
    asked(stage, "actions.undo").answer(Receipt("y", "prune", "done"))
    window.right.undos.buttons["u-101"].click()

    def both(kind):
        stage.until(lambda: sum(one.method == kind and not one.future.done() for one in stage.hub.asked) == 2)
        return [one for one in stage.hub.asked if one.method == kind and not one.future.done()]

    _lead(both, (("drop", "ended"), ("count", "counted"), ("count", "counted"), ("stand", "standing")))
    _lead(both, (("change", "changed"), ("keep", "changed")))
    undone = both("actions.undo")
    assert {one.params.undo for one in undone} == {"u-101", "u-102"}
    undone[0].answer(Receipt("x", "prune", "done"))
    undone[1].answer(Receipt("x", "prune", "failed", "the backup is gone"))
    stage.until(lambda: any("the backup is gone" in entry.where for entry in window.journal.entries))


def test_what_went_wrong_on_a_rank_is_told_by_the_journal_where_the_dialog_is_gone(stage):
    for pid in (101, 102):
        stage.process(pid, agent=True)
    window = stage.open()
    for rank, pid in enumerate((101, 102)):
        stage.speak(pid, actions=(method(),), rank=rank, world_size=2, run_id="job")
    window.show_target("101.1")
    window.open_shrink(everywhere=True)
    shown = QApplication.activeModalWidget()

    def both(kind):
        stage.until(lambda: sum(one.method == kind and not one.future.done() for one in stage.hub.asked) == 2)
        return [one for one in stage.hub.asked if one.method == kind and not one.future.done()]

    for one in both("actions.preview"):
        one.answer(Preview("prune", 200, 5.0))
    stage.until(lambda: shown.run_button.isEnabled())
    shown.run_button.click()
    hellos = both("hello")
    shown.close_button.click()
    for one in hellos:
        one.fail(TimedOut("no answer in 10 s"))
    stage.until(lambda: any("no answer in 10 s" in entry.where for entry in window.journal.entries))


def test_four_hundred_layers_cost_no_widget_and_no_time(stage, dialog):
    many = [ModuleNode("Net", "Net", True, 0, 0, 0, 8)]
    many += [ModuleNode(f"Net.{n}", "Linear", True, 100, 100, 200, 0) for n in range(400)]
    shown = dialog(modules=False)
    asked(stage, "inspect.modules").answer(Modules(modules=tuple(many)))
    stage.until(lambda: shown.scope.model.roots)
    widgets = len(shown.findChildren(QWidget))
    begin = time.process_time()
    asked(stage, "actions.preview").answer(preview(*(layer(str(n), damage=n / 400) for n in range(400))))
    stage.until(lambda: shown.plan.model.rowCount() == 400)
    shown.grab()
    assert time.process_time() - begin < 5
    assert len(shown.findChildren(QWidget)) - widgets < 20


def test_layers_are_named_and_sorted_as_people_count(qtmodeltester):
    model = PlanModel(Theme.dark())
    model.set_layers((layer("layers.10"), layer("layers.9"), layer("layers.1.mlp")))
    model.sort(PlanColumn.MODULE, Qt.SortOrder.AscendingOrder)
    names = [model.index(row, 0).data() for row in range(3)]
    assert names == ["layers.1.mlp", "layers.9", "layers.10"]
    qtmodeltester.check(model)


def test_ticks_spread_down_and_up(qtmodeltester):
    model = ScopeModel(Theme.light())
    model.set_modules(NODES)
    assert [root.node.path for root in model.roots] == ["Net"]
    assert model.chosen() == ""
    model.setData(model.place_of("Net.body"), Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
    state = model.place_of("Net").data(Qt.ItemDataRole.CheckStateRole)
    assert state == Qt.CheckState.PartiallyChecked
    assert (model.chosen(), model.chosen_bytes()) == ("head", 200)
    assert model.index(0, ScopeColumn.SHARE).data().replace("\u00a0", " ") == "100 %"
    model.set_modules(NODES, "Net.body.0")
    assert model.chosen() == "body.0"
    qtmodeltester.check(model)


def test_several_models_lead_with_the_name_of_their_class(qtbot):
    model = ScopeModel(Theme.dark())
    other = (ModuleNode("Critic", "Critic", True, 7, 0, 0, 0), ModuleNode("Critic.a", "Linear", True, 9, 0, 0, 0))
    model.set_modules((*NODES, *other), "Critic.a")
    assert model.chosen() == "Critic.a"
    model.setData(model.place_of("Net.head"), Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    assert model.chosen() == "Net.head,Critic.a"


@pytest.mark.parametrize(("typed", "value"), [("512 MiB", 512 * MIB), ("1.5g", 1536 * MIB), ("12", 12), ("2kb", 2048)])
def test_bytes_are_typed_as_people_write_them(qtbot, typed, value):
    part = {"type": "integer", "minimum": 1, "maximum": 2**46, "optional": True}
    form = SchemaForm({"type": "object", "properties": {"target_bytes": part}}, narrow=True)
    qtbot.addWidget(form)
    box = form.field("target_bytes")
    assert form.values() == {}
    box.lineEdit().selectAll()
    qtbot.keyClicks(box.lineEdit(), typed)
    qtbot.keyClick(box, Qt.Key.Key_Tab)
    assert form.values() == {"target_bytes": value}
