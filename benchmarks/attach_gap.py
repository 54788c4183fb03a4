"""How long training stands still while something attaches to it: memgui's injector beside `memray attach` and py-spy.

Each try starts a training of its own (a small transformer with Adam and two loader workers) and reads the longest time
between two steps from the beginning of the attach until shortly after its end. The base is the longest one in a stretch
of the same length just before. Ways in take turns, so that a busy machine treats them alike. py-spy brings nothing into
a training: it stops it from outside at each look, once or ten times a second for two seconds. What is not installed is
left out, and named.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from array import array
from dataclasses import asdict, dataclass
from pathlib import Path

TRAINING = """
import sys, time
import torch
from torch.utils.data import DataLoader, TensorDataset

torch.set_num_threads(1)
torch.manual_seed(0)
layer = torch.nn.TransformerEncoderLayer(128, 4, 512, batch_first=True)
model = torch.nn.Sequential(torch.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), torch.nn.Linear(128, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
data = TensorDataset(torch.randn(512, 32, 128), torch.randn(512, 32, 1))
loader = DataLoader(data, batch_size=8, shuffle=True, num_workers=2, persistent_workers=True)
out = open(sys.argv[1], "wb", buffering=0)
while True:
    for inputs, wanted in loader:
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(inputs), wanted).backward()
        optimizer.step()
        out.write(time.monotonic_ns().to_bytes(8, "little"))
"""
WARM_UP_STEPS = 100
FROM_HERE = "memgui, from a running window"
MEMRAY = "memray attach (gdb)"
PY_SPY_DUMP = "py-spy dump"
PY_SPY_RECORD = "py-spy record -r 10, 2 s"
AFTER_S = 0.5


@dataclass(frozen=True)
class Try:
    """One attach; times in ms. `pause_ms` is what the way in says itself."""

    came_in: bool
    lived_on: bool
    took_ms: float
    base_ms: float
    gap_ms: float
    step_ms: float
    pause_ms: float | None


def steps_of(path: Path) -> array[int]:
    """Times of the steps so far, in ns of the monotonic clock."""
    steps = array("q")
    data = path.read_bytes()
    steps.frombytes(data[: len(data) // 8 * 8])
    return steps


def longest_gap_ms(steps: array[int], begin_ns: int, end_ns: int) -> float:
    """Longest time between two steps of which at least a part lies in the stretch."""
    gaps = [after - before for before, after in itertools.pairwise(steps) if after >= begin_ns and before <= end_ns]
    return max(gaps, default=end_ns - begin_ns) / 1e6


def beside(name: str) -> Path:
    """Where pip puts a command that this Python's environment has."""
    return Path(sys.executable).with_name(name)


def command_for(way: str, pid: int, folder: Path) -> list[str]:
    if way == MEMRAY:
        return [str(beside("memray")), "attach", "--method", "gdb", "-f", "-o", str(folder / "memray.bin"), str(pid)]
    if way == PY_SPY_DUMP:
        return [str(beside("py-spy")), "dump", "--pid", str(pid)]
    if way == PY_SPY_RECORD:
        file = str(folder / "py-spy.txt")
        return [str(beside("py-spy")), "record", "-r", "10", "-d", "2", "-f", "raw", "-o", file, "--pid", str(pid)]
    method = ["--method", "gdb"] if "gdb" in way else []
    return [sys.executable, "-m", "memgui", "attach", str(pid), *method, "--json"]


def ways_here() -> list[str]:
    """The ways in that can be tried on this machine; what is missing is told."""
    ways = [FROM_HERE, "memgui attach"]
    needs = {
        "memgui attach --method gdb": ["gdb"],
        MEMRAY: ["memray", "gdb"],
        PY_SPY_DUMP: ["py-spy"],
        PY_SPY_RECORD: ["py-spy"],
    }
    for way, commands in needs.items():
        missing = [name for name in commands if not beside(name).exists() and shutil.which(name) is None]
        if missing:
            sys.stderr.write(f"{way} is left out: {' and '.join(missing)} missing\n")
        else:
            ways.append(way)
    return ways


def attach_from_here(pid: int) -> subprocess.CompletedProcess[str]:
    """As a window that is open already does it: no program has to be started beside the training."""
    from memgui.attach.inject import attach
    from memgui.protocol.errors import Problem

    try:
        told = json.dumps({"pause_ms": attach(pid).pause_ms})
    except Problem as problem:
        return subprocess.CompletedProcess([], 1, "", str(problem))
    return subprocess.CompletedProcess([], 0, told, "")


