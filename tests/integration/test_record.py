"""Recording a training that never heard of memgui, and handing it on."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from memgui.store.replay import Recording
from memgui.store.schema import is_recording

pytestmark = pytest.mark.slow


def start(*arguments: object) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "memgui", *(str(word) for word in arguments)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(*arguments: object) -> tuple[int, str, str]:
    process = start(*arguments)
    said, complaint = process.communicate(timeout=60)
    return process.returncode, said, complaint


def test_two_targets_are_recorded_and_exported(training: Any, tmp_path: Path) -> None:
    one, other = training(tmp_path / "one.txt"), training(tmp_path / "other.txt")
    assert run("attach", one.pid)[0] == 0
    path = tmp_path / "run.memgui"
    status, said, complaint = run("record", one.pid, other.pid, "-o", path, "--for", 4, "--json")
    assert status == 0, complaint
    document = json.loads(said)
    assert [target["pid"] for target in document["targets"]] == [one.pid, other.pid]
    assert document["rows"] > 60
    assert document["bytes"] == path.stat().st_size
    with Recording(path) as recording:
        found = {int(target.key.split(".")[0]): target for target in recording.targets}
        assert {target.name for target in found.values()} == {"train.py"}
        with_agent = found[one.pid]
        rows = list(recording.rows(with_agent))
    assert rows[-1].step > rows[5].step >= 0
    assert rows[-1].values["host.heap_used_bytes"]
    status, _, complaint = run("export", path, "-o", tmp_path / "run.csv")
    assert status == 2
    first, second = sorted((one.pid, other.pid))
    assert f"--pid: {first} (train.py), {second} (train.py)" in complaint
    assert run("export", path, "-o", tmp_path / "run.csv", "--pid", one.pid)[0] == 0
    table = list(csv.DictReader((tmp_path / "run.csv").read_text().splitlines()))
    assert len(table) == len(rows)
    assert float(table[-1]["host.rss_bytes"]) == rows[-1].values["host.rss_bytes"]


def test_a_recorder_that_is_killed_loses_two_seconds_at_most(training: Any, tmp_path: Path) -> None:
    process = training(tmp_path / "losses.txt")
    path = tmp_path / "run.memgui"
    recorder = start("record", process.pid, "-o", path)
    until_s = time.monotonic() + 30
    while _last_s(path) is None:
        assert time.monotonic() < until_s, "nothing was written"
        time.sleep(0.05)
    killed_s = _wait_for_more(path, seconds=2.0)
    recorder.send_signal(signal.SIGKILL)
    recorder.communicate()
    last_s = _last_s(path)
    assert last_s is not None
    assert killed_s - last_s < 2.0


def test_a_polite_kill_and_the_end_of_the_training_close_the_file(training: Any, tmp_path: Path) -> None:
    process = training(tmp_path / "losses.txt")
    recorder = start("record", process.pid, "-o", tmp_path / "a.memgui", "--json")
    _wait_for_more(tmp_path / "a.memgui", seconds=1.0)
    recorder.send_signal(signal.SIGTERM)
    said, complaint = recorder.communicate(timeout=30)
    assert recorder.returncode == 0, complaint
    assert json.loads(said)["rows"] > 5
    assert "s: still ran when a.memgui ends" in run("open", "--list", tmp_path / "a.memgui")[1]
    recorder = start("record", process.pid, "-o", tmp_path / "b.memgui")
    _wait_for_more(tmp_path / "b.memgui", seconds=1.0)
    process.kill()
    said, complaint = recorder.communicate(timeout=30)
    assert recorder.returncode == 0, complaint
    assert "ended" in said
    with Recording(tmp_path / "b.memgui") as recording:
        assert "ended" in recording.targets[0].facts["end"]["text"]
    assert sorted(one.name for one in tmp_path.glob("*.memgui*")) == ["a.memgui", "b.memgui"]


def test_a_file_that_is_there_and_a_target_that_is_not_are_told(training: Any, tmp_path: Path) -> None:
    process = training(tmp_path / "losses.txt")
    taken = tmp_path / "taken"
    taken.write_text("x")
    status, _, complaint = run("record", process.pid, "-o", taken, "--for", 1)
    assert (status, "exists already" in complaint) == (2, True)
    assert run("record", 999_999_999, "-o", tmp_path / "new", "--for", 1)[0] == 3
    assert not (tmp_path / "new").exists()


def _last_s(path: Path) -> float | None:
    if not is_recording(path):
        return None
    with Recording(path) as recording:
        return max((target.last_s for target in recording.targets if target.last_s is not None), default=None)


def _wait_for_more(path: Path, *, seconds: float) -> float:
    """Wait until so much more is in the file; the time of day."""
    until_s = time.monotonic() + 40
    first_s: float | None = None
    while time.monotonic() < until_s:
        time.sleep(0.05)
        last_s = _last_s(path)
        first_s = first_s or last_s
        if first_s is not None and last_s is not None and last_s - first_s >= seconds:
            return time.time()
    raise AssertionError("nothing more was written")
