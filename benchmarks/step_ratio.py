"""What watching costs the training: steps with the agent watched at 10 Hz, beside steps without, in one process.

The same training goes on while a watcher connects and leaves again by turns, so that both kinds of steps see the same
machine. Prints the ratio of median step times, its 95 % interval by a bootstrap over the turns, and the memory that the
agent added. tracemalloc stands beside as an anchor. `--quick` runs for seconds and its numbers mean nothing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

TRAINING = """
import sys, time, torch
mode, seconds, out = sys.argv[1], float(sys.argv[2]), sys.argv[3]
torch.set_num_threads(1); torch.manual_seed(0)
if mode == "tracemalloc":
    import tracemalloc
model = torch.nn.Sequential(*[torch.nn.Sequential(torch.nn.Linear(256, 256), torch.nn.GELU()) for _ in range(12)])
optimizer = torch.optim.Adam(model.parameters())
x = torch.randn(192, 256)
def rss():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
def step():
    optimizer.zero_grad()
    model(x).square().mean().backward()
    optimizer.step()
for _ in range(50): step()
base = rss()
agent = None
if mode == "agent":
    import memgui.agent as agent
    agent.start()
print("ready", flush=True)
times, started = [], time.perf_counter()
while time.perf_counter() - started < seconds:
    if mode == "tracemalloc":
        on = int((time.perf_counter() - started) / 2) % 2
        if on != tracemalloc.is_tracing(): (tracemalloc.start if on else tracemalloc.stop)()
    began = time.perf_counter()
    step()
    ended = time.perf_counter()
    times.append((time.time(), ended - began, bool(mode == "tracemalloc" and tracemalloc.is_tracing())))
import json
json.dump({"times": times, "added": rss() - base}, open(out, "w"))
"""
TURN_S = 2.0


def measure(mode: str, seconds: float) -> dict[str, float]:
    """Ratio watched / not watched, its interval, and bytes added."""
    with tempfile.TemporaryDirectory() as folder:
        script, out = Path(folder, "train.py"), Path(folder, "times.json")
        script.write_text(TRAINING)
        process = subprocess.Popen([sys.executable, script, mode, str(seconds), out], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        watched = _watch_by_turns(process) if mode == "agent" else []
        process.wait()
        result = json.loads(out.read_text())
    rows = np.array(result["times"], dtype=float)
    on = rows[:, 2] > 0
    for start, end in watched:
        on |= (rows[:, 0] > start) & (rows[:, 0] < end)
    return {**ratio(rows[:, 0], rows[:, 1], on), "added_bytes": result["added"]}


def _watch_by_turns(process: subprocess.Popen[bytes]) -> list[tuple[float, float]]:
    from memgui.link.hub import Hub

    spans = []
    while process.poll() is None:
        hub = Hub(_ignore)
        hub.watch(process.pid)
        time.sleep(0.3)  # the first look at a process reads more than the following ones
        began = time.time()
        time.sleep(TURN_S)
        spans.append((began, time.time()))
        hub.close()
        time.sleep(TURN_S)
    return spans


def _ignore(_batch: object) -> None:
    pass


def ratio(at: np.ndarray, took: np.ndarray, on: np.ndarray) -> dict[str, float]:
    turn = ((at - at[0]) / (2 * TURN_S)).astype(int)
    pairs = [
        np.median(took[(turn == k) & on]) / np.median(took[(turn == k) & ~on])
        for k in range(turn.max() + 1)
        if ((turn == k) & on).sum() > 3 and ((turn == k) & ~on).sum() > 3
    ]
    draws = np.random.default_rng(0).choice(pairs, (2000, len(pairs)))
    low, high = np.quantile(np.median(draws, axis=1), [0.025, 0.975])
    return {"ratio": float(np.median(pairs)), "low": float(low), "high": float(high), "pairs": len(pairs)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    table = {mode: measure(mode, 5.0 if chosen.quick else 100.0) for mode in ("agent", "tracemalloc")}
    if chosen.json:
        print(json.dumps(table))
        return
    print(f"{'':14}{'step ratio':>11}{'95 % interval':>18}{'pairs':>7}{'added':>12}")
    for mode, row in table.items():
        interval = f"{row['low']:.3f} - {row['high']:.3f}"
        print(f"{mode:14}{row['ratio']:11.3f}{interval:>18}{row['pairs']:7}{row['added_bytes'] / 2**20:8.1f} MiB")


if __name__ == "__main__":
    main()
