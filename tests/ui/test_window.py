"""The window as a person uses it: look, click, look again."""

from __future__ import annotations

import gc
import weakref
from importlib import import_module

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QPushButton

from memgui.protocol.errors import Refused
from memgui.ui.attachable import AttachableRow
from memgui.ui.launch_dialog import LaunchDialog
from memgui.ui.pages.events import EventsPage
from memgui.ui.pages.metrics import MetricsPage
from memgui.ui.pages.page import Page
from memgui.ui.pages.tabs import TABS
from memgui.ui.pages.workers import WorkersPage
from memgui.ui.targets_model import Role
from memgui.ui.theme import Theme

MIB = 1024.0**2


def _button(row, text):
    return next(one for one in row.findChildren(QPushButton) if one.text() == text and not one.isHidden())


def test_an_empty_window_says_what_to_do(stage):
    window = stage.open()
    stage.until(lambda: "No PyTorch process runs here" in window.middle.empty.text)
    assert "memgui demo" in window.middle.empty.text
    assert window.middle.empty.isVisible()
    assert not window.middle.dock.isVisible()


def test_a_process_with_an_agent_is_watched_and_shown_by_itself(stage):
    stage.process(101, agent=True)
    window = stage.open()
    stage.speak(101, world_size=4, rank=2, devices=("cuda:0 NVIDIA H100",))
    stage.sample(101, {"host.rss_bytes": 512 * MIB})
    stage.until(lambda: "after AdamW.step()" in window.middle.header._about.text())
    header = window.middle.header
    assert header._name.text() == "train_101.py"
    assert header._about.text().startswith("pid 101 · rank 2 of 4 · torch 2.13.0 · cuda:0 NVIDIA H100")
    index = window.left.model.index(0, 0)
    stage.until(lambda: index.data(Role.VALUE) == "512\u00a0MiB")
    assert index.data() == "train_101.py · rank 2"


def test_a_click_on_another_target_shows_it(stage):
    stage.process(101, agent=True)
    stage.process(102, agent=True)
    window = stage.open()
    stage.speak(101)
    stage.speak(102)
    tree = window.left.tree
    stage.until(lambda: window.left.model.rowCount() == 2)
    place = tree.visualRect(window.left.model.index(1, 0)).center()
    stage.qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    stage.until(lambda: window.middle.header._name.text() == "train_102.py")


def test_workers_are_folded_under_their_parent_until_the_row_is_unfolded(stage):
    stage.process(101, agent=True)
    window = stage.open()
    stage.speak(101)
    stage.workers(101, 201, 202)
    parent = window.left.model.index(0, 0)
    stage.until(lambda: window.left.model.rowCount(parent) == 2)
    tree = window.left.tree
    assert "2 workers" in parent.data(Role.DETAIL)
    assert not tree.isExpanded(parent)
    row = tree.visualRect(parent)
    stage.qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=row.topLeft() + QPoint(14, 36))
    assert tree.isExpanded(parent)
    stage.qtbot.keyClick(tree, Qt.Key.Key_Left)
    assert not tree.isExpanded(parent)


def test_attach_beside_a_process_shows_progress_and_then_the_target(stage):
    stage.process(101)
    window = stage.open()
    stage.until(lambda: len(window.left.attachable.rows) == 1)
    row: AttachableRow = window.left.attachable.rows[0]
    _button(row, "Attach").click()
    stage.until(lambda: row._detail.text() == "writing the agent into the process")
    assert _button(row, "Cancel").isVisible()
    stage.sources.attach_may_end.set()
    stage.until(lambda: window.target is not None and window.target.pid == 101)
    stage.until(lambda: not window.left.attachable.rows)


def test_an_attach_can_be_cancelled(stage):
    stage.process(101)
    window = stage.open()
    stage.until(lambda: len(window.left.attachable.rows) == 1)
    row = window.left.attachable.rows[0]
    _button(row, "Attach").click()
    stage.until(lambda: window.feed.attaching(101) is not None)
    _button(row, "Cancel").click()
    stage.until(lambda: window.feed.attaching(101) is None)
    assert window.middle.notices.texts == ("Attaching to 101 was stopped",)
    assert window.target is None


def test_a_refused_attach_says_why_and_what_to_do(stage):
    stage.process(101)
    stage.sources.attach_error = Refused("the system does not allow it", "set kernel.yama.ptrace_scope to 0")
    stage.sources.attach_may_end.set()
    window = stage.open(attach=())
    stage.until(lambda: len(window.left.attachable.rows) == 1)
    _button(window.left.attachable.rows[0], "Attach").click()
    stage.until(lambda: window.middle.notices.texts == ("The system does not allow it",))


