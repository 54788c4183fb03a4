"""What a frame of the charts costs, beside plain pyqtgraph, its own downsampling and tsdownsample's, in one run.

Each frame takes in one new sample and paints 1200 × 600 pixels offscreen; processor time of this process, median of the
frames. Milliseconds do not travel between machines, the ratios do. Without tsdownsample its column is left out.

    python benchmarks/frame_cost.py [--quick] [--json]
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QApplication

from memgui.link.target import LiveTarget
from memgui.store.timeline import Timeline
from memgui.ui.charts.layer import Curve
from memgui.ui.charts.plot import PlotView
from memgui.ui.charts.strip import Strip
from memgui.ui.charts.ticks import byte_ticks, ceiling, time_ticks
from memgui.ui.overview.board import Board
from memgui.ui.overview.heat_map import HeatMap
from memgui.ui.theme import Theme

try:
    import tsdownsample
except ImportError:
    tsdownsample = None

WIDTH, HEIGHT = 1200, 600
PERIOD_S = 0.1
RSS = "host.rss_bytes"
COLOURS = ("#56b4e9", "#e69f00", "#2fb37f", "#cc79a7", "#f0e442", "#0072b2", "#d55e00", "#8d97a6")
# Plain pyqtgraph takes seconds a frame where series are many and long; it is measured up to this many points in all.
PLAIN_LIMIT = 8_000_000


def sawtooth(points: int, series: int) -> np.ndarray:
    """Memory as training makes it: a level, a sawtooth, noise; bytes."""
    rng = np.random.default_rng(series)
    ramp = np.arange(points) % 600 / 600
    return ((1 + series * 0.2) + 0.5 * ramp + 0.05 * rng.random(points)) * 1024**3


def milliseconds(frame: Callable[[], None], frames: int) -> float:
    """Median processor time of a frame."""
    frame()
    gc.disable()
    costs = []
    for _ in range(frames):
        began = time.process_time()
        frame()
        costs.append(time.process_time() - began)
    gc.enable()
    return statistics.median(costs) * 1000


class Ours:
    """Tiers, two points a pixel column, one repaint."""

    def __init__(self, data: list[np.ndarray]) -> None:
        self.names = [f"host.s{index}_bytes" for index in range(len(data))]
        self.timeline = Timeline(self.names)
        self.rows = len(data[0])
        for row, values in enumerate(np.stack(data, axis=1).tolist()):
            self.timeline.append(row * PERIOD_S, row, dict(zip(self.names, values, strict=True)))
        self.values = dict(zip(self.names, (float(series[-1]) for series in data), strict=True))
        self.plot = PlotView(Theme.dark())
        self.strip = Strip()
        self.plot.resize(WIDTH, HEIGHT)
        self.plot.show()
        QApplication.processEvents()

    def frame(self, span_s: float | None = None, *, live: bool = False, stacked: bool = False) -> None:
        """A sample comes, and all of the run or its last `span_s` seconds are painted.

        Args:
            live: the view moves by whole pixel columns, as the window's does, and is painted where it is new.
            stacked: as areas on top of each other, from the highest to the lowest.
        """
        self.rows += 1
        last = self.rows * PERIOD_S
        self.timeline.append(last, self.rows, self.values)
        low = 0.0 if span_s is None else last - span_s
        if live and span_s is not None:
            column = span_s / self.plot.columns
            low = (last // column + 1) * column - span_s
        high = last if span_s is None else low + span_s
        columns = self.plot.columns_for(len(self.names))
        x, levels = self.strip.read(
            self.timeline, self.names, (low, high), columns, past="the same" if live else object()
        )
        if stacked:
            levels = np.cumsum(levels, axis=0)[::-1]
        fill, line = (1.0, False) if stacked else (0.0, True)
        curves = [
            Curve(name, x, y, COLOURS[index % len(COLOURS)], fill, line)
            for index, (name, y) in enumerate(zip(self.names, levels, strict=True))
        ]
        top = ceiling(float(np.nanmax(levels)), binary=True)
        past = "the same" if live else object()
        self.plot.draw(curves, (low, high), top, time_ticks(low, high, 10), byte_ticks(top, 6), past=past)
        self.plot.viewport().repaint()


class Heat:
    """The heat map of many targets, one column of it new at each frame."""

    def __init__(self, rows: int) -> None:
        rng = np.random.default_rng(0)
        self.now = 0
        self.values = rng.uniform(1, 2, rows) * 1024**3
        self.targets = [LiveTarget(f"{4000 + row}.1") for row in range(rows)]
        self.board = Board()
        self.map = HeatMap(self.board, Theme.dark())
        self.map.resize(WIDTH, max(HEIGHT, self.map.sizeHint().height()))
        for _ in range(40):
            self._sample()
        self.board.arrange(self.targets, RSS, 600.0, self.map.columns)
        self.board.read(60.0)
        self.map.arranged()
        self.map.resize(WIDTH, self.map.sizeHint().height())
        self.map.show()
        QApplication.processEvents()

    def _sample(self) -> None:
        self.now += 1
        for target, value in zip(self.targets, self.values.tolist(), strict=True):
            target.timeline.append(1e9 + self.now, self.now, {RSS: value})

    def frame(self) -> None:
        """What the window's timer does: read for two milliseconds, paint what is in sight of a window."""
        self.board.read(0.002)
        self.map.repaint(0, 0, WIDTH, HEIGHT)

    def whole(self) -> None:
        """All rows, at a pixel each or more."""
        self.map.repaint()


