"""Trainings of the benchmark, and a job as the agent runs it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch

from memgui.protocol.shrinking import ShrinkPlan
from memgui.shrink import undo
from memgui.shrink.job import Done, Job
from memgui.shrink.listing import METHODS

FOLDER = Path(__file__).parents[3] / "benchmarks" / "shrink"
if str(FOLDER) not in sys.path:
    sys.path.append(str(FOLDER))
jobs = import_module("jobs")

Bits = list[tuple[Any, ...]]


class Shrunk:
    """A training, and what is done to it at its step boundaries."""

    def __init__(self, training: Any, folder: Path) -> None:
        self.training = training
        self.folder = folder
        self.others: list[Any] = []

    def job(self, method: str = "prune_structured", *, loss_path: bool = False, **params: Any) -> Job:
        listed = next(listed for listed in METHODS if listed.name == method)
        filled = {name: part["default"] for name, part in listed.schema()["properties"].items()}
        job = Job(listed, {**filled, "backup_dir": str(self.folder), **params})
        if job.needs_a_step:
            job.begin(self.scene(job), loss_path=loss_path)
            self.training.step()
        return job

    def scene(self, job: Job) -> Any:
        return job.scene([self.training.model], [self.training.optimizer], self.others)

    def preview(self, method: str = "prune_structured", **params: Any) -> ShrinkPlan:
        job = self.job(method, loss_path=True, **params)
        try:
            return job.preview(self.scene(job))
        finally:
            job.end()

    def run(self, method: str = "prune_structured", **params: Any) -> Done:
        job = self.job(method, **params)
        try:
            return job.run(self.scene(job), 1)
        finally:
            job.end()

    def undo(self, done: Done) -> None:
        undo.take_back(done.undo)

    def bits(self) -> Bits:
        """Everything that the training is made of, to the bit."""
        found: Bits = []
        optimizer = self.training.optimizer
        for name, part in self.training.model.named_parameters():
            found.append((name, *_bits(part), None if part.grad is None else _bits(part.grad), part.requires_grad))
            for key, value in optimizer.state.get(part, {}).items():
                found.append((name, key, *(_bits(value) if isinstance(value, torch.Tensor) else (value,))))
        found += [(name, *_bits(part)) for name, part in self.training.model.named_buffers()]
        return found


def _bits(tensor: torch.Tensor) -> tuple[Any, ...]:
    return (tuple(tensor.shape), tensor.stride(), tensor.dtype, bytes(tensor.detach().contiguous().flatten().numpy()))


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., Shrunk]:
    """Starts a training of one of the benchmark's kinds, some steps on."""

    def begin(kind: str, *, steps: int = 10, **settings: Any) -> Shrunk:
        training = jobs.Training(kind, **settings)
        training.steps(steps)
        return Shrunk(training, tmp_path)

    return begin


@pytest.fixture
def wrap(tmp_path: Path) -> Callable[[Any], Shrunk]:
    """Takes any object with `model`, `optimizer` and `step`."""
    return lambda training: Shrunk(training, tmp_path)
