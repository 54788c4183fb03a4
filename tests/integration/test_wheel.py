"""The wheel in an environment that has nothing else of memgui: what it needs is declared, what it shows is inside."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage

from memgui.ui.theme import Theme

_ROOT = Path(__file__).parents[2]


def _run(words: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    environment = {**kept, "QT_QPA_PLATFORM": "offscreen", "HOME": str(cwd), "XDG_RUNTIME_DIR": str(cwd)}
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, env=environment, timeout=500)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_window_opens_from_an_installed_wheel_alone(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(_ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=100)
    (wheel,) = tmp_path.glob("*.whl")
    venv.create(tmp_path / "environment", with_pip=True)
    programs = tmp_path / "environment" / "bin"
    # With the pip cache of whoever runs the tests: HOME is another one in `_run`.
    install = [str(programs / "python"), "-m", "pip", "install", "--quiet", f"{wheel}[gui]"]
    subprocess.run(install, check=True, cwd=tmp_path, timeout=500)

    (origin,) = _run([str(programs / "python"), "-c", "import memgui; print(memgui.__file__)"], tmp_path).stdout.split()
    assert Path(origin).is_relative_to(tmp_path)
    assert "attach" in _run([str(programs / "memgui"), "--help"], tmp_path).stdout
    rule = "from memgui.ui.rules import section; print('Why am I told this?' in section('steady-growth'))"
    assert _run([str(programs / "python"), "-c", rule], tmp_path).stdout == "True\n"
    picture = tmp_path / "window.png"
    _run([str(programs / "memgui"), "--theme", "dark", "--screenshot", str(picture), "--after", "1"], tmp_path)
    image = QImage(str(picture))
    # The theme's own colours, and the button «Attach…» in its style: the style sheet came from the wheel.
    theme = Theme.dark()
    assert image.pixelColor(image.width() // 2, 5) == QColor(theme.panel)
    top_left = [image.pixelColor(x, y) for x in range(0, 300, 2) for y in range(4, 40, 2)]
    assert QColor(theme.accent) in top_left
