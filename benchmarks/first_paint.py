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
            print(time.time(), time.process_time(), flush=True); QTimer.singleShot(0, app.quit)
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
            print(time.time(), time.process_time(), flush=True); QTimer.singleShot(0, app.quit)
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


def run_once(words: list[str]) -> tuple[float, float]:
    """Seconds by the clock and of processor from a fresh process's start to its first line, or to its end."""
    # As it runs where it is installed: compiled once, not at each start.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began, used = time.time(), os.times()
    done = subprocess.run(
        [sys.executable, *words], env={**environ, "QT_QPA_PLATFORM": "offscreen"}, capture_output=True, timeout=60
    )
    ended, now = time.time(), os.times()
    if done.returncode:
        sys.exit(f"{words[:3]} failed:\n{done.stderr.decode()}")
    line = done.stdout.splitlines()[:1]
    if line and line[0][:1].isdigit():
        painted, processor = (float(word) for word in line[0].split())
        return painted - began, processor
    processor = now.children_user - used.children_user + now.children_system - used.children_system
    return ended - began, processor


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
    one = medians["Qt, one label painted"]["processor_s"]
    for name, case in medians.items():
        clock, processor = case["clock_s"] * 1e3, case["processor_s"] * 1e3
        print(f"{name:26}{clock:8.0f} ms{processor:8.0f} ms of processor{processor / 1e3 / one:8.2f} × one label")


def measure(pid: int, *, quick: bool) -> dict[str, dict[str, float]]:
    """Median seconds by case."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in CASES}
    for turn in range(1 if quick else 11):
        for name, words in CASES.items():
            took = run_once([*words, str(pid)] if name == "memgui, charts painted" else words)
            if turn or quick:  # the first turn warms the caches
                times[name].append(took)
    medians = {name: np.median(took, axis=0) for name, took in times.items()}
    return {name: {"clock_s": float(clock), "processor_s": float(cpu)} for name, (clock, cpu) in medians.items()}


if __name__ == "__main__":
    main()
