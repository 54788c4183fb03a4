"""Memory curves of made-up trainings with known truth: leaks and everything that only looks like one.

A curve is a sum of parts, each of which a real training has: start-up, a level, noise, steps, evaluations, checkpoints,
epochs, garbage collections, and then one family of growth. What is leaked is a ledger, so labels are computed.

    python benchmarks/leaks/synthetic.py --n 200 --seed 5 -o FOLDER      writes CSVs and labels.json
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from columns import DEVICE, MEMGUI, NO_SHORT_NAME
from growing import LEAKS
from labels import accepted
from sound import SOUND
from training import Training
from verdict import Array

Columns = dict[str, Array]
Label = dict[str, Any]

# Seconds, seconds between samples, share.
LENGTHS = ((60.0, 0.1, 0.34), (300.0, 0.1, 0.26), (1800.0, 0.5, 0.15), (14400.0, 1.0, 0.13), (86400.0, 5.0, 0.12))


def curve(seed: int, *, leak: bool | None = None, length_s: float | None = None, family: str | None = None,
          names: str = "short") -> tuple[str, Columns, Label]:  # fmt: skip
    """One training: its name, its columns and the truth about it.

    Args:
        names: "short" as in rss, torch_allocated, or "memgui" as the agent's metrics are called.
    """
    rng = np.random.default_rng([seed, 20_260])
    leak = bool(rng.random() < 0.5) if leak is None else leak
    weights = np.array([share for _, _, share in LENGTHS])
    at = int(rng.choice(len(LENGTHS), p=weights / weights.sum()))
    nominal, dt, _ = LENGTHS[at]
    if length_s is None:
        length_s = nominal * float(rng.uniform(0.75, 1.3 if nominal < 86400 else 1.0))
    else:
        dt = next((d for limit, d, _ in LENGTHS if length_s <= limit * 1.3), 5.0)
    table = LEAKS if leak else SOUND
    if family is None:
        share = np.array([weight for _, weight in table.values()])
        family = str(rng.choice(list(table), p=share / share.sum()))
    training = Training(length_s, dt, rng)
    training.start_up()
    training.ordinary()
    kind = table[family][0](training)
    columns = training.columns()
    label = _label(training, family, kind, leak=leak)
    columns = _as_recorded(columns, label, rng, names)
    return f"{'leak' if leak else 'ok'}-{family.replace(' ', '-')}-{length_s:.0f}s-{seed}", columns, label


def _label(training: Training, family: str, kind: str, *, leak: bool) -> Label:
    label: Label = {
        "leak": leak, "family": family, "kind": kind if leak else None,
        "accept": accepted(kind, per_event=family.startswith("per ")) if leak else [],
        "rate_bytes_per_s": 0.0, "bytes_per_step": 0.0, "onset_s": None,
        "growth_until_s": max(training.growth_until_s, training.ordinary_until_s),
        "t_first_step": float(training.t[np.argmax(training.step >= 0)]), "length_s": training.length_s,
        "step_s": training.step_s, "leak_to_noise": 0.0, "gpu": training.gpu, "notes": training.notes,
    }  # fmt: skip
    if not leak:
        return label
    t, ledger = training.t, training.ledger
    inside = (t >= training.onset_s) & (ledger <= ledger[-1])
    total, seen = float(ledger[-1]), float(t[-1] - training.onset_s)
    fitted = float(np.polyfit(t[inside] - t[0], ledger[inside], 1)[0])
    mean = total / max(seen, training.dt)
    label.update(
        onset_s=training.onset_s, rate_bytes_per_s=fitted, rate_true_range=sorted([fitted, mean]),
        bytes_per_step=total / max(float(training.after(training.onset_s)[-1]), 1.0),
        leak_to_noise=total / training.sigma, growth_until_s=None,
    )  # fmt: skip
    return label


def _as_recorded(columns: Columns, label: Label, rng: np.random.Generator, names: str) -> Columns:
    """What a recording makes of it: gaps, a start in the middle, columns that are not there."""
    t = columns["t_seconds"]
    keep = np.ones(len(t), bool)
    for _ in range(rng.poisson(0.5)):
        at = rng.uniform(0.1, 0.9) * t[-1]
        keep &= ~((t > at) & (t < at + rng.uniform(0.01, 0.12) * t[-1]))
    onset = label["onset_s"]
    if rng.random() < 0.22:
        first, limit = float(label["t_first_step"]), 0.5 * t[-1]
        began = float(rng.uniform(0.02, 0.35)) * t[-1]
        keep &= t >= began
        began = float(t[keep][0])
        label["t_first_step"] = max(first - began, 0.0)
        if onset is not None:
            label["onset_s"] = max(float(onset) - began, 0.0)
        if label["growth_until_s"]:
            label["growth_until_s"] = max(float(label["growth_until_s"]) - began, 0.0)
        label["attached_s"] = min(began, limit)
        columns = {**columns, "t_seconds": t - began}
    columns = {name: values[keep] for name, values in columns.items()}
    optional = ["uss", "private_dirty", "children_uss", "n_fds", "live_tensors", "gc_objects", "torch_allocated_peak"]
    absent = {name for name in optional if rng.random() < 0.25}
    if rng.random() < 0.15:
        absent.add("rss_anon")
    if names == "memgui":
        absent |= {"uss"} if rng.random() < 0.7 else set()
        ours = MEMGUI | DEVICE if label["gpu"] else MEMGUI
        kept = {ours[name]: values for name, values in columns.items() if name in ours and name not in absent}
        # memgui counts no tensors on the CPU.
        if label["kind"] == "tensor" and not label["gpu"]:
            label["accept"] = accepted("tensor", tensors_counted=False)
        return {"t_seconds": columns["t_seconds"], "step": columns["step"], **kept}
    absent |= set(NO_SHORT_NAME)
    if not label["gpu"] and rng.random() < 0.4:
        columns["torch_allocated"] = np.zeros(len(columns["step"]))
        columns["live_tensors"] = np.zeros(len(columns["step"]))
        if label["kind"] == "tensor":
            label["accept"] = accepted("tensor", tensors_counted=False)
    return {name: values for name, values in columns.items() if name not in absent}


def mix(n: int, seed: int = 0, *, names: str = "short") -> Iterator[tuple[str, Columns, Label]]:
    """`n` trainings of all families and lengths; the same for the same seed."""
    for at in range(n):
        yield curve(seed + at, names=names)


def write(folder: Path, trainings: Iterator[tuple[str, Columns, Label]]) -> int:
    """CSVs and labels.json as the scorer reads them; returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    labels = {}
    for name, columns, label in trainings:
        labels[name] = label
        header = list(columns)
        with gzip.open(folder / f"{name}.csv.gz", "wt") as file:
            file.write(",".join(header) + "\n")
            formats = ["%.3f", *["%.0f"] * (len(header) - 1)]
            np.savetxt(file, np.column_stack([columns[name] for name in header]), delimiter=",", fmt=formats)
    (folder / "labels.json").write_text(json.dumps(labels, indent=1, default=float))
    return len(labels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--names", choices=["short", "memgui"], default="short")
    parser.add_argument("--quick", action="store_true", help="a handful, to see that it works")
    parser.add_argument("-o", "--out", type=Path, default=Path("synthetic"))
    chosen = parser.parse_args()
    count = write(chosen.out, mix(6 if chosen.quick else chosen.n, chosen.seed, names=chosen.names))
    print(f"{count} curves in {chosen.out}")


if __name__ == "__main__":
    main()
