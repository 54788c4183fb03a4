"""Pictures of the charts and reports, from the window and from the command."""

from __future__ import annotations

import json

import pytest
from PySide6.QtGui import QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QFileDialog

from memgui.cli import main
from tests.recordings import record


@pytest.fixture
def window(stage, tmp_path):
    shown = stage.open(open=(record(tmp_path / "a.memgui"),))
    stage.until(lambda: shown.target is not None and shown.target.recording == "a.memgui")
    return shown


def strokes(path):
    """How many corners the longest line of a vector picture has; its series are lines of hundreds."""
    renderer = QSvgRenderer(str(path))
    assert renderer.isValid()
    return max(piece.count(",") for piece in path.read_text().split('points="')[1:])


def test_the_charts_are_saved_as_they_are_shown(window, tmp_path):
    window.exports.save_picture(str(tmp_path / "a.png"))
    picture = QImage(str(tmp_path / "a.png"))
    charts = window.middle.charts
    assert picture.width() == 2 * (charts.width() + 24)
    window.exports.save_picture(str(tmp_path / "a.svg"))
    assert strokes(tmp_path / "a.svg") > 100
    assert "<image" not in (tmp_path / "a.svg").read_text()
    assert window.journal.entries[-1].title == "Exported"


def test_a_report_of_the_shown_run_is_saved(window, tmp_path):
    window.exports.save_report(str(tmp_path / "a.html"))
    text = (tmp_path / "a.html").read_text()
    assert "train.py" in text
    assert "Told at the time" in text


def test_what_cannot_be_written_is_told(window, tmp_path):
    told = []
    window.tell = told.append
    window.exports.save_picture(str(tmp_path / "a.gif"))
    window.exports.save_report(str(tmp_path / "none" / "a.html"))
    assert "no ending of a picture" in told[0].what
    assert "cannot be written" in told[1].what


def test_the_dialogs_ask_where_to(window):
    window.exports.ask_report()
    dialog = window.findChild(QFileDialog)
    assert dialog.selectedFiles()[0].endswith(".html")
    dialog.reject()


@pytest.mark.parametrize("ending", ["png", "svg", "html"])
def test_the_command_writes_them_too(qapp, tmp_path, capsys, ending):
    path, out = record(tmp_path / "a.memgui"), tmp_path / f"a.{ending}"
    assert main(["export", str(path), "-o", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["rows"] == 900
    assert said["bytes"] == out.stat().st_size > 10_000
    if ending == "svg":
        assert strokes(out) > 100
