"""The window on a real X server, as a program of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QColor, QImage

from memgui.protocol.endpoints import runtime_directory
from memgui.ui.theme import Theme

pytestmark = [pytest.mark.xvfb, pytest.mark.slow]

Open = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def open_window(tmp_path: Path) -> Iterator[Open]:
    """Starts `memgui` with these arguments on an X server of its own."""
    if shutil.which("Xvfb") is None:
        pytest.skip("no Xvfb: install xvfb")
    read, write = os.pipe()
    words = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
    server = subprocess.Popen(words, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as told:
        display = f":{told.readline().strip()}"
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "XDG_CONFIG_HOME": str(tmp_path)}
    opened: list[subprocess.Popen[str]] = []

    def start(*arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "memgui", *(str(word) for word in arguments)]
        opened.append(subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True))
        return opened[-1]

    yield start
    for process in opened:
        process.kill()
        process.communicate()
    server.terminate()
    server.wait()


def test_the_window_comes_up_in_its_own_colours(open_window: Open, tmp_path: Path) -> None:
    picture = tmp_path / "window.png"
    window = open_window("--theme", "light", "--size", "1024x700", "--screenshot", picture, "--after", "1")
    _, complaint = window.communicate(timeout=60)
    assert window.returncode == 0, complaint
    image = QImage(str(picture))
    assert (image.width(), image.height()) == (1024, 700)
    assert image.pixelColor(512, 5) == QColor(Theme.light().panel)


def test_a_training_outlives_the_window_and_is_found_by_the_next_one(
    open_window: Open, training: Any, tmp_path: Path
) -> None:
    process = training(tmp_path / "losses.txt")
    window = open_window("--attach", process.pid)
    _wait_until(lambda: _clients_of(process.pid) > 0, "the window did not attach")
    window.send_signal(signal.SIGKILL)
    window.wait(10)
    _wait_until(lambda: _clients_of(process.pid) == 0, "the agent did not notice that the window is gone")
    words = [sys.executable, "-m", "memgui", "watch", str(process.pid), "--for", "2", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    steps = [line["step"] for line in map(json.loads, done.stdout.splitlines()) if "metrics" in line]
    assert steps[-1] > steps[0]
    open_window("--attach", process.pid)
    _wait_until(lambda: _clients_of(process.pid) > 0, "the second window found no agent")


def _clients_of(pid: int) -> int:
    """Accepted connections on the socket of the agent in `pid`, as the kernel lists them."""
    name = str(runtime_directory() / f"{pid}.")
    listed = Path("/proc/net/unix").read_text().splitlines()
    # State 03 is a connected stream; the listening socket itself is in state 01.
    return sum(name in line and line.split()[5] == "03" for line in listed)


def _wait_until(holds: Callable[[], bool], complaint: str) -> None:
    until_s = time.monotonic() + 40
    while not holds():
        assert time.monotonic() < until_s, complaint
        time.sleep(0.05)