class Pyqtgraph:
    """A PlotWidget that is given everything."""

    def __init__(self, data: list[np.ndarray], *, downsample: bool) -> None:
        self.widget = pg.PlotWidget()
        self.widget.resize(WIDTH, HEIGHT)
        self.x = np.arange(len(data[0])) * PERIOD_S
        self.data = data
        self.items = [self.widget.plot(pen=pg.mkPen(COLOURS[at % len(COLOURS)], width=1)) for at in range(len(data))]
        if downsample:
            # On the PlotItem: what `plot()` is told is overridden by it.
            self.widget.setDownsampling(auto=True, mode="peak")
            self.widget.setClipToView(True)
        self.widget.show()
        QApplication.processEvents()

    def frame(self) -> None:
        """New data for every curve, one repaint."""
        for item, series in zip(self.items, self.data, strict=True):
            item.setData(self.x, series)
        self.widget.viewport().repaint()


class MinMax:
    """Every series brought to its extremes by tsdownsample at each frame, at most two points a pixel column."""

    def __init__(self, data: list[np.ndarray]) -> None:
        self.widget = pg.PlotWidget()
        self.widget.resize(WIDTH, HEIGHT)
        self.x = np.arange(len(data[0])) * PERIOD_S
        self.data = data
        self.sampler = tsdownsample.MinMaxDownsampler()
        self.items = [pg.PlotCurveItem(pen=pg.mkPen(COLOURS[at % len(COLOURS)], width=1)) for at in range(len(data))]
        for item in self.items:
            self.widget.addItem(item)
        self.widget.setRange(xRange=(0, float(self.x[-1])), yRange=(0, max(float(one.max()) for one in data)))
        self.widget.show()
        QApplication.processEvents()
        self.columns = int(self.widget.getViewBox().width())

    def frame(self) -> None:
        """The data are even in time, so that the samples can be counted and their times need not be looked at."""
        for item, series in zip(self.items, self.data, strict=True):
            kept = self.sampler.downsample(series, n_out=2 * self.columns)
            item.setData(self.x[kept], series[kept])
        self.widget.viewport().repaint()