def test_what_cannot_be_attached_says_so_and_can_be_watched_from_outside(stage):
    stage.process(101, attachable=False, reason="other user")
    window = stage.open()
    stage.until(lambda: len(window.left.attachable.rows) == 1)
    row = window.left.attachable.rows[0]
    assert "other user" in row._detail.text()
    _button(row, "Watch").click()
    stage.outside(101)
    stage.until(lambda: "Watched from outside" in window.middle.header._state.text())


def test_a_pid_of_the_command_line_that_is_gone_is_told(stage):
    window = stage.open(attach=(5_000_000,))
    stage.until(lambda: window.middle.notices.texts == ("There is no process 5000000",))


def test_a_lost_target_says_so_and_an_ended_one_keeps_its_charts(stage):
    stage.process(101, agent=True)
    window = stage.open()
    target = stage.speak(101)
    stage.sample(101, {"host.rss_bytes": 512 * MIB})
    stage.lose(101)
    stage.until(lambda: "Connection lost" in window.middle.header._state.text())
    assert window.left.model.index(0, 0).data(Role.BADGE) == "lost"
    stage.end(101, "oom_killed", "was killed by the kernel for lack of memory")
    stage.until(lambda: "lack of memory" in window.middle.header._state.text())
    stage.until(lambda: window.left.model.index(0, 0).data(Role.BADGE) == "OOM killed")
    assert window.target is target
    assert window.middle.charts.isVisible()
    assert any("lack of memory" in text for text in window.right.journal.texts)


def test_stop_watching_lists_the_process_below_again(stage):
    stage.process(101, agent=True)
    window = stage.open()
    stage.speak(101)
    window.left.tree.setFocus()
    stage.qtbot.keyClick(window.left.tree, Qt.Key.Key_Delete)
    stage.until(lambda: window.target is None)
    assert stage.hub.unwatched == ["101.1"]
    assert "choose one" in window.middle.empty.text
    _button(window.left.attachable.rows[0], "Watch").click()
    assert window.target.pid == 101


def test_tabs_are_there_only_while_they_have_something_to_show(stage):
    stage.process(101, agent=True)
    window = stage.open()
    stage.speak(101)
    dock = window.middle.dock
    stage.sample(101, {"host.rss_bytes": 512 * MIB, "loss_ratio": 0.5})
    stage.until(lambda: dock.is_offered(MetricsPage.tab) and dock.isVisible())
    assert not dock.is_offered(WorkersPage.tab)
    assert not dock.is_offered(EventsPage.tab)
    stage.workers(101, 201)
    stage.mark(101, "epoch 3")
    stage.until(lambda: dock.is_offered(WorkersPage.tab) and dock.is_offered(EventsPage.tab))
    dock.bring_up(EventsPage.tab)
    model = dock.page(EventsPage).model
    stage.until(lambda: model.rowCount() == 1)
    assert model.index(0, 3).data() == "epoch 3"
    dock.bring_up(MetricsPage.tab)
    metrics = dock.page(MetricsPage).model
    stage.until(lambda: metrics.rowCount() == 2)
    assert "Leaves out swap" in metrics.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)


def test_a_page_is_made_when_its_tab_is_first_chosen_and_then_knows_what_the_others_do(stage):
    stage.process(101, agent=True)
    window = stage.open()
    stage.speak(101)
    dock = window.middle.dock
    stage.sample(101, {"host.rss_bytes": 512 * MIB})
    stage.until(lambda: dock.is_offered(MetricsPage.tab) and dock.isVisible())
    assert [type(page) for page in dock.findChildren(Page)] == [MetricsPage]
    dock.bring_up(WorkersPage.tab)
    assert [type(page) for page in dock.findChildren(Page)] == [MetricsPage]
    stage.workers(101, 201)
    stage.until(lambda: dock.is_offered(WorkersPage.tab))
    dock.bring_up(WorkersPage.tab)
    workers = dock.page(WorkersPage)
    assert workers.isVisible()
    assert workers.target is window.target
    assert workers.model.rowCount() == 1


@pytest.mark.parametrize("tab", TABS, ids=lambda tab: tab.module)
def test_every_tab_names_the_page_that_knows_it(tab):
    assert getattr(import_module(f"memgui.ui.pages.{tab.module}"), tab.kind).tab is tab


