"""The example of docs/runtime.md as a user runs it: the same losses, and everything steered from the terminal."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def memgui(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "memgui", *words], capture_output=True, text=True, timeout=90)


def pools(pid: int) -> dict[str, Any]:
    done = memgui("inspect", str(pid), "pools", "--json")
    assert done.returncode == 0, done.stderr
    return {pool["name"]: pool for pool in json.loads(done.stdout)["pools"]}


@pytest.fixture
def running() -> Iterator[subprocess.Popen[str]]:
    """after.py under `memgui run`, some steps on."""
    words = [sys.executable, "-m", "memgui", "run", str(EXAMPLES / "after.py"), "--steps", "100000"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "step 1 " in process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


def test_pools_and_loaders_are_seen_and_changed_from_the_terminal(running: subprocess.Popen[str]) -> None:
    pid = str(running.pid)
    seen = pools(running.pid)
    assert set(seen) == {"lines", "ahead", "micro", "loader"}
    assert seen["ahead"]["settings"]["depth"]["value"] == 2
    assert seen["loader"]["counters"]["batch_bytes"] == 64 * 96 * 8 + 64 * 8
    assert seen["loader"]["used_bytes"] == 4 * seen["loader"]["counters"]["batch_bytes"]
    assert "next epoch" in seen["loader"]["notes"][0]

    done = memgui("act", pid, "set_pool", "name=ahead", "depth=4", "--json")
    receipt = json.loads(done.stdout)
    assert (done.returncode, receipt["outcome"]) == (0, "done"), done
    assert receipt["details"]["change"] == "ahead: depth 2 → 4"
    assert receipt["details"]["step_after_s"] > 0
    assert receipt["before"]["host.rss_bytes"] > 0
    assert pools(running.pid)["ahead"]["settings"]["depth"]["value"] == 4

    done = memgui("act", pid, "set_pool", "name=ahead", "depth=99")
    assert done.returncode == 2
    assert "allowed: 0 to 64" in done.stderr
    done = memgui("act", pid, "set_pool", "name=lines", "depth=3")
    assert done.returncode in (2, 4)
    done = memgui("act", pid, "trim_pool")
    assert done.returncode == 4
    assert "holds anything that it could give back" in done.stderr
    assert running.poll() is None


def test_the_example_has_the_losses_of_its_twin() -> None:
    both = []
    for name in ("before.py", "after.py"):
        words = [sys.executable, str(EXAMPLES / name), "--steps", "20", "--workers", "0"]
        both.append(subprocess.Popen(words, stdout=subprocess.PIPE, text=True))
    told = [[float(loss) for loss in re.findall(r"loss (\S+)", one.communicate(timeout=90)[0])] for one in both]
    assert len(told[0]) == 2
    assert told[0] == pytest.approx(told[1], abs=2e-4)
