"""Which processes count as trainings, with real torch processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from memgui.collect.discovery import torch_processes

pytestmark = pytest.mark.slow

# Stands for torchrun, a sweep or a notebook: torch is loaded here, and the trainings are its children.
LAUNCHER = """
import subprocess, sys, torch
child = subprocess.Popen([sys.executable, "-c", "import sys, torch; print('up', flush=True); sys.stdin.read()"],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
child.stdout.readline()
print(child.pid, flush=True)
sys.stdin.read()
"""

LOADER = """
import os, sys, torch
from torch.utils.data import DataLoader
batches = iter(DataLoader(range(10**6), batch_size=1, num_workers=1, multiprocessing_context=sys.argv[1]))
next(batches)
print(batches._workers[0].pid, flush=True)
os.read(0, 1)
"""


def _pids() -> set[int]:
    return {facts.pid for facts in torch_processes()}


def _started(*words: str) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen([sys.executable, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def test_a_training_that_a_torch_process_started_is_a_training_of_its_own() -> None:
    launcher, training = _started("-c", LAUNCHER)
    try:
        assert {launcher.pid, training} <= _pids()
    finally:
        launcher.communicate("")
        assert launcher.returncode == 0


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_loader_worker_is_none_even_when_its_parent_was_killed(method: str, tmp_path: Path) -> None:
    script = tmp_path / "loader.py"
    script.write_text(f"if __name__ == '__main__':\n    exec({LOADER!r})\n")
    loader, worker = _started(str(script), method)
    try:
        os.kill(worker, signal.SIGSTOP)
        found = _pids()
        assert loader.pid in found
        assert worker not in found
        loader.kill()
        loader.wait()
        assert worker not in _pids()
    finally:
        os.kill(worker, signal.SIGKILL)
        loader.communicate()
