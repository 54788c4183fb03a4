"""What a long history costs: memory a series, switching the window from 1 m to 24 h, and a frame of either.

    python benchmarks/long_history.py [--quick] [--json]

Ten samples a second of 30 metrics, an hour and a day of them; processor time, the charts of the window offscreen.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PySide6.QtWidgets import QApplication

from memgui.link.target import LiveTarget
from memgui.protocol.metrics import CATALOGUE
from memgui.ui.charts import ChartArea
from memgui.ui.theme import Theme

NAMES = [metric.name for metric in CATALOGUE if "{" not in metric.name][:30]
START = 1_780_000_000.0


def history(seconds: float) -> LiveTarget:
    """A run of that length."""
    target = LiveTarget("4242.1")
    append = target.timeline.append
    for number in range(round(seconds * 10)):
        level = 4e9 + (number % 600) * 1e6
        append(START + number / 10, number, dict.fromkeys(NAMES, level))
    return target


def milliseconds(call: Callable[[], object], times: int) -> float:
    """Median processor time."""
    costs = []
    for _ in range(times):
        began = time.process_time()
        call()
        costs.append(time.process_time() - began)
    return statistics.median(costs) * 1000


def measure(seconds: float, times: int) -> dict[str, float]:
    """One length of history."""
    target = history(seconds)
    area = ChartArea(Theme.dark())
    area.resize(860, 620)
    area.show_target(target)
    area.show()
    area.set_span(60.0)
    area.grab()

    def switch(span_s: float | None) -> None:
        area.set_span(span_s)
        area.grab()

    both = milliseconds(lambda: (switch(None), switch(60.0)), times)
    back = milliseconds(lambda: switch(60.0), times)
    found = {
        "hours": seconds / 3600,
        "series_bytes": target.timeline.nbytes / len(target.timeline.names),
        "switch_ms": both - back,
        "switch_back_ms": back,
    }
    area.hide()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="six minutes and an hour, in place of an hour and a day")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    chosen = parser.parse_args()
    app = QApplication.instance() or QApplication([])
    lengths = (360.0, 3600.0) if chosen.quick else (3600.0, 86_400.0)
    rows = [measure(seconds, 3 if chosen.quick else 9) for seconds in lengths]
    app.processEvents()
    if chosen.json:
        print(json.dumps(rows))
        return
    for row in rows:
        print(
            f"{row['hours']:6.1f} h: {row['series_bytes'] / 1000:5.1f} kB a series; from 1 m to all of it "
            f"{row['switch_ms']:.1f} ms, back {row['switch_back_ms']:.1f} ms"
        )


if __name__ == "__main__":
    main()
