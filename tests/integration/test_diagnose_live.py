"""The ladder on real trainings: it names a planted cause, and a training that it visits trains on, bit-equal."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

# Every step leaves a cycle that holds half a MiB, and the collector is switched off, as some training code does.
CYCLES = """
import gc, sys, torch
gc.disable()
torch.set_num_threads(1)
part = torch.nn.Parameter(torch.ones(64))
optimizer = torch.optim.SGD([part], lr=0.1)
class Batch: pass
for step in range(10**9):
    optimizer.zero_grad()
    (part.square().sum()).backward()
    if step < 200:
        batch = Batch(); batch.itself, batch.data = batch, torch.ones(131072)
    optimizer.step()
    if step == 200: print("trains", flush=True)
    if step > 200: import time; time.sleep(0.005)
"""
HELD = CYCLES.replace(
    "batch.itself, batch.data = batch, torch.ones(131072)", "kept.append(torch.ones(131072))"
).replace("class Batch", "kept = []\nclass Batch")


def memgui(*arguments: object, status: int = 0) -> str:
    words = [sys.executable, "-m", "memgui", *(str(word) for word in arguments)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stderr
    return done.stdout


@contextmanager
def started(tmp_path: Path, text: str) -> Iterator[subprocess.Popen[str]]:
    script = tmp_path / "train.py"
    script.write_text(text)
    words = [sys.executable, "-m", "memgui", "run", str(script)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "trains\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def rungs_of(receipt: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {rung["rung"]: rung for rung in receipt["details"]["rungs"]}


def test_cycles_are_named_and_rungs_that_a_cpu_lacks_say_so(tmp_path: Path) -> None:
    with started(tmp_path, CYCLES) as process:
        preview = json.loads(memgui("act", process.pid, "diagnose", "--preview", "--json"))
        assert preview["pause_ms"] > 0
        assert len(preview["changes"]) == 4
        receipt = json.loads(memgui("act", process.pid, "diagnose", "--json"))
        assert receipt["outcome"] == "done"
        assert receipt["details"]["cause"] == "cycles", receipt["details"]
        rungs = rungs_of(receipt)
        assert rungs["collect_garbage"]["freed_bytes"] > 90 * 2**20
        assert "accelerator" in rungs["empty_device_cache"]["skipped"]
        assert rungs["trim_heap"]["step"] > rungs["collect_garbage"]["step"]
        assert process.poll() is None


def test_what_is_truly_held_is_called_so(tmp_path: Path) -> None:
    with started(tmp_path, HELD) as process:
        memgui("act", process.pid, "diagnose")  # the heap's free ends of start-up
        told = memgui("act", process.pid, "diagnose")
    assert "Truly held" in told, told
    assert "empty_device_cache" in told


def test_a_training_that_was_diagnosed_again_and_again_stays_bit_equal(training: Any, tmp_path: Path) -> None:
    process = training(tmp_path / "diagnosed.txt", 3000)
    memgui("attach", process.pid)
    for _ in range(3):
        receipt = json.loads(memgui("act", process.pid, "diagnose", "--json"))
        assert receipt["outcome"] == "done", receipt
    assert process.wait(90) == 0
    undisturbed = training(tmp_path / "undisturbed.txt", 3000, slowly=False)
    assert undisturbed.wait(90) == 0
    losses = (tmp_path / "diagnosed.txt").read_text()
    assert losses.count("\n") == 3000
    assert losses == (tmp_path / "undisturbed.txt").read_text()
