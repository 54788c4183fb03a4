"""What changed in a leaking training, and between files."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from memgui.attach.inject import attach

pytest.importorskip("torch")
pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parent / "leaking" / "outputs.py"


def memgui(*words: object) -> Any:
    command = [sys.executable, "-m", "memgui", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def pid(tmp_path: Path) -> Iterator[int]:
    words = [sys.executable, str(SCRIPT), "1000000", str(tmp_path / "losses")]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "trains\n"
    attach(process.pid, timeout_s=20)
    yield process.pid
    process.kill()
    process.communicate()


def test_twenty_steps_of_a_leak_are_told_by_role_and_by_group_of_tensors(pid: int) -> None:
    told = memgui("diff", pid, "now", "+20", "--json")
    assert told["steps"] >= 20
    kept = next(row for row in told["changes"] if row["name"].startswith("(128, 64) float32"))
    assert kept["group"] == "tensors"
    assert kept["per_step"] == pytest.approx(128 * 64 * 4, rel=0.2)
    assert any(row["group"] == "role" and row["change"] > 0 for row in told["changes"])
    past = memgui("diff", pid, "start", "end", "--json")
    assert {row["name"] for row in past["changes"]} >= {"host.anon_bytes", "host.heap_used_bytes"}


def test_two_marks_of_the_past_are_compared_by_type_module_and_group(pid: int) -> None:
    first = memgui("inspect", pid, "mark", "--text", "before", "--json")
    last = memgui("inspect", pid, "mark", "--json")
    told = memgui("diff", pid, "before", "end", "--json")
    changes = {(row["group"], row["name"]): row for row in told["changes"]}
    assert changes["tensors", "(128, 64) float32 host other_tensors"]["per_step"] == pytest.approx(
        128 * 64 * 4, rel=0.2
    )
    assert changes["type", "torch.Tensor"]["per_step"] == pytest.approx(1.0, rel=0.2)
    assert not [name for group, name in changes if group == "module"]  # no module has changed
    assert {module["name"] for module in last["modules"]} == {"Sequential.0", "Sequential.2"}
    assert (told["looks"]["a"]["text"], told["looks"]["a"]["steps_off"]) == ("before", 0)
    assert told["looks"]["b"]["step"] == last["step"] > first["step"]
    assert told["looks"]["b"]["steps_off"] <= 0


def test_each_generation_of_a_leak_leaves_as_much_as_the_next(pid: int) -> None:
    told = memgui("diff", pid, "--generations", 3, "--every", 10, "--json")
    left = [{(kind["shape"], kind["count"]) for kind in one["left"]} for one in told["generations"]]
    assert len(left) == 3
    assert all(("(128, 64)", 10) in one for one in left)
    assert [one["last_step"] - one["first_step"] for one in told["generations"]] == [10, 10, 10]


def test_the_survivor_watch_names_the_line_and_its_own_cost(pid: int) -> None:
    told = memgui("explain", pid, "--watch", 3, "--json")
    (kept,) = [one for one in told["survivors"] if one["shape"] == "(128, 64)"]
    assert kept["per_step"] == pytest.approx(1.0, abs=0.1)
    assert kept["born"].startswith(str(SCRIPT))
    assert told["sampled_steps"] >= 2
    assert 0.0 < told["share"] < 0.2


def test_two_files_and_two_moments_of_one_are_compared(tmp_path: Path) -> None:
    files = []
    for number, growth in enumerate((10, 40)):
        file = tmp_path / f"{number}.csv"
        rows = "".join(f"{step},{step},{1000 + growth * step}\n" for step in range(50))
        file.write_text("t_seconds,step,host.anon_bytes\n" + rows)
        files.append(file)
    (change,) = memgui("diff", *files, "--json")["changes"]
    assert (change["before"], change["after"]) == (1490.0, 2960.0)
    (change,) = memgui("diff", files[1], 10, 30, "--json")["changes"]
    assert (change["change"], change["per_step"]) == (800.0, 40.0)
    (change,) = memgui("diff", files[1], "-20s", "end", "--json")["changes"]
    assert change["change"] == 800.0
