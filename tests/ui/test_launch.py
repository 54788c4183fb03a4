"""Launching a script from the window, with a real process."""

from __future__ import annotations

import os
import sys

import pytest
from PySide6.QtWidgets import QApplication

from memgui.protocol.errors import BadInput
from memgui.ui.launches import LaunchRequest, parse_arguments, parse_environment, status_words


def _plain(script_argv, module, python):
    return [python or sys.executable, *(["-m"] if module else []), *script_argv]


def _dialog(stage):
    stage.until(lambda: QApplication.activeModalWidget() is not None)
    return QApplication.activeModalWidget()


def test_a_launched_script_is_watched_and_its_exit_status_is_told(stage, tmp_path):
    script = tmp_path / "train.py"
    script.write_text("import os, sys\nprint(os.getcwd(), sys.argv[1:], os.environ['COLOUR'])\nsys.exit(3)\n")
    window = stage.open(commander=_plain)
    window.open_launch()
    dialog = _dialog(stage)
    dialog.script.setText("train.py")
    dialog.arguments.setText("--name 'two words'")
    dialog.directory.setText(str(tmp_path))
    dialog.environment.setPlainText("COLOUR=blue")
    started = []
    window.launch_desk.launches.started.connect(started.append)
    dialog.launch_button.click()
    stage.until(lambda: window.middle.notices.texts)
    assert window.middle.notices.texts[-1] == "train.py ended: exit status 3"
    assert started[0].last_lines() == f"{tmp_path} ['--name', 'two words'] blue"
    os.unlink(started[0].output)


def test_the_last_launch_is_remembered(stage, tmp_path):
    script = tmp_path / "train.py"
    script.write_text("")
    window = stage.open(commander=_plain)
    window.open_launch()
    dialog = _dialog(stage)
    dialog.script.setText(str(script))
    dialog.arguments.setText("--lr 0.1")
    dialog.launch_button.click()
    stage.until(lambda: not window.launch_desk.launches.running)
    window.open_launch()
    again = _dialog(stage)
    assert (again.script.text(), again.arguments.text()) == (str(script), "--lr 0.1")
    again.reject()


def test_a_missing_script_is_refused_in_the_dialog_which_stays_open(stage, tmp_path):
    window = stage.open(commander=_plain)
    window.open_launch()
    dialog = _dialog(stage)
    assert not dialog.launch_button.isEnabled()
    dialog.script.setText("nowhere.py")
    dialog.directory.setText(str(tmp_path))
    dialog.launch_button.click()
    assert dialog.isVisible()
    assert "there is no script" in dialog._note.text()
    dialog.reject()


def test_a_launch_from_the_command_line_that_fails_is_told_above_the_charts(stage):
    window = stage.open(commander=_plain, launch=("/nowhere/train.py", "--x"))
    stage.until(lambda: window.middle.notices.texts == ("There is no script /nowhere/train.py",))


def test_a_running_script_outlives_the_window(stage, tmp_path):
    script = tmp_path / "train.py"
    script.write_text("import sys\nsys.stdin.read()\nimport time\ntime.sleep(60)\n")
    window = stage.open(commander=_plain)
    launched = window.launch_desk.launches.start(LaunchRequest(str(script)))
    process = launched.process
    window.close()
    process.returncode = None
    assert process.poll() is None
    process.kill()
    process.wait()


def test_arguments_and_environment_are_read_as_a_shell_would():
    assert parse_arguments("a 'b c' --d=1") == ("a", "b c", "--d=1")
    assert parse_environment("A=1\n\n B=x=y ") == (("A", "1"), ("B", "x=y"))
    with pytest.raises(BadInput):
        parse_arguments("'open")
    with pytest.raises(BadInput):
        parse_environment("no equals sign")


def test_an_exit_status_is_put_into_words():
    assert status_words(1) == "exit status 1"
    assert status_words(-9) == "killed by SIGKILL"
