"""Real trainings that never heard of memgui."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

TRAINING = """
import sys, torch
torch.manual_seed(0); torch.set_num_threads(1)
model = torch.nn.Sequential(torch.nn.Linear(64, 256), torch.nn.ReLU(), torch.nn.Linear(256, 8))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
generator = torch.Generator().manual_seed(1)
steps = int(sys.argv[1])
with open(sys.argv[2], "w") as losses:
    for step in range(steps):
        x = torch.randn(256, 64, generator=generator)
        optimizer.zero_grad()
        loss = (model(x) - x[:, :8].sin()).square().mean()
        loss.backward()
        optimizer.step()
        print(loss.item().hex(), file=losses, flush=True)
        if step == 20: print("trains", flush=True)
        if step % 10 == 0 and len(sys.argv) > 3: import time; time.sleep(0.02)
"""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def training(tmp_path: Path) -> Iterator[Start]:
    """Starts a training that writes each loss, exactly, to a file; returns once it trains."""
    script = tmp_path / "train.py"
    script.write_text(TRAINING)
    started: list[subprocess.Popen[str]] = []

    def start(losses: Path, steps: int = 1_000_000, *, slowly: bool = True) -> subprocess.Popen[str]:
        words = [sys.executable, str(script), str(steps), str(losses), *(["slowly"] if slowly else [])]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "trains\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
