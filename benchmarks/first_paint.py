"""How long it takes until something is there: the window's first paint and its charts, and the commands' help.

Beside bare Qt, Qt with numpy, Qt with pyqtgraph, and bare Python, each in fresh processes by turns, medians.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time

import numpy as np

PAINT = """
import sys, time, os
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QLabel
{imports}
app = QApplication([])
widget = QLabel("x")
class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            print(time.time(), flush=True); QTimer.singleShot(0, app.quit)
        return False
watch = Watch(); widget.installEventFilter(watch); widget.show(); app.exec()
"""
WINDOW = """
import sys, time
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication
from memgui.ui.app import Options, run
wanted = sys.argv[1]
app = QApplication([])
class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and type(watched).__module__.startswith(wanted):
            print(time.time(), flush=True); QTimer.singleShot(0, app.quit)
        return False
watch = Watch(); app.installEventFilter(watch)
run(Options(settings_file=__import__("pathlib").Path(sys.argv[2]), attach=tuple(map(int, sys.argv[3:]))))
"""
# The charts are painted once there is a target: a process with an agent, which `main` starts.
AGENT = "import sys, memgui.agent as agent; agent.start(); print('ready', flush=True); sys.stdin.read()"
SETTINGS = "/tmp/memgui-first-paint.ini"
CASES = {
    "bare Python": ["-c", "pass"],
    "memgui --help": ["-m", "memgui", "--help"],
    "Qt, one label painted": ["-c", PAINT.format(imports="")],
    "Qt and numpy": ["-c", PAINT.format(imports="import numpy")],
    "Qt and pyqtgraph": ["-c", PAINT.format(imports="import pyqtgraph")],
    "memgui, window painted": ["-c", WINDOW, "memgui.ui", SETTINGS],
    "memgui, charts painted": ["-c", WINDOW, "memgui.ui.charts", SETTINGS],
}


def run_once(words: list[str]) -> float:
    """Seconds from the start of a fresh process to the moment that it prints, or to its end."""
    environ = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    began = time.time()
    done = subprocess.run([sys.executable, *words], env=environ, capture_output=True, timeout=60)
    if done.returncode:
        sys.exit(f"{words[:3]} failed:\n{done.stderr.decode()}")
    first = done.stdout.split()[:1]
    painted = float(first[0]) if first and first[0].replace(b".", b"").isdigit() else time.time()
    return painted - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    target = subprocess.Popen([sys.executable, "-c", AGENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert target.stdout is not None
    target.stdout.readline()
    try:
        medians = measure(target.pid, quick=chosen.quick)
    finally:
        target.communicate(b"")
    if chosen.json:
        print(json.dumps(medians))
        return
    for name, seconds in medians.items():
        print(f"{name:26}{seconds * 1e3:8.0f} ms{seconds / medians['Qt, one label painted']:8.2f} × one label")


def measure(pid: int, *, quick: bool) -> dict[str, float]:
    """Median seconds by case."""
    times: dict[str, list[float]] = {name: [] for name in CASES}
    for turn in range(1 if quick else 11):
        for name, words in CASES.items():
            took = run_once([*words, str(pid)] if name == "memgui, charts painted" else words)
            if turn or quick:  # the first turn warms the caches
                times[name].append(took)
    return {name: float(np.median(took)) for name, took in times.items()}


if __name__ == "__main__":
    main()
