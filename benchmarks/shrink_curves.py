"""What pruning half of the units does to six kinds of trainings: bytes, resident memory and the loss that follows.

Each training runs twice from the same seed on the same data: untouched, and pruned in the middle by the same code that
the agent runs. Told are the bytes that the preview promised and the run freed, the loss before, right after and at the
end of both runs, and whether undo brings everything back to the bit. For one larger model resident memory is read
before and after, in a process of its own. `--svg FILE` draws the curves. `--quick` runs for seconds and its losses mean
nothing.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "shrink"))

import jobs
import torch

from memgui.shrink import undo
from memgui.shrink.job import Done, Job
from memgui.shrink.listing import METHODS

METHOD = "prune_structured"
WINDOW = 10
Row = dict[str, Any]


def make_job(folder: str, **params: Any) -> Job:
    listed = next(listed for listed in METHODS if listed.name == METHOD)
    filled = {name: part["default"] for name, part in listed.schema()["properties"].items()}
    return Job(listed, {**filled, "backup_dir": folder, **params})


def prune(training: Any, folder: str, **params: Any) -> tuple[int, Done, list[torch.Tensor]]:
    """Bytes promised, what was done, and a copy of everything as it was."""
    job = make_job(folder, **params)
    job.begin(job.scene([training.model], [training.optimizer], []))
    training.step()
    scene = job.scene([training.model], [training.optimizer], [])
    plan = job.preview(scene)
    before = [tensor.detach().clone() for tensor in scene.tensors()]
    done = job.run(scene, 1)
    job.end()
    return plan.before.total - plan.after.total, done, before


def curve(kind: str, steps: int, folder: str) -> Row:
    control, training = jobs.Training(kind), jobs.Training(kind)
    untouched = control.steps(2 * steps)
    losses = training.steps(steps - 1)
    promised, done, _ = prune(training, folder)
    losses += [untouched[steps - 1], *training.steps(steps)]
    other = jobs.Training(kind)
    other.steps(3)
    _, again, before = prune(other, folder)
    other.steps(5)
    undo.take_back(again.undo)
    scene = make_job(folder).scene([other.model], [other.optimizer], [])
    exact = all(torch.equal(one, two) for one, two in zip(before, scene.tensors(), strict=True))
    plan = done.details
    return {
        "kind": kind,
        "promised_bytes": promised,
        "freed_bytes": done.freed_bytes,
        "share_freed": done.freed_bytes / plan["plan_before_bytes"],
        "loss_before": mean(untouched[steps - WINDOW : steps]),
        "loss_after": losses[steps],
        "loss_end": mean(losses[-WINDOW:]),
        "control_end": mean(untouched[-WINDOW:]),
        "undo_exact": exact,
        "losses": losses,
        "control": untouched,
    }


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def resident(width: int) -> Row:
    """Resident memory of a wide MLP around a run; alone in its process."""
    import ctypes

    import torch_pruning  # noqa: F401 - imported before the first reading, since it takes memory too

    torch.manual_seed(0)
    training = jobs.Training("mlp")
    training.model = jobs.mlp(width)
    training.optimizer = torch.optim.AdamW(training.model.parameters(), lr=1e-4)
    training.steps(3)
    trim = ctypes.CDLL(None).malloc_trim
    with tempfile.TemporaryDirectory() as folder:
        gc.collect()
        trim(0)
        before = resident_bytes()
        _, done, copies = prune(training, folder)
        copies.clear()
        gc.collect()
        trim(0)
        after = resident_bytes()
        training.steps(20)
        trim(0)
        later = resident_bytes()
    return {
        "freed_bytes": done.freed_bytes,
        "rss_fell_bytes": before - after,
        "rss_fell_20_steps_bytes": before - later,
    }


def measure_resident(width: int) -> Row:
    words = [sys.executable, __file__, "--resident", str(width)]
    found: Row = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    return found


def draw(rows: list[Row], path: Path) -> None:
    """Small multiples: the run that was pruned over the one that was not."""
    wide, high, gap = 240, 130, 26
    parts = []
    for number, row in enumerate(rows):
        x, y = (number % 3) * (wide + gap) + gap, (number // 3) * (high + 2 * gap) + gap
        smooth = [
            [mean(line[max(0, i - 4) : i + 1]) for i in range(len(line))] for line in (row["control"], row["losses"])
        ]
        smooth = [[math.log10(max(value, 1e-6)) for value in line] for line in smooth]
        low, top = min(map(min, smooth)), max(map(max, smooth))
        middle = x + wide / 2
        parts.append(f'<text x="{x}" y="{y - 8}">{row["kind"].replace("_", " ")}</text>')
        parts.append(f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" fill="none" stroke="#999999"/>')
        parts.append(f'<path d="M{middle} {y}v{high}" stroke="#999999" stroke-dasharray="3 3"/>')
        for line, colour in zip(smooth, ("#888888", "#e07b39"), strict=True):
            points = " ".join(
                f"{x + wide * i / (len(line) - 1):.1f},{y + high * (top - value) / (top - low):.1f}"
                for i, value in enumerate(line)
            )
            parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
    width, height = 3 * (wide + gap) + gap, 2 * (high + 2 * gap) + gap
    style = "<style>text{font:12px sans-serif;fill:#888}</style>"
    legend = (
        f'<text x="{gap}" y="{height - 8}">training loss, logarithmic: grey untouched, orange pruned to half of its '
        "units at the dashed line</text>"
    )
    body = "\n".join([style, *parts, legend])
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    path.write_text(f"{head}\n{body}\n</svg>\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--svg", type=Path, metavar="FILE")
    parser.add_argument("--resident", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    if options.resident:
        print(json.dumps(resident(options.resident)))
        return
    steps, width = (20, 1024) if options.quick else (150, 3072)
    with tempfile.TemporaryDirectory() as folder:
        rows = [curve(kind, steps, folder) for kind in jobs.KINDS]
    wide = measure_resident(width)
    if options.svg is not None:
        draw(rows, options.svg)
    if options.json:
        short = [{key: value for key, value in row.items() if not isinstance(value, list)} for row in rows]
        print(json.dumps({"steps": steps, "trainings": short, "resident": wide}))
        return
    heads = ("freed", "of", "/promise", "before", "after", "end", "control")
    print(f"{'training':10}" + "".join(f"{head:>10}" for head in heads) + "  undo")
    for row in rows:
        share, promise = f"{row['share_freed']:.0%}", f"{row['freed_bytes'] / row['promised_bytes']:.3f}"
        told = [f"{row[name]:.3f}" for name in ("loss_before", "loss_after", "loss_end", "control_end")]
        cells = "".join(f"{cell:>10}" for cell in (row["freed_bytes"], share, promise, *told))
        print(f"{row['kind']:10}{cells}  {'exact' if row['undo_exact'] else 'NOT EXACT'}")
    ratio = wide["rss_fell_bytes"] / wide["freed_bytes"]
    print(f"resident memory fell by {ratio:.2f} of the {wide['freed_bytes']} bytes that a model of width {width} freed")


if __name__ == "__main__":
    main()
