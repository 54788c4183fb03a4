"""The dialog that attaches to a running process."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from memgui.protocol.errors import Refused


def _open(stage, window):
    window.open_attach()
    stage.until(lambda: QApplication.activeModalWidget() is not None)
    return QApplication.activeModalWidget()


def test_search_finds_and_attach_ends_with_the_target_on_show(stage):
    for pid in (101, 102):
        stage.process(pid)
    stage.process(103, attachable=False, reason="it belongs to root")
    window = stage.open()
    dialog = _open(stage, window)
    stage.until(lambda: dialog.proxy.rowCount() == 3)
    stage.qtbot.keyClicks(dialog.search, "train_102")
    assert dialog.proxy.rowCount() == 1
    dialog.table.selectRow(0)
    dialog.attach_button.click()
    stage.until(lambda: dialog._note.text() == "writing the agent into the process")
    assert not dialog.attach_button.isEnabled()
    stage.sources.attach_may_end.set()
    stage.until(lambda: window.target is not None and window.target.pid == 102)


def test_what_cannot_be_attached_says_why_and_has_no_button(stage):
    stage.process(103, attachable=False, reason="it belongs to root")
    window = stage.open()
    dialog = _open(stage, window)
    stage.until(lambda: dialog.current() is not None)
    assert not dialog.attach_button.isEnabled()
    assert dialog._note.text() == "it belongs to root"
    dialog.reject()


def test_cancel_stops_a_running_attach_and_leaves_the_dialog_open(stage):
    stage.process(101)
    window = stage.open()
    dialog = _open(stage, window)
    stage.until(lambda: dialog.current() is not None)
    dialog.attach_button.click()
    stage.until(lambda: window.feed.attaching(101) is not None)
    dialog.close_button.click()
    stage.until(lambda: "was stopped" in dialog._note.text())
    assert dialog.isVisible()
    dialog.close_button.click()
    assert not dialog.isVisible()


def test_a_refusal_is_shown_with_its_next_step(stage):
    stage.process(101)
    stage.sources.attach_error = Refused("the system does not allow it", "set kernel.yama.ptrace_scope to 0")
    stage.sources.attach_may_end.set()
    window = stage.open()
    dialog = _open(stage, window)
    stage.until(lambda: dialog.current() is not None)
    dialog.attach_button.click()
    stage.until(lambda: "ptrace_scope" in dialog._note.text())
    dialog.reject()


def test_without_any_process_it_says_what_to_do(stage):
    window = stage.open()
    dialog = _open(stage, window)
    assert "memgui demo" in dialog._note.text()
    dialog.reject()
