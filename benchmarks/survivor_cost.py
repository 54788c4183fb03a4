"""What the survivor watch costs the training: steps while it is armed beside steps while it is not, in one process.

The same training goes on with an agent inside while a client starts and stops the watch by turns, so that both kinds of
steps see the same machine. Prints the ratio of mean step times, since the watch makes few steps longer and most not at
all, its 95 % interval by a bootstrap over the turns, and the share that the watch itself reports. `--quick` runs for
seconds and its numbers mean nothing.
"""

from __future__ import annotations

import argparse
import json
import queue
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from step_ratio import TRAINING

from memgui.link.batch import CONNECTED, Batch
from memgui.link.hub import Hub

TURN_S = 3.0
ALLOWED = 1.05


def measure(seconds: float) -> dict[str, float]:
    """Ratio armed / not armed, its interval, and what the watch reports."""
    with tempfile.TemporaryDirectory() as folder:
        script, out = Path(folder, "train.py"), Path(folder, "times.json")
        script.write_text(TRAINING)
        process = subprocess.Popen([sys.executable, script, "agent", str(seconds), out], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        spans, reported = _arm_by_turns(process)
        process.wait()
        rows = np.array(json.loads(out.read_text())["times"], dtype=float)
    return {**_ratio(rows[:, 0], rows[:, 1], spans), "reported_share": float(np.mean(reported))}


def _arm_by_turns(process: subprocess.Popen[bytes]) -> tuple[list[tuple[float, float, float]], list[float]]:
    batches: queue.SimpleQueue[Batch] = queue.SimpleQueue()
    hub = Hub(batches.put)
    key = hub.watch(process.pid)
    while batches.get().state != CONNECTED:
        pass
    spans, reported = [], []
    while process.poll() is None:
        began = time.time()
        time.sleep(TURN_S)
        armed = time.time()
        if not _ask(hub, key, "watch.start"):
            break
        time.sleep(TURN_S)
        report = _ask(hub, key, "watch.stop")
        if not report:
            break
        spans.append((began, armed, time.time()))
        reported.append(report["share"])
    hub.close()
    return spans, reported


def _ask(hub: Hub, key: str, method: str) -> dict[str, Any]:
    """The answer; empty where the training has ended meanwhile."""
    try:
        return dict(hub.request(key, method, {}, timeout_s=10.0).result())
    except Exception:  # noqa: BLE001 - whatever it is, the training is over and the measurement with it
        return {}


def _ratio(at: np.ndarray, took: np.ndarray, spans: list[tuple[float, float, float]]) -> dict[str, float]:
    pairs = []
    for began, armed, ended in spans:
        off, on = took[(at > began) & (at <= armed)], took[(at > armed) & (at <= ended)]
        if len(off) > 3 and len(on) > 3:
            pairs.append(_mean(on) / _mean(off))
    draws = np.random.default_rng(0).choice(pairs, (2000, len(pairs)))
    low, high = np.quantile(np.mean(draws, axis=1), [0.025, 0.975])
    return {"ratio": float(np.mean(pairs)), "low": float(low), "high": float(high), "pairs": len(pairs)}


def _mean(took: np.ndarray) -> float:
    """Without the machine's own hiccups: a step that records takes less than twice as long as another."""
    return float(np.mean(np.minimum(took, 3 * np.median(took))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    row = measure(20.0 if chosen.quick else 120.0)
    if chosen.json:
        print(json.dumps(row))
        return
    print(f"step ratio {row['ratio']:.3f} ({row['low']:.3f} - {row['high']:.3f}, {row['pairs']} pairs), "
          f"allowed {ALLOWED}; the watch reports {row['reported_share']:.1%}")  # fmt: skip


if __name__ == "__main__":
    main()
