"""`memgui watch --fail-on-leak` as a CI job uses it, on real trainings."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

LEAKING = """
import torch
torch.set_num_threads(1)
part = torch.nn.Parameter(torch.ones(64))
optimizer = torch.optim.SGD([part], lr=0.1)
kept = []
import time
while True:
    optimizer.zero_grad()
    part.square().sum().backward()
    kept.append(torch.ones(65536))
    optimizer.step()
    time.sleep(0.02)
"""


def memgui(*arguments: object) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "memgui", *(str(word) for word in arguments)]
    return subprocess.run(words, capture_output=True, text=True, timeout=120)


def test_a_leak_ends_the_watch_with_status_1_and_a_sentence(tmp_path: Path) -> None:
    script = tmp_path / "leaks.py"
    script.write_text(LEAKING)
    with subprocess.Popen([sys.executable, "-m", "memgui", "run", str(script)]) as process:
        try:
            done = memgui("watch", process.pid, "--fail-on-leak", "--for", 80, "--json")
        finally:
            process.kill()
    assert done.returncode == 1, done.stderr
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    assert documents[-1]["leak"] is True
    assert documents[-1]["finding"]["alarm"] is True
    states = [document["finding"]["state"] for document in documents if "finding" in document and "t_s" in document]
    assert states[0] == "growing"
    assert "leaks.py" in done.stderr
    assert "leaks, seen in" in done.stderr


def test_a_training_that_ends_without_a_leak_is_status_0(training, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    process = training(tmp_path / "losses.txt", 1500)
    memgui("attach", process.pid)
    done = memgui("watch", process.pid, "--fail-on-leak")
    assert done.returncode == 0, done.stderr
    assert "no leak found" in done.stderr or "no verdict" in done.stderr
    assert process.wait(30) == 0


def test_a_watch_that_saw_too_little_says_that_it_has_no_verdict(training, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    process = training(tmp_path / "losses.txt")
    done = memgui("watch", process.pid, "--fail-on-leak", "--for", 1, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["leak"] is False
    assert "no verdict" in done.stderr


def test_a_horizon_of_nothing_is_refused() -> None:
    done = memgui("watch", 1, "--horizon", 0)
    assert done.returncode == 2
    assert "horizon" in done.stderr
