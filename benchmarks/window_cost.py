"""What an open window costs: its share of a core while it watches one training at ten samples a second, and its memory.

    python benchmarks/window_cost.py [--seconds 30] [--quick] [--json]

The window is a process of its own, offscreen and, where Xvfb is installed, on an X server; its processor time and its
resident memory are read from outside, after the first seconds, which import and style. Beside it, as an anchor, as many
plots of pyqtgraph with as many curves redrawn as often, and Qt with one label.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent

# It rests between its steps, so that two cores are enough for it and the window.
TRAINING = """
import sys, threading, time, torch
import memgui.agent as agent
torch.set_num_threads(1); torch.manual_seed(0)
model = torch.nn.Sequential(*[torch.nn.Sequential(torch.nn.Linear(256, 256), torch.nn.GELU()) for _ in range(6)])
optimizer = torch.optim.Adam(model.parameters())
x = torch.randn(64, 256)
agent.start()
done = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), done.set()), daemon=True).start()
for step in range(10**9):
    optimizer.zero_grad()
    model(x).square().mean().backward()
    optimizer.step()
    if step == 20: print("ready", flush=True)
    if done.wait(0.02): break
"""
# Only the training is listed: whatever else runs on this machine would be watched as well.
WINDOW = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from memgui.ui.app import run
from memgui.ui.options import Options
from memgui.ui.settings import Settings
from memgui.ui.sources import LocalSources
pid, settings_file, span = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
class OneTarget(LocalSources):
    def list_targets(self):
        return tuple(info for info in super().list_targets() if info.pid == pid)
settings = Settings(settings_file)
settings.set("span", span)
settings.save()
options = Options(settings_file=settings_file, attach=(pid,), size=(1440, 900))
sys.exit(run(options, OneTarget(settings)))
"""
LABEL = """
import itertools
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel
app = QApplication([])
label = QLabel("0"); label.resize(1440, 900); label.show()
numbers = itertools.count()
timer = QTimer(); timer.timeout.connect(lambda: label.setText(str(next(numbers)))); timer.start(100)
app.exec()
"""
PLOTS = """
import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
app = QApplication([])
page = pg.GraphicsLayoutWidget(); page.resize(860, 620)
curves = []
for row in range(4):
    plot = page.addPlot(row=row, col=0); plot.setDownsampling(auto=True, mode="peak"); plot.setClipToView(True)
    curves += [plot.plot(pen=(at, 3)) for at in range(3)]
page.show()
data = np.random.default_rng(0).normal(size=6000).cumsum()
x = np.arange(6000) / 10
def tick():
    data[:-1] = data[1:]; x[:] += 0.1
    for at, curve in enumerate(curves): curve.setData(x, data + at)
timer = QTimer(); timer.timeout.connect(tick); timer.start(100)
app.exec()
"""
ALLOWED_RATIO, ALLOWED_BYTES = 0.03, 125e6
Row = dict[str, float]


@contextmanager
def training(directory: Path) -> Iterator[int]:
    """The pid of a training with an agent that listens in a directory of its own."""
    environ = {**os.environ, "MEMGUI_RUNTIME_DIR": str(directory), "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-c", TRAINING]
    with subprocess.Popen(words, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            if not process.stdout.readline():
                sys.exit("the training did not start; is torch installed?")
            yield process.pid
        finally:
            process.communicate(b"")


@contextmanager
def x_server() -> Iterator[dict[str, str]]:
    """What a program must know to show itself on an X server of its own."""
    read, write = os.pipe()
    words = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
    with subprocess.Popen(words, pass_fds=[write], stderr=subprocess.DEVNULL) as server:
        os.close(write)
        try:
            with os.fdopen(read) as told:
                number = told.readline().strip()
            if not number:
                sys.exit("Xvfb did not start")
            yield {"QT_QPA_PLATFORM": "xcb", "DISPLAY": f":{number}"}
        finally:
            server.terminate()


def measure(words: list[str], environ: dict[str, str], warm_up_s: float, seconds: float) -> Row:
    """Share of a core and memory of a program with a window."""
    whole = {**os.environ, "PYTHONPATH": str(ROOT), **environ}
    with subprocess.Popen([sys.executable, "-c", *words], env=whole, stderr=subprocess.PIPE) as process:
        try:
            time.sleep(warm_up_s)
            seen = psutil.Process(process.pid)
            began, cpu_s = time.monotonic(), _cpu_s(seen)
            time.sleep(seconds)
            if process.poll() is not None:
                assert process.stderr is not None
                sys.exit(f"the window ended: {process.stderr.read().decode()[-500:]}")
            spent_s = _cpu_s(seen) - cpu_s
            row = {"core_ratio": spent_s / (time.monotonic() - began), "rss_bytes": float(seen.memory_info().rss)}
        finally:
            process.kill()
    return row


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def table(seconds: float, warm_up_s: float, spans: tuple[str, ...]) -> dict[str, Row]:
    """Every program, one after the other, so that none takes time from another."""
    rows = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mg")))
        directory = folder / "run"
        directory.mkdir(mode=0o700)
        pid = stack.enter_context(training(directory))
        platforms = {"offscreen": {"QT_QPA_PLATFORM": "offscreen"}}
        if shutil.which("Xvfb"):
            platforms["X"] = stack.enter_context(x_server())
        for platform, environ in platforms.items():
            environ["MEMGUI_RUNTIME_DIR"] = str(directory)
            for span in spans:
                words = [WINDOW, str(pid), str(folder / "settings.ini"), span]
                rows[f"memgui, {span}, {platform}"] = measure(words, environ, warm_up_s, seconds)
            rows[f"pyqtgraph, 4 plots of 3 curves, {platform}"] = measure([PLOTS], environ, warm_up_s, seconds)
            rows[f"Qt, one label, {platform}"] = measure([LABEL], environ, warm_up_s, seconds)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=30.0, help="to look at each window")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    chosen = parser.parse_args()
    rows = table(0.5, 1.0, ("10 m",)) if chosen.quick else table(chosen.seconds, 15.0, ("1 m", "10 m", "All"))
    if chosen.json:
        print(json.dumps(rows))
        return
    print(f"{'':44}{'of a core':>10}{'memory':>10}")
    for name, row in rows.items():
        print(f"{name:44}{row['core_ratio']:10.1%}{row['rss_bytes'] / 1e6:7.0f} MB")
    print(f"allowed: {ALLOWED_RATIO:.0%} and {ALLOWED_BYTES / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
