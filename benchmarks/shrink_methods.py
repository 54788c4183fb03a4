"""What the ways to shrink that keep the model's shape do: bytes, time of a step, and the loss beside an untouched twin.

For each method two trainings start alike; one is shrunk after some steps, and both go on with the same data, a step of
one after a step of the other. Bytes are of parameters, gradients, buffers and optimizer state, for checkpointing of
what autograd keeps between forward and backward. The time is the ratio of the medians.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parent / "shrink"))
from jobs import Training

from memgui.shrink.job import Job
from memgui.shrink.listing import METHODS


@dataclass(frozen=True)
class Row:
    """One method on one model."""

    method: str
    model: str
    told_before_bytes: int
    told_after_bytes: int
    freed_bytes: int
    step_ratio: float
    loss_at_run: float
    loss_after: float
    control_loss: float


def freeze_the_middle(training: Training) -> None:
    """As for fine-tuning the ends: the blocks rest."""
    for name, part in training.model.named_parameters():
        if ".layers." in f".{name}" and part.dim() == 2:
            part.requires_grad_(False)
            part.grad = None


CASES: list[tuple[str, str, dict[str, Any], Callable[[Training], None] | None]] = [
    ("checkpoint_activations", "encoder", {}, None),
    ("checkpoint_activations", "llama", {}, None),
    ("quantize_optimizer", "mlp", {}, None),
    ("quantize_optimizer", "encoder", {}, None),
    ("quantize_optimizer", "llama", {}, None),
    ("offload_optimizer", "encoder", {"which": "all"}, None),
    ("prune_sparse", "encoder", {"ratio": 0.8}, None),
    ("prune_sparse", "llama", {"ratio": 0.8}, None),
    ("quantize_weights", "encoder", {"mode": "frozen"}, freeze_the_middle),
    ("quantize_weights", "llama", {"mode": "frozen"}, freeze_the_middle),
    ("quantize_weights", "llama", {"mode": "adapters", "rank": 8}, None),
]


def measure(method: str, model: str, params: dict[str, Any], prepare: Any, steps: int, folder: str) -> Row:
    run, control = Training(model), Training(model)
    loss_at_run = 0.0
    for each in (run, control):
        if prepare is not None:
            prepare(each)
        # Early, while there is something left to learn.
        loss_at_run = statistics.mean(each.steps(steps // 4)[-3:])
    listed = next(listed for listed in METHODS if listed.name == method)
    defaults = {name: part["default"] for name, part in listed.schema()["properties"].items()}
    job = Job(listed, {**defaults, "backup_dir": folder, **params})
    job.begin(job.scene([run.model], [run.optimizer], []))
    run.steps(1)
    control.steps(1)
    scene = job.scene([run.model], [run.optimizer], [])
    plan = job.preview(scene)
    freed = job.run(scene, 1).freed_bytes or plan.before.total - plan.after.total
    job.end()
    times: dict[str, list[float]] = {"run": [], "control": []}
    losses: dict[str, list[float]] = {"run": [], "control": []}
    for _ in range(steps):
        for name, each in (("run", run), ("control", control)):
            begun = time.perf_counter()
            torch.manual_seed(len(times[name]))
            losses[name].append(each.step())
            times[name].append(time.perf_counter() - begun)
    last = max(1, steps // 10)
    return Row(
        " ".join([method, *(f"{key}={value}" for key, value in params.items())]),
        model,
        plan.before.total,
        plan.after.total,
        freed,
        statistics.median(times["run"]) / statistics.median(times["control"]),
        loss_at_run,
        statistics.mean(losses["run"][-last:]),
        statistics.mean(losses["control"][-last:]),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few steps, to see that it runs")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for method, model, params, prepare in CASES:
            rows.append(measure(method, model, params, prepare, 12 if options.quick else 120, folder))
            row = rows[-1]
            if not options.json:
                print(
                    f"{row.method:38} {row.model:8}"
                    f"{row.told_before_bytes / 1e6:7.2f} -> {row.told_after_bytes / 1e6:5.2f} MB,"
                    f" freed {row.freed_bytes / 1e6:5.2f}, step x {row.step_ratio:.2f},"
                    f" loss {row.loss_at_run:.2f} -> {row.loss_after:.2f} (untouched {row.control_loss:.2f})"
                )
    if options.json:
        print(json.dumps([asdict(row) for row in rows]))


if __name__ == "__main__":
    main()
