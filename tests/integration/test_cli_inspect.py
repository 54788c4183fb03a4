"""Looking at a training that never heard of memgui, while it runs, and what it costs the training."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

STEPS = 6000
# Linear(64, 256) and Linear(256, 8), with biases, in float32.
PARAMETERS = (64 * 256 + 256 + 256 * 8 + 8) * 4


def inspect(process: subprocess.Popen[str], *words: str) -> Any:
    command = [sys.executable, "-m", "memgui", "inspect", str(process.pid), *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_kind_tells_exact_sizes_and_leaves_the_losses_bit_equal(training: Any, tmp_path: Path) -> None:
    process = training(tmp_path / "looked-at.txt", STEPS)
    attach = [sys.executable, "-m", "memgui", "attach", str(process.pid)]
    subprocess.run(attach, check=True, capture_output=True, timeout=60)

    told = inspect(process, "composition")
    assert told["parameters_bytes"] == told["gradients_bytes"] == PARAMETERS
    assert told["optimizer_bytes"] == 2 * PARAMETERS + 4 * 4
    assert told["buffers_bytes"] == 0
    assert told["complete"], told["reason"]
    figures = told["places"]["host"]
    bands = sum(size for name, size in figures.items() if name not in ("total_bytes", "not_resident_bytes"))
    assert abs(bands - figures["not_resident_bytes"] - figures["total_bytes"]) < 20
    assert figures["total_bytes"] == told["counters"]["host.rss_bytes"]
    assert figures["unexplained_bytes"] < 0.1 * told["counters"]["host.anon_bytes"]
    assert told["surplus"] == []
    assert 0 < told["pause_ms"] < 5000

    groups = {(tuple(group["shape"]), group["role"]): group for group in inspect(process, "tensors")["groups"]}
    weight = groups[(256, 64), "parameters"]
    assert (weight["count"], weight["bytes"], weight["dtype"], weight["device"]) == (1, 65536, "float32", "host")
    assert weight["holder"] == "Sequential.0.weight"
    assert groups[(256, 64), "optimizer"]["count"] == 2
    assert groups[(256, 64), "gradients"]["holder"] == "Sequential.0.weight.grad"

    told = inspect(process, "modules", "--activations")
    modules = {module["path"]: module for module in told["modules"]}
    assert next(iter(modules)) == "Sequential"
    assert modules["Sequential"]["total"]["parameters_bytes"] == PARAMETERS
    assert modules["Sequential.0"]["optimizer_bytes"] == 2 * (64 * 256 + 256) * 4 + 8
    # The batch, and what ReLU gives out; the last layer saves the same ReLU result, which counts once.
    assert modules["Sequential.0"]["activations_bytes"] == 256 * 64 * 4
    assert modules["Sequential.1"]["activations_bytes"] == 256 * 256 * 4
    assert modules["Sequential.2"]["activations_bytes"] == 0

    assert process.wait(90) == 0
    undisturbed = training(tmp_path / "undisturbed.txt", STEPS, slowly=False)
    assert undisturbed.wait(90) == 0
    losses = (tmp_path / "looked-at.txt").read_text()
    assert losses.count("\n") == STEPS
    assert losses == (tmp_path / "undisturbed.txt").read_text()
