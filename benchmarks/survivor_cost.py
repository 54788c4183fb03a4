"""What the survivor watch costs the training: steps while it is armed beside steps while it is not, in one process.

The same training goes on with an agent inside while a client starts and stops the watch by short turns, so that both
kinds of steps see the same machine. Each step's processor time on the training thread is taken, which other programs'
load hardly changes, and its time by the clock beside it. Prints the ratio of mean step times armed / not armed over
pairs of neighbouring turns, since the watch makes few steps longer and most not at all; the 95 % interval by a
bootstrap over the pairs; and the share that the watch itself reports. Two trainings: one of many small operations,
which costs the most to record, and one of fewer large ones. `--quick` runs for seconds and its numbers mean nothing.
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

from memgui.link.batch import CONNECTED, Batch
from memgui.link.hub import Hub

TRAINING = """
import json, sys, time, torch
width, depth, rows, seconds, out = *map(int, sys.argv[1:4]), float(sys.argv[4]), sys.argv[5]
torch.set_num_threads(1); torch.manual_seed(0)
layers = [torch.nn.Sequential(torch.nn.Linear(width, width), torch.nn.GELU()) for _ in range(depth)]
model = torch.nn.Sequential(*layers)
optimizer = torch.optim.Adam(model.parameters())
x = torch.randn(rows, width)
import memgui.agent as agent
agent.start()
times, started = [], time.perf_counter()
print("ready", flush=True)
while time.perf_counter() - started < seconds:
    began, cpu = time.perf_counter(), time.thread_time()
    optimizer.zero_grad()
    model(x).square().mean().backward()
    optimizer.step()
    times.append((time.time(), time.thread_time() - cpu, time.perf_counter() - began))
json.dump(times, open(out, "w"))
"""
# Width, depth, rows of a batch.
TRAININGS = {"many small operations": (64, 24, 32), "larger operations": (384, 12, 192)}
TURN_S = 1.5
ALLOWED = 1.05
Row = dict[str, float]


def measure(shape: tuple[int, int, int], seconds: float) -> Row:
    """Ratios armed / not armed by processor time and by the clock, with intervals, and what the watch reports."""
    with tempfile.TemporaryDirectory() as folder:
        script, out = Path(folder, "train.py"), Path(folder, "times.json")
        script.write_text(TRAINING)
        words = [sys.executable, script, *map(str, shape), str(seconds), out]
        process = subprocess.Popen(words, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        spans, reported = _arm_by_turns(process)
        process.wait()
        rows = np.array(json.loads(out.read_text()), dtype=float)
    row = {"step_ms": float(np.median(rows[:, 2])) * 1e3, "reported_share": float(np.mean(reported))}
    for name, took in (("cpu", rows[:, 1]), ("clock", rows[:, 2])):
        row.update({f"{name}_{key}": value for key, value in _ratio(rows[:, 0], took, spans).items()})
    return row


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


def _ratio(at: np.ndarray, took: np.ndarray, spans: list[tuple[float, float, float]]) -> Row:
    pairs = []
    for began, armed, ended in spans:
        off, on = took[(at > began) & (at <= armed)], took[(at > armed) & (at <= ended)]
        if len(off) > 3 and len(on) > 3:
            # Without the machine's own hiccups; what the watch adds to a step is far less than ten of them.
            most = 10 * np.median(off)
            pairs.append(np.mean(np.minimum(on, most)) / np.mean(np.minimum(off, most)))
    draws = np.random.default_rng(0).choice(pairs, (2000, len(pairs)))
    low, high = np.quantile(np.mean(draws, axis=1), [0.025, 0.975])
    return {"ratio": float(np.mean(pairs)), "low": float(low), "high": float(high), "pairs": len(pairs)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    table = {name: measure(shape, 12.0 if chosen.quick else 150.0) for name, shape in TRAININGS.items()}
    if chosen.json:
        print(json.dumps(table))
        return
    for name, row in table.items():
        print(f"{name}, {row['step_ms']:.1f} ms a step, allowed {ALLOWED}:")
        for kind in ("cpu", "clock"):
            found = {key: row[f"{kind}_{key}"] for key in ("ratio", "low", "high", "pairs")}
            print(f"    {kind:6} {found['ratio']:.3f} ({found['low']:.3f} - {found['high']:.3f}, "
                  f"{found['pairs']:.0f} pairs)")  # fmt: skip
        print(f"    the watch reports {row['reported_share']:.1%}")


if __name__ == "__main__":
    main()
