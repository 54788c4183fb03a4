"""`--screenshot` renders the real window in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from PySide6.QtGui import QImage

_PROGRAM = """
import sys
from pathlib import Path
from memgui.ui.app import run
from memgui.ui.options import Options
file, settings = Path(sys.argv[1]), Path(sys.argv[2])
sys.exit(run(Options(theme="light", screenshot=file, after_s=1.0, size=(1024, 700), settings_file=settings)))
"""


def _run(file, tmp_path, **environ):
    words = [sys.executable, "-c", _PROGRAM, str(file), str(tmp_path / "settings.ini")]
    return subprocess.run(words, env={**os.environ, **environ}, capture_output=True, text=True, timeout=60, check=False)


def test_the_window_is_rendered_and_the_program_ends(tmp_path):
    file = tmp_path / "deep" / "window.png"
    ended = _run(file, tmp_path, QT_QPA_PLATFORM="offscreen")
    assert ended.returncode == 0, ended.stderr
    image = QImage(str(file))
    assert (image.width(), image.height()) == (1024, 700)
    assert len({image.pixel(x, y) for x in range(0, 1024, 7) for y in range(0, 700, 7)}) > 5
    assert not (tmp_path / "settings.ini").exists()


def test_without_a_display_it_is_rendered_all_the_same(tmp_path):
    file = tmp_path / "window.png"
    ended = _run(file, tmp_path, QT_QPA_PLATFORM="", DISPLAY="", WAYLAND_DISPLAY="")
    assert ended.returncode == 0, ended.stderr
    assert file.is_file()


@pytest.mark.parametrize("name", ["window.nonsense", "file/window.png"])
def test_a_picture_that_cannot_be_written_is_an_error(tmp_path, name):
    (tmp_path / "file").write_text("no directory")
    ended = _run(tmp_path / name, tmp_path, QT_QPA_PLATFORM="offscreen")
    assert ended.returncode == 1
    assert "could not be written" in ended.stderr