def try_once(way: str, folder: Path) -> Try:
    """Start a training, let `way` attach to it, and read what that cost."""
    log = folder / "steps"
    os.environ["MEMGUI_RUNTIME_DIR"] = str(folder / "run")
    with subprocess.Popen([sys.executable, "-c", TRAINING, str(log)], stderr=subprocess.DEVNULL) as training:
        try:
            while not log.exists() or log.stat().st_size < 8 * WARM_UP_STEPS:
                if training.poll() is not None:
                    sys.exit("the training did not start; is torch installed?")
                time.sleep(0.05)
            time.sleep(2.0)
            begin_ns = time.monotonic_ns()
            attached = (
                attach_from_here(training.pid)
                if way == FROM_HERE
                else subprocess.run(command_for(way, training.pid, folder), capture_output=True, text=True, timeout=120)
            )
            end_ns = time.monotonic_ns() + int(AFTER_S * 1e9)
            time.sleep(AFTER_S + 0.2)
            lived_on = training.poll() is None
        finally:
            training.kill()
    steps = steps_of(log)
    length_ns = end_ns - begin_ns
    base = longest_gap_ms(steps, max(begin_ns - length_ns, steps[WARM_UP_STEPS // 2]), begin_ns)
    before = [step for step in steps if begin_ns - length_ns < step < begin_ns]
    typical = statistics.median([(b - a) / 1e6 for a, b in itertools.pairwise(before)] or [0.0])
    told = attached.stdout.strip().splitlines()
    said = json.loads(told[-1]) if attached.returncode == 0 and told and told[-1].startswith("{") else {}
    came_in = attached.returncode == 0
    if not came_in:
        sys.stderr.write(f"{way} failed: {attached.stdout[-300:]}{attached.stderr[-300:]}\n")
    gap = longest_gap_ms(steps, begin_ns, end_ns)
    took = (end_ns - begin_ns) / 1e6 - AFTER_S * 1000
    return Try(came_in, lived_on, took, base, gap, typical, said.get("pause_ms"))


def summary(tries: list[Try]) -> dict[str, object]:
    """Medians over the tries; times in ms."""
    pauses = [one.pause_ms for one in tries if one.pause_ms is not None]
    return {
        "tries": len(tries),
        "came_in": sum(one.came_in for one in tries),
        "lived_on": sum(one.lived_on for one in tries),
        "took_ms": statistics.median(one.took_ms for one in tries),
        "step_ms": statistics.median(one.step_ms for one in tries),
        "base_ms": statistics.median(one.base_ms for one in tries),
        "gap_ms": statistics.median(one.gap_ms for one in tries),
        "worst_gap_ms": max(one.gap_ms for one in tries),
        "added_ms": statistics.median(one.gap_ms - one.base_ms for one in tries),
        "ratio": statistics.median(one.gap_ms / one.base_ms for one in tries),
        "stop_ms": statistics.median(pauses) if pauses else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1 try a way in, not 8")
    parser.add_argument("--json", action="store_true", help="one JSON document, with every try")
    chosen = parser.parse_args()
    ways = ways_here()
    results: dict[str, list[Try]] = {way: [] for way in ways}
    for _ in range(1 if chosen.quick else 8):
        for way in ways:
            with tempfile.TemporaryDirectory(prefix="memgui-gap-") as folder:
                (Path(folder) / "run").mkdir(mode=0o700)
                results[way].append(try_once(way, Path(folder)))
    summaries = {way: summary(tries) for way, tries in results.items()}
    if chosen.json:
        tries = {way: [asdict(one) for one in made] for way, made in results.items()}
        print(json.dumps({"summary": summaries, "tries": tries}))
        return
    header = f"{'ran':>6} {'lived':>6} {'step':>7} {'base':>7} {'gap':>8} {'worst':>8} {'added':>8} {'ratio':>6}"
    print(f"{'':30} {header}  stop")
    for way, row in summaries.items():
        stop = "" if row["stop_ms"] is None else f"{row['stop_ms']:.2f}"
        print(
            f"{way:30} {row['came_in']:>3}/{row['tries']:<2} {row['lived_on']:>3}/{row['tries']:<2} "
            f"{row['step_ms']:7.1f} {row['base_ms']:7.1f} {row['gap_ms']:8.1f} {row['worst_gap_ms']:8.1f} "
            f"{row['added_ms']:8.1f} {row['ratio']:6.2f}  {stop}"
        )
    print("times in ms, medians; gap: longest time between two steps during the attach; base: the same just before;")
    print("stop: how long the main thread was kept, by the tool's own clock")
    first = summaries["memgui attach"]
    for way, row in summaries.items():
        if "memgui" not in way or "gdb" in way:
            print(f"longest gap, {way} / memgui attach: {float(str(row['gap_ms'])) / float(str(first['gap_ms'])):.1f}")


if __name__ == "__main__":
    main()
