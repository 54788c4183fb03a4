"""Records programs under memgui's own agent, through its socket, as CSV; the truth of each goes into labels.json.

    python benchmarks/leaks/record.py -o FOLDER [--seconds 60] [--seed 0 1] [--jobs 1] [PROGRAM…]

A file holds every column twice where two names exist: memgui's (host.anon_bytes) and a short one (rss_anon).
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import subprocess
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from columns import MEMGUI, NO_SHORT_NAME
from labels import label_of

from memgui.attach.launcher import command
from memgui.cli.live import Live
from memgui.store.timeline import Row

PROGRAMS = Path(__file__).with_name("programs")
_LEFT_OUT = ("machine.", "agent.", "cgroup.", "step.", "python.gc_")
_LAST_MOMENTS_S = 1.5
# The rate of a shorter leak is not measured well enough to doubt its ledger.
_JUDGED_S = 20.0
_LOCK = threading.Lock()


@dataclass
class Told:
    """What the program has told; times are seconds since it was started."""

    meta: dict[str, Any] = field(default_factory=dict)
    steps: list[tuple[float, float]] = field(default_factory=list)
    census: list[tuple[float, float, float, float]] = field(default_factory=list)
    onset_s: float | None = None
    grown_s: float | None = None
    end_s: float | None = None


def record(program: Path, seconds: float, seed: int, folder: Path) -> str:
    """Run and record one program; returns a line about it."""
    words = [str(program), "--seconds", str(seconds), "--seed", str(seed)]
    began_unix, began = time.time(), time.monotonic()
    told = Told()
    with subprocess.Popen(
        command(words, module=False), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        reader = threading.Thread(target=_read, args=(process, told, began), daemon=True)
        reader.start()
        rows: list[Row] = []
        try:
            with Live(process.pid) as live:
                for taken in live.batches(began + seconds + 90.0):
                    rows += taken.rows
        finally:
            process.kill()
    reader.join(5.0)
    if told.end_s is None or not told.steps:
        return f"{program.stem} seed {seed}: did not run to its end (status {process.returncode}); nothing was written"
    attached_s = told.steps[0][0] + told.meta.get("attach_s", 0.0) if told.meta.get("attach_s") else 0.0
    columns = table([row for row in rows if row.t_s - began_unix >= attached_s], told, began_unix)
    name = f"{program.stem}-s{seed}"
    onset_s = None if told.onset_s is None else max(told.onset_s, attached_s)
    label = label_of(program.stem, columns, told.meta, told.steps, onset_s, told.grown_s)
    seen_s = label["length_s"] - (label["onset_s"] or 0.0)
    if label["leak"] and seen_s > _JUDGED_S and label["measured_rate"] < 0.5 * label["ledger_rate"]:
        return f"{name}: the process took less than half of what its ledger says; nothing was written"
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / f"{name}.csv.gz", columns)
    write_label(folder, name, label)
    return (
        f"{name}: {len(columns['t_seconds'])} rows, {len(told.steps)} steps, "
        f"{label['rate_bytes_per_s'] / 1e3:.0f} kB/s, ledger {label.get('ledger_rate', 0.0) / 1e3:.0f} kB/s"
    )


def write_label(folder: Path, name: str, label: dict[str, Any]) -> None:
    """Add to labels.json; a reader finds the old file or the new one."""
    path = folder / "labels.json"
    with _LOCK:
        labels = json.loads(path.read_text()) if path.exists() else {}
        labels[name] = label
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(labels, indent=1) + "\n")
        fresh.replace(path)


def _read(process: subprocess.Popen[str], told: Told, began: float) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        word, _, rest = line.partition(" ")
        try:
            if word == "META":
                told.meta = json.loads(rest)
                continue
            numbers = [float(number) for number in rest.split()]
        except ValueError:
            continue
        if word == "STEP":
            told.steps.append((numbers[1] - began, numbers[2]))
        elif word == "CENSUS":
            told.census.append((numbers[0] - began, numbers[1], numbers[2], numbers[3]))
        elif word == "ONSET":
            told.onset_s = numbers[0] - began
        elif word == "GROWN":
            told.grown_s = numbers[0] - began
        elif word == "END":
            told.end_s = numbers[0] - began


def table(rows: Sequence[Row], told: Told, began_unix: float) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
    """Columns of a recording; what was not read is NaN."""
    assert told.end_s is not None
    last = told.end_s - _LAST_MOMENTS_S
    kept = sorted((row for row in rows if 0.0 <= row.t_s - began_unix <= last), key=lambda row: row.t_s)
    names = sorted({name for row in kept for name in row.values if not name.startswith(_LEFT_OUT)})
    columns = {
        "t_seconds": np.array([row.t_s - began_unix for row in kept]),
        "step": np.array([row.step for row in kept], float),
    }
    ours = {name: np.array([_number(row.values.get(name)) for row in kept]) for name in names}
    for short, name in MEMGUI.items():
        if short not in NO_SHORT_NAME:
            columns[short] = _filled(ours.get(name, np.zeros(len(kept))))
    counted = np.array([row[0] for row in told.census])
    at = np.searchsorted(counted, columns["t_seconds"], side="right") - 1
    for index, short in enumerate(("gc_objects", "live_tensors", "torch_allocated"), 1):
        values = np.array([row[index] for row in told.census])
        columns[short] = np.where(at >= 0, values[np.maximum(at, 0)], 0.0)
    return {**columns, **ours}


def _filled(values: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The last value where none was read, 0 before the first."""
    known = ~np.isnan(values)
    last = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
    return np.where(last >= 0, values[np.maximum(last, 0)], 0.0)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def write_csv(path: Path, columns: dict[str, np.ndarray[Any, np.dtype[np.float64]]]) -> None:
    """One line a sample; nan where nothing was read."""
    with gzip.open(path, "wt", compresslevel=9) as file:
        file.write(",".join(columns) + "\n")
        for row in zip(*columns.values()):
            cells = [f"{value:.0f}" for value in row[1:]]
            file.write(f"{row[0]:.3f}," + ",".join(cells) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("programs", nargs="*", help="names or paths; all by default")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, nargs="+", default=[0])
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="two programs, a few seconds each")
    parser.add_argument("-o", "--out", type=Path, default=Path("recorded"))
    chosen = parser.parse_args()
    every = sorted([*PROGRAMS.glob("leak_*.py"), *PROGRAMS.glob("ok_*.py")])
    if chosen.quick:
        chosen.seconds, chosen.programs = 8.0, ["leak_outputs_kept", "ok_accumulation"]
    programs = [path for path in every if path.stem in chosen.programs] if chosen.programs else every
    unknown = set(chosen.programs) - {path.stem for path in programs}
    if unknown:
        parser.error(f"no such program: {', '.join(sorted(unknown))}; there are: {' '.join(p.stem for p in every)}")
    with ThreadPoolExecutor(chosen.jobs) as pool:
        todo = [(path, seed) for seed in chosen.seed for path in programs]
        jobs = [pool.submit(record, path, chosen.seconds, seed, chosen.out) for path, seed in todo]
        for job in jobs:
            print(job.result(), flush=True)


if __name__ == "__main__":
    main()