def test_the_pages_can_have_most_of_the_height_and_give_it_back(stage):
    stage.process(101, agent=True)
    window = stage.open()
    stage.speak(101)
    stage.sample(101, {"host.rss_bytes": 512 * MIB})
    dock = window.middle.dock
    stage.until(dock.isVisible)
    before = dock.height()
    dock.room.click()
    stage.until(lambda: dock.height() > 1.5 * before)
    dock.room.click()
    stage.until(lambda: abs(dock.height() - before) <= 2)


def test_a_marked_interval_shows_what_changed_in_it(stage):
    stage.process(101, agent=True)
    window = stage.open()
    stage.speak(101)
    stage.sample(101, {"host.rss_bytes": 100 * MIB}, count=1, t_s=1_780_000_000.0)
    stage.sample(101, {"host.rss_bytes": 140 * MIB}, count=1, t_s=1_780_000_001.0)
    window.middle.charts.interval_marked.emit(1_780_000_000.0, 1_780_000_001.0)
    metrics = window.middle.dock.page(MetricsPage).model
    stage.until(lambda: metrics.rowCount() == 1)
    assert metrics.index(0, 2).data() == "+40.0\u00a0MiB"
    assert metrics.headerData(2, Qt.Orientation.Horizontal) == "Change in interval"


def test_the_theme_changes_everywhere_and_is_remembered(stage):
    window = stage.open(theme="dark")
    window.choose_theme("light")
    app = QApplication.instance()
    assert app.palette().window().color() == QColor(Theme.light().window)
    assert QColor(window.grab().toImage().pixel(700, 5)) == QColor(Theme.light().panel)
    window.close()
    other = stage.open(theme="dark")
    assert other.appearance.theme is Theme.light()


def test_span_and_axis_are_remembered(stage):
    window = stage.open()
    _button(window.toolbar, "1 h").click()
    _button(window.toolbar, "Step").click()
    window.close()
    other = stage.open()
    assert _button(other.toolbar, "1 h").isChecked()
    assert _button(other.toolbar, "Step").isChecked()


def test_live_and_paused_are_said_in_words_and_steered_by_keyboard(stage):
    window = stage.open()
    assert "Live" in window.toolbar.live.text()
    stage.qtbot.keyClick(window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert "Paused" in window.toolbar.live.text()
    window.middle.charts.live_changed.emit(True)
    assert "Live" in window.toolbar.live.text()


def test_a_script_that_is_dropped_opens_the_launch_dialog_with_it(stage, tmp_path):
    script = tmp_path / "train.py"
    script.write_text("print('hello')")
    window = stage.open()
    stage.drop(window, script)
    dialog = window.findChild(LaunchDialog)
    assert dialog.script.text() == str(script)
    assert dialog.directory.text() == str(tmp_path)
    dialog.reject()


def test_nothing_is_drawn_or_listed_while_the_window_is_hidden(stage):
    window = stage.open()
    window.hide()
    assert not window._timer.isActive()
    assert not window.feed._timer.isActive()
    window.show()
    assert window._timer.isActive()


@pytest.mark.parametrize("size", [(1440, 900), (1024, 700)])
def test_no_side_panel_is_wider_than_its_room(stage, size, finding, action):
    stage.process(101, agent=True)
    window = stage.open(size=size)
    target = stage.speak(101, actions=(action(), action("empty", "Empty pinned cache", unavailable="it has " * 20)))
    target.told = (finding(),)
    stage.until(lambda: window.right.findings.cards)
    QApplication.processEvents()
    body = window.right.findChild(QPushButton).window().right.findings.parentWidget()
    assert body.width() <= window.right.width()


def test_every_control_of_the_window_has_a_name_to_be_read_aloud(stage):
    stage.process(101)
    window = stage.open()
    stage.until(lambda: window.left.attachable.rows)
    nameless = [one for one in window.findChildren(QPushButton) if not (one.text() or one.accessibleName())]
    assert nameless == []


def test_a_closed_window_is_garbage(stage):
    stage.process(101, agent=True)
    window = stage.open()
    stage.speak(101)
    stage.sample(101, {"host.rss_bytes": 512 * MIB})
    window.open_palette()
    QApplication.processEvents()
    left = [weakref.ref(window), weakref.ref(window.feed), weakref.ref(window.middle.charts)]
    stage.windows.remove(window)
    window.close()
    window.deleteLater()
    del window
    stage.qtbot.wait(1)
    QApplication.sendPostedEvents(None, 52)  # QEvent.DeferredDelete
    stage.sources.hub = None
    gc.collect()
    assert [one() for one in left] == [None, None, None]
