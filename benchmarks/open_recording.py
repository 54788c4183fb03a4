"""How fast a long recording of many processes is shown in the window, and what it takes on the disk.

    python benchmarks/open_recording.py [--targets 64] [--hours 24] [--file KEEP.memgui] [--quick] [--json]

The recording is made by the recorder's own writer, a sample a second of 30 metrics; the window opens it offscreen,
after a small one, so that modules are there as in a window that has shown something. Opening begins with the wish and
ends when the charts are painted: time by the clock, and processor time of the process. Beside it stand unpacking all
chunks and nothing else, and loading one of the targets whole, as a command does.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from memgui.link.replay import load
from memgui.protocol.metrics import CATALOGUE
from memgui.store.codec import decode
from memgui.store.recording import CHUNK_ROWS, RecordingFile
from memgui.store.timeline import Row
from memgui.ui.appearance import Appearance
from memgui.ui.options import Options
from memgui.ui.settings import Settings
from memgui.ui.sources import LocalSources
from memgui.ui.window import MainWindow

NAMES = [metric.name for metric in CATALOGUE if "{" not in metric.name][:30]
START = 1_780_000_000.0
PAGE = 4096


class OnlyFiles(LocalSources):
    """This host without its processes."""

    def list_targets(self) -> tuple[()]:
        """Nothing runs."""
        return ()


def values(first: int, count: int, target: int, rng: np.random.Generator) -> np.ndarray:
    """Memory as a training has it, float64[count, metrics]: much stands still, some follows the steps or is noise."""
    at = np.arange(first, first + count)
    columns = []
    for number in range(len(NAMES)):
        base = (2 + number + target / 64) * 2**28
        kind = number % 6
        if kind <= 1:
            column = np.full(count, base)
        elif kind == 2:
            column = base + at % 600 * 2**21 + rng.integers(0, 4, count) * PAGE
        elif kind == 3:
            column = base + at // 30 * PAGE * (number + 1)
        elif kind == 4:
            column = base + np.cumsum(rng.integers(0, 4, count)) + first * 1.5
        else:
            column = base + rng.integers(-60, 60, count) * PAGE
        columns.append(np.rint(column))
    return np.column_stack(columns)


def make(path: Path, targets: int, seconds: int) -> None:
    """A recording of so many processes."""
    rng = np.random.default_rng(0)
    with RecordingFile(path, version="benchmark") as file:
        for target in range(targets):
            about = {"name": "train.py", "pid": 4000 + target, "start_time": 1, "rank": target, "world_size": targets}
            file.facts(f"{4000 + target}.1", about)
        for first in range(0, seconds, CHUNK_ROWS):
            count = min(CHUNK_ROWS, seconds - first)
            for target in range(targets):
                table = values(first, count, target, rng).tolist()
                rows = [
                    Row(START + first + at, first + at, dict(zip(NAMES, row, strict=True)))
                    for at, row in enumerate(table)
                ]
                file.rows(f"{4000 + target}.1", rows)
            file.commit()


class Shown:
    """The window, and for how long of its own processor time it stood still at most."""

    def __init__(self, folder: Path) -> None:
        app = QApplication.instance() or QApplication([])
        assert isinstance(app, QApplication)
        self.stood_s, self._beat_s = 0.0, time.thread_time()
        self._pulse = QTimer()
        self._pulse.setInterval(2)
        self._pulse.timeout.connect(self._beat)
        self._pulse.start()
        settings = Settings(folder / "settings.ini")
        self.window = MainWindow(OnlyFiles(), Appearance(app, "dark"), settings, Options(size=(1440, 900)))
        self.window.show()
        self.until(lambda: self.window.middle.charts is not None and self.window.feed.was_listed)

    def until(self, holds: Callable[[], object], limit_s: float = 600.0) -> None:
        """Let it work until something is so."""
        end = time.monotonic() + limit_s
        while not holds() and time.monotonic() < end:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

    def is_painted(self, path: Path) -> bool:
        """The charts show a target of this file."""
        target, charts = self.window.target, self.window.middle.charts
        return target is not None and target.recording == path.name and charts is not None and charts.has_drawn

    def open(self, path: Path) -> tuple[float, float]:
        """Seconds by the clock and of the processor until the charts of the first target are painted."""
        began, cpu = time.perf_counter(), time.process_time()
        self.window.feed.open_recording(path)
        self.until(lambda: self.is_painted(path))
        self.window.repaint()
        took = time.perf_counter() - began, time.process_time() - cpu
        self.stood_s, self._beat_s = 0.0, time.thread_time()
        return took

    def watch(self, seconds: float) -> float:
        """The longest that the window worked without a pause while a worker reads the file, or so long of it."""
        self.until(lambda: self.window.feed.opening, 1.0)
        self.until(lambda: not self.window.feed.opening, seconds)
        return self.stood_s

    def _beat(self) -> None:
        now = time.thread_time()
        self.stood_s, self._beat_s = max(self.stood_s, now - self._beat_s), now


def milliseconds(call: Callable[[], object], times: int) -> float:
    """Median processor time of this thread."""
    costs = []
    for _ in range(times):
        began = time.thread_time()
        call()
        costs.append(time.thread_time() - began)
    return statistics.median(costs) * 1000


def measure(path: Path, folder: Path, targets: int, seconds: int, quick: bool) -> dict[str, float]:
    """All of it."""
    shown = Shown(folder)
    alone = folder / "one.memgui"
    make(alone, 1, seconds)
    small = folder / "small.memgui"
    make(small, 1, 600)
    shown.open(small)
    shown.watch(5.0)
    wall_s, cpu_s = shown.open(path)
    stood_s = shown.watch(5.0 if quick else 30.0)
    charts, target = shown.window.middle.charts, shown.window.target
    assert charts is not None
    assert target is not None
    assert target.timeline.first_t is not None

    def span(seconds: float | None) -> None:
        charts.set_span(seconds)
        charts.grab()

    span(60.0)
    to_all = milliseconds(lambda: span(None), 1)
    again = milliseconds(lambda: (span(60.0), span(None)), 5) - milliseconds(lambda: span(60.0), 5)
    middle = target.timeline.first_t + seconds / 2
    zooms = iter(range(100))

    def near() -> None:
        at = middle + next(zooms) * 700
        charts._viewport.show(at, at + 600)
        charts._moved()
        charts.grab()

    zoom = milliseconds(near, 5)
    held = max(one.timeline.nbytes / len(one.timeline.names) for one in shown.window.feed.targets)
    shown._pulse.stop()
    shown.window.close()
    with sqlite3.connect(path) as database:
        began = time.process_time()
        bodies = (body for (body,) in database.execute("SELECT body FROM chunk"))
        chunks = sum(decode(body).shape[0] > 0 for body in bodies)
        unpack_s = time.process_time() - began
    database.close()
    began = time.process_time()
    load(alone)
    return {
        "targets": targets, "hours": seconds / 3600, "chunks": chunks, "file_bytes": path.stat().st_size,
        "bytes_per_value": path.stat().st_size / (targets * seconds * len(NAMES)), "series_bytes": held,
        "open_wall_s": wall_s, "open_cpu_s": cpu_s, "stood_still_s": stood_s, "unpack_all_cpu_s": unpack_s,
        "load_one_target_cpu_s": time.process_time() - began, "unpack_ratio": unpack_s / cpu_s,
        "to_all_ms": to_all, "to_all_again_ms": again, "zoom_ms": zoom,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--targets", type=int, default=64)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--file", type=Path, help="the recording, made where it is not there, and kept")
    parser.add_argument("--quick", action="store_true", help="8 processes and an hour")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    chosen = parser.parse_args()
    targets, seconds = (8, 3600) if chosen.quick else (chosen.targets, round(chosen.hours * 3600))
    with tempfile.TemporaryDirectory(prefix="mg") as folder:
        path = chosen.file or Path(folder) / "day.memgui"
        if not path.exists():
            make(path, targets, seconds)
        result = measure(path, Path(folder), targets, seconds, chosen.quick)
    if chosen.json:
        print(json.dumps(result))
        return
    size, each = result["file_bytes"], result["bytes_per_value"]
    print(
        f"{targets} processes × {len(NAMES)} metrics × {seconds / 3600:.0f} h: {size / 1e6:.0f} MB, {each:.2f} B each"
    )
    print(
        f"opened and drawn: {result['open_wall_s'] * 1e3:.0f} ms, {result['open_cpu_s'] * 1e3:.0f} ms of processor time"
    )
    print(f"then the window worked for {result['stood_still_s'] * 1e3:.0f} ms without a pause at most")
    print(f"unpacking every chunk alone: {result['unpack_all_cpu_s']:.1f} s, {result['unpack_ratio']:.0f} × as much")
    print(f"loading one of the processes whole: {result['load_one_target_cpu_s']:.1f} s")
    print(f"from 1 m to all of it {result['to_all_ms']:.1f} ms, again {result['to_all_again_ms']:.1f} ms")
    print(f"ten minutes elsewhere, sample by sample: {result['zoom_ms']:.1f} ms")
    print(f"{result['series_bytes'] / 1e3:.1f} kB a series")


if __name__ == "__main__":
    main()
