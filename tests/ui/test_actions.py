"""Actions as the target publishes them: rows, questions, forms, progress, results."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QDoubleSpinBox, QLineEdit, QSpinBox

from memgui.link.errors import Disconnected, RemoteError, TimedOut
from memgui.protocol.payloads import Preview, Progress
from memgui.protocol.wire import to_wire
from memgui.store.events import MarkedEvent
from memgui.ui.action_form import SchemaForm
from memgui.ui.journal_view import JournalView

MIB = 1024**2


def _window(stage, *actions):
    stage.process(101, agent=True)
    window = stage.open()
    stage.speak(101, actions=actions)
    stage.until(lambda: len(window.right.action_panel.rows) == len(actions))
    stage.until(lambda: all(row.isVisible() for row in window.right.action_panel.rows.values()))
    return window


def _dialog(stage):
    stage.until(lambda: QApplication.activeModalWidget() is not None)
    return QApplication.activeModalWidget()


def test_rows_are_grouped_and_a_group_of_the_script_comes_last(stage, action):
    window = _window(
        stage,
        action("my_thing", "Drop my cache", "my_caches"),
        action("prune", "Prune", "shrink"),
        action("trim_heap", "Trim heap", yield_bytes=420 * MIB),
    )
    panel = window.right.action_panel
    assert list(panel.rows) == ["trim_heap", "prune", "my_thing"]
    headings = [part.text() for part in panel._parts if part.property("role") == "section"]
    assert headings == ["FREE MEMORY", "SHRINK THE JOB", "MY CACHES"]
    assert panel.rows["trim_heap"].aside == "≈ 420\u00a0MiB"
    assert panel.rows["prune"].aside == "? run to see"


def test_an_unavailable_action_shows_its_reason_and_asks_nothing(stage, action):
    window = _window(stage, action("empty", "Empty device cache", unavailable="this run uses no accelerator"))
    row = window.right.action_panel.rows["empty"]
    assert row.aside == "this run uses no accelerator"
    assert "this run uses no accelerator" in row.button.toolTip()
    row.button.click()
    assert stage.hub.asked == []


def test_a_click_runs_it_and_the_result_stands_in_the_journal(stage, action, receipt):
    window = _window(stage, action())
    row = window.right.action_panel.rows["trim_heap"]
    stage.qtbot.mouseClick(row.button, Qt.MouseButton.LeftButton)
    asked = stage.asked()
    assert asked.method == "actions.run"
    assert asked.params["when"] == "safe_point"
    assert row._progress.isVisible()
    asked.on_progress(Progress(1, "half of it", 0.5))
    stage.until(lambda: row._said.text() == "half of it")
    assert row._bar.value() == 50
    asked.answer(receipt())
    stage.until(lambda: window.right.journal.texts)
    text = window.right.journal.texts[0].replace("\u00a0", " ").replace("\u202f", " ")
    assert text.endswith("Trim heap −420 MiB at step 1 198, 38 ms")
    assert not row._progress.isVisible()


def test_a_receipt_that_also_comes_as_an_event_is_noted_once(stage, action, receipt):
    window = _window(stage, action())
    window.right.action_panel.trigger("trim_heap")
    stage.asked().answer(receipt())
    event = MarkedEvent(1_780_000_012.0, "receipt", "Trim heap", 1198, to_wire(receipt()))
    stage.send(101, events=(event,))
    stage.until(lambda: len(window.target.receipts) == 1)
    window._words()
    assert len(window.journal.entries) == 1


def test_a_run_of_another_client_is_noted_too(stage, action, receipt):
    window = _window(stage, action())
    stage.send(101, events=(MarkedEvent(1_780_000_012.0, "receipt", "x", 1198, to_wire(receipt(id="other"))),))
    stage.until(lambda: window.right.journal.texts)
    assert "Trim heap" in window.right.journal.texts[0]


def test_each_way_to_end_is_told_with_its_reason(stage, action, receipt):
    window = _window(stage, action())
    panel = window.right.action_panel
    ends = [
        (lambda asked: asked.answer(receipt("refused", id="a", reason="no optimizer step seen in 30 s")), "refused"),
        (lambda asked: asked.fail(TimedOut("no answer came in 35 s")), "no answer in time"),
        (lambda asked: asked.fail(Disconnected("the connection was lost")), "connection lost"),
        (lambda asked: asked.fail(RemoteError(-1, "unknown action")), "refused"),
        (lambda asked: asked.future.set_result({"nonsense": 1}), "failed"),
    ]
    for number, (end, words) in enumerate(ends, 1):
        panel.trigger("trim_heap")
        end(stage.asked(number))
        stage.until(lambda n=number: len(window.journal.entries) == n)
        assert window.journal.entries[-1].effect == words
    assert "no optimizer step seen" in window.journal.entries[0].where


def test_waiting_can_be_stopped_and_a_late_result_is_still_noted(stage, action, receipt):
    window = _window(stage, action())
    row = window.right.action_panel.rows["trim_heap"]
    row.button.click()
    asked = stage.asked()
    row.cancel.click()
    assert not row._progress.isVisible()
    assert "no longer waited for" in window.journal.entries[-1].where
    asked.answer(receipt())
    stage.send(101, events=(MarkedEvent(1_780_000_012.0, "receipt", "x", 1198, to_wire(receipt())),))
    stage.until(lambda: window.journal.entries[-1].receipt is not None)


def test_a_long_pause_is_asked_about_first(stage, action):
    window = _window(stage, action(pause_ms=1500.0))
    window.right.action_panel.trigger("trim_heap")
    dialog = _dialog(stage)
    asked = stage.asked()
    assert asked.method == "actions.preview"
    asked.answer(Preview("trim_heap", 300 * MIB, 1500.0, ("the heap gives back its free pages",)))
    stage.until(lambda: "300" in dialog._gain.text())
    assert "1.5\u00a0s" in dialog._pause.text()
    assert "free pages" in dialog._changes.text()
    stage.qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert [one.method for one in stage.hub.asked] == ["actions.preview"]


def test_a_form_is_built_from_the_schema_and_its_values_are_sent(stage, action):
    params = {
        "type": "object",
        "required": ["cache"],
        "properties": {
            "cache": {"type": "string", "enum": ["a", "b"], "title": "Cache"},
            "depth": {"type": "integer", "minimum": 1, "maximum": 8, "default": 4},
            "share": {"type": "number", "minimum": 0.0, "maximum": 1.0},
            "deep": {"type": "boolean", "default": True, "description": "Look inside too."},
            "note": {"type": "string"},
        },
    }
    window = _window(stage, action("clear_cache", "Clear a cache", params=params, safe_point=False))
    assert window.right.action_panel.rows["clear_cache"]._title.text() == "Clear a cache…"
    window.right.action_panel.trigger("clear_cache")
    dialog = _dialog(stage)
    form = dialog.form
    kinds = {"cache": QComboBox, "depth": QSpinBox, "share": QDoubleSpinBox, "deep": QCheckBox, "note": QLineEdit}
    for name, kind in kinds.items():
        assert isinstance(form.field(name), kind)
    assert (form.field("depth").minimum(), form.field("depth").maximum()) == (1, 8)
    form.field("cache").setCurrentIndex(1)
    form.field("depth").setValue(99)
    form.field("deep").setChecked(False)
    stage.until(lambda: stage.hub.asked[-1].params["params"].get("deep") is False)
    dialog.run_button.click()
    stage.until(lambda: stage.hub.asked[-1].method == "actions.run")
    sent = stage.hub.asked[-1].params
    assert sent["params"] == {"cache": "b", "depth": 8, "share": 0.0, "deep": False}
    assert sent["when"] == "now"


def test_a_required_text_has_to_be_filled_in(stage, action):
    params = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    window = _window(stage, action("x", "Do it", params=params))
    window.right.action_panel.trigger("x")
    dialog = _dialog(stage)
    dialog.run_button.click()
    assert dialog.isVisible()
    assert "Name" in dialog._pause.text()
    stage.qtbot.keyClicks(dialog.form.field("name"), "abc")
    stage.qtbot.keyClick(dialog.form.field("name"), Qt.Key.Key_Return)
    stage.until(lambda: stage.hub.asked and stage.hub.asked[-1].method == "actions.run")
    assert stage.hub.asked[-1].params["params"] == {"name": "abc"}


def test_a_form_of_nothing_has_no_values(qtbot):
    form = SchemaForm({"type": "object", "properties": {}})
    qtbot.addWidget(form)
    assert form.values() == {}
    assert form.missing() == ()


def test_a_run_that_can_be_undone_has_a_button_that_undoes_it(stage, action, receipt):
    window = _window(stage, action(undoable=True))
    window.right.action_panel.trigger("trim_heap")
    stage.asked().answer(receipt(undo="u7"))
    view: JournalView = window.right.journal
    stage.until(lambda: any(part.property("role") == "link" for part in view._lines))
    next(part for part in view._lines if part.property("role") == "link").click()
    asked = stage.asked(2)
    assert (asked.method, asked.params["undo"]) == ("actions.undo", "u7")
    asked.answer(receipt(id="r2", freed_bytes=-420 * MIB))
    stage.until(lambda: len(window.journal.entries) == 2)
    assert window.journal.entries[-1].title == "Undo: Trim heap"
    assert window.journal.entries[-1].effect == "+420\u00a0MiB"


def test_actions_of_a_lost_target_are_muted_with_the_reason(stage, action):
    window = _window(stage, action())
    stage.lose(101)
    row = window.right.action_panel.rows["trim_heap"]
    stage.until(lambda: row.aside == "no agent connected")
    row.button.click()
    assert stage.hub.asked == []