def measure(series: int, points: int, frames: int) -> dict[str, float | int | None]:
    """All designs on the same data."""
    data = [sawtooth(points, index) for index in range(series)]
    ours = Ours(data)
    result: dict[str, float | int | None] = {"series": series, "points": points}
    result["ours_ms"] = milliseconds(ours.frame, frames)
    result["ours_last_10_min_ms"] = milliseconds(lambda: ours.frame(600.0), frames)
    result["ours_live_ms"] = milliseconds(lambda: ours.frame(600.0, live=True), frames)
    ours.plot.hide()
    automatic = Pyqtgraph(data, downsample=True)
    result["automatic_ms"] = milliseconds(automatic.frame, max(3, frames // 5))
    automatic.widget.hide()
    result["tsdownsample_ms"] = None
    if tsdownsample is not None:
        extremes = MinMax(data)
        result["tsdownsample_ms"] = milliseconds(extremes.frame, frames)
        extremes.widget.hide()
    result["plain_ms"] = None
    if series * points <= PLAIN_LIMIT:
        plain = Pyqtgraph(data, downsample=False)
        result["plain_ms"] = milliseconds(plain.frame, 3)
        plain.widget.hide()
    return result


def ratio(anchor: float | int | None, ours: float | int | None) -> float | None:
    """How many times as much the anchor costs."""
    return None if anchor is None or not ours else anchor / ours


def report(results: list[dict[str, float | int | None]], growth: float, others: dict[str, float]) -> None:
    """A table for people."""
    heads = ("series", "points", "memgui", "10 min", "live", "automatic", "tsdown", "plain")
    print("".join(f"{head:>10}" for head in heads) + "   ratios to memgui")
    for row in results:
        cells = [f"{row[name]:.2f}" if row[name] is not None else "-" for name in NUMBERS]
        ratios = {name: ratio(row[f"{name}_ms"], row["ours_ms"]) for name in ANCHORS}
        words = ", ".join(f"{name} {value:.1f}" for name, value in ratios.items() if value)
        print(f"{row['series']:>10}{row['points']:>10}" + "".join(f"{cell:>10}" for cell in cells) + f"   {words}")
    for name, value in others.items():
        print(f"{name}: {value:.2f} ms")
    print(f"a history 100 times as long costs {growth:.2f} times as much a frame (ms of processor time above)")


ANCHORS = ("automatic", "tsdownsample", "plain")
NUMBERS = ("ours_ms", "ours_last_10_min_ms", "ours_live_ms", *(f"{name}_ms" for name in ANCHORS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="ten times fewer points and fewer frames")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    options = parser.parse_args()
    app = QApplication.instance() or QApplication([])
    if tsdownsample is None:
        sys.stderr.write("tsdownsample is left out: not installed\n")
    points, frames = (100_000, 15) if options.quick else (1_000_000, 50)
    short, long = Ours([sawtooth(points // 100, 0)] * 8), Ours([sawtooth(points, 0)] * 8)
    # The same stretch of both, so that what differs is the history behind it.
    span_s = points // 100 * PERIOD_S
    costs = [milliseconds(lambda one=one: one.frame(span_s), frames) for one in (short, long)]  # type: ignore[misc]
    results = [measure(series, points, frames) for series in (8, 64)]
    growth = costs[1] / costs[0]
    bands = Ours([sawtooth(points // 10, index) for index in range(12)])
    others = {"12 stacked areas": milliseconds(lambda: bands.frame(stacked=True), frames)}
    bands.plot.hide()
    heat = Heat(100 if options.quick else 1000)
    others[f"heat map of {len(heat.targets)} rows, a window of it, live"] = milliseconds(heat.frame, frames)
    others[f"heat map of {len(heat.targets)} rows, whole"] = milliseconds(heat.whole, frames)
    if options.json:
        rows = [
            {**row, **{f"{name}_ratio": ratio(row[f"{name}_ms"], row["ours_ms"]) for name in ANCHORS}}
            for row in results
        ]
        print(
            json.dumps({"width": WIDTH, "height": HEIGHT, "frames": rows, "history_ratio": growth, "others_ms": others})
        )
    else:
        report(results, growth, others)
    app.processEvents()


if __name__ == "__main__":
    main()
