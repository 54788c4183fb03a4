"""A training on its own, pruned and brought back from the terminal."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

SCRIPT = """
import sys, torch
torch.manual_seed(0); torch.set_num_threads(1)
model = torch.nn.Sequential(torch.nn.Linear(64, 2048), torch.nn.ReLU(), torch.nn.Linear(2048, 2048), torch.nn.ReLU(),
                            torch.nn.Linear(2048, 8))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
data = torch.Generator().manual_seed(1)
for step in range(10**9):
    x = torch.randn(32, 64, generator=data)
    optimizer.zero_grad()
    loss = (model(x) - x[:, :8].sin()).square().mean()
    loss.backward()
    optimizer.step()
    if step == 3: print("trains", flush=True)
"""


def act(pid: int, *words: str) -> tuple[int, Any]:
    command = [sys.executable, "-m", "memgui", "act", str(pid), *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90)
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    process = subprocess.Popen([sys.executable, "-m", "memgui", "run", str(script)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "trains\n"
    yield process
    process.kill()
    process.communicate()


def test_a_running_training_is_pruned_and_brought_back(running: subprocess.Popen[str], tmp_path: Path) -> None:
    backup = f"backup_dir={tmp_path / 'undo'}"
    status, preview = act(running.pid, "prune_structured", "ratio=0.75", backup, "--preview")
    assert status == 0, preview
    assert preview["would_free_bytes"] > 40e6
    status, receipt = act(running.pid, "prune_structured", "ratio=0.75", backup)
    assert (status, receipt["outcome"]) == (0, "done"), receipt
    assert receipt["freed_bytes"] == pytest.approx(preview["would_free_bytes"], rel=0.01)
    freed_rss = receipt["before"]["host.rss_bytes"] - receipt["after"]["host.rss_bytes"]
    assert freed_rss > 0.8 * receipt["freed_bytes"]
    assert receipt["undo"]
    assert Path(receipt["details"]["recipe"]).exists()
    assert running.poll() is None
    status, undone = act(running.pid, "--undo", receipt["undo"])
    assert (status, undone["outcome"]) == (0, "done"), undone
    status, _ = act(running.pid, "--undo", receipt["undo"])
    assert status == 4
    assert running.poll() is None
    assert list((tmp_path / "undo").glob("*/undo-*/tensors.safetensors")) == []
    assert Path(receipt["details"]["recipe"]).exists(), "a checkpoint that was saved meanwhile needs it"
