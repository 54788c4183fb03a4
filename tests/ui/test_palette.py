"""The palette by keyboard, and how typing finds commands."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from memgui.ui.commands import Command, fuzzy_score, matching
from memgui.ui.palette import Palette


def _commands(*titles):
    return [Command(title, "Free memory" if "heap" in title else "Time", print) for title in titles]


def test_letters_in_order_are_found_and_out_of_order_not():
    assert fuzzy_score("trhp", "Trim heap") is not None
    assert fuzzy_score("phrt", "Trim heap") is None
    assert fuzzy_score("", "anything") == 0.0


def test_a_run_of_letters_goes_before_scattered_ones():
    found = matching(_commands("Show the last hour", "Theme: light", "Trim heap"), "heap")
    assert found[0].title == "Trim heap"


def test_a_beginning_of_a_word_goes_before_its_middle():
    assert [one.title for one in matching(_commands("Untrim", "Trim heap"), "trim")] == ["Trim heap", "Untrim"]


def test_the_group_finds_too():
    assert [one.title for one in matching(_commands("Trim heap", "Quit"), "memory")] == ["Trim heap"]


def test_nothing_typed_shows_everything_in_its_own_order():
    assert [one.title for one in matching(_commands("B", "A"), "  ")] == ["B", "A"]


def _open(stage, window):
    stage.qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    stage.until(lambda: window.findChild(Palette) is not None)
    return window.findChild(Palette)


def test_control_k_then_letters_then_return_runs_a_command(stage):
    window = stage.open()
    palette = _open(stage, window)
    stage.qtbot.keyClicks(palette.edit, "last minute")
    assert palette.list.currentIndex().data() == "Show the last minute"
    stage.qtbot.keyClick(palette.edit, Qt.Key.Key_Return)
    assert window.toolbar._spans.checkedButton().text() == "1 m"
    QApplication.processEvents()
    assert window.findChild(Palette) is None or not window.findChild(Palette).isVisible()


def test_arrows_move_and_wrap(stage):
    window = stage.open()
    palette = _open(stage, window)
    stage.qtbot.keyClick(palette.edit, Qt.Key.Key_Up)
    assert palette.list.currentIndex().row() == palette.model.rowCount() - 1
    stage.qtbot.keyClick(palette.edit, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == 0
    palette.close()


def test_what_fits_nothing_says_so_and_return_does_nothing(stage):
    window = stage.open()
    palette = _open(stage, window)
    stage.qtbot.keyClicks(palette.edit, "zzzz")
    assert palette._none.isVisible()
    stage.qtbot.keyClick(palette.edit, Qt.Key.Key_Return)
    assert palette.isVisible()
    palette.close()


def test_actions_and_targets_are_among_the_commands(stage, action):
    stage.process(101, agent=True)
    stage.process(102)
    window = stage.open()
    stage.speak(101, actions=(action(), action("empty", "Empty device cache", unavailable="no accelerator")))
    palette = _open(stage, window)
    titles = [palette.model.index(row).data() for row in range(palette.model.rowCount())]
    assert titles[:2] == ["Trim heap", "Empty device cache"]
    assert "Show train_101.py · pid 101" in titles
    assert "Attach to train_102.py · pid 102" in titles
    stage.qtbot.keyClicks(palette.edit, "empty device")
    stage.qtbot.keyClick(palette.edit, Qt.Key.Key_Return)
    assert stage.hub.asked == []
    palette.edit.setText("trim heap")
    stage.qtbot.keyClick(palette.edit, Qt.Key.Key_Return)
    assert stage.asked().params["action"] == "trim_heap"
