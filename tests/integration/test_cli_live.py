"""The commands on a training that never heard of memgui."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def memgui(*arguments: object, status: int = 0) -> list[Any]:
    """Run a command; its output, one JSON document a line."""
    words = [sys.executable, "-m", "memgui", *(str(word) for word in arguments)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_attach_watch_and_act_leave_the_losses_bit_equal(training: Any, tmp_path: Path) -> None:
    process = training(tmp_path / "attached.txt", 6000)
    (row,) = [row for row in memgui("ps", "--json")[0] if row["pid"] == process.pid]
    assert row["attachable"], row["reason"]
    assert row["agent"] is None
    (attached,) = memgui("attach", process.pid, "--json")
    assert attached["pid"] == process.pid
    assert Path(attached["socket"]).is_socket()
    samples = [line for line in memgui("watch", process.pid, "--for", 3, "--json") if "metrics" in line]
    assert len(samples) > 20
    assert samples[-1]["step"] > samples[1]["step"] >= 0
    assert samples[-1]["metrics"]["host.heap_used_bytes"] > 0
    assert samples[-1]["metrics"]["machine.total_bytes"] > 0
    for action in ("trim_heap", "release_gradients", "collect_garbage"):
        (receipt,) = memgui("act", process.pid, action, "--json")
        assert receipt["outcome"] == "done", receipt
        assert receipt["before"]["host.rss_bytes"] > 0
        assert receipt["cost_ms"] >= 0
    (preview,) = memgui("act", process.pid, "trim_heap", "--preview", "--json")
    assert preview["action"] == "trim_heap"
    (refused,) = memgui("act", process.pid, "empty_device_cache", "--json", status=4)
    assert refused["outcome"] == "refused"
    assert refused["reason"]
    assert process.wait(90) == 0
    undisturbed = training(tmp_path / "undisturbed.txt", 6000, slowly=False)
    assert undisturbed.wait(90) == 0
    losses = (tmp_path / "attached.txt").read_text()
    assert losses.count("\n") == 6000
    assert losses == (tmp_path / "undisturbed.txt").read_text()


def test_watch_says_how_a_killed_training_ended(training: Any, tmp_path: Path) -> None:
    process = training(tmp_path / "losses.txt")
    words = [sys.executable, "-m", "memgui", "watch", str(process.pid), "--for", "60", "--json"]
    watching = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert watching.stdout is not None
    assert "metrics" in json.loads(watching.stdout.readline())
    process.send_signal(signal.SIGKILL)
    _, error = watching.communicate(timeout=30)
    assert watching.returncode == 3
    assert "SIGKILL" in error or "ended" in error


def test_an_action_in_a_process_without_agent_names_the_next_step(training: Any, tmp_path: Path) -> None:
    process = training(tmp_path / "losses.txt")
    words = [sys.executable, "-m", "memgui", "act", str(process.pid), "trim_heap"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert f"memgui attach {process.pid}" in done.stderr


def test_run_keeps_arguments_and_exit_status(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import sys; print(sys.argv[1:], __name__); sys.exit(7)")
    words = [sys.executable, "-m", "memgui", "run", str(script), "--lr", "1", "-x"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (7, "['--lr', '1', '-x'] __main__\n")


def test_the_demo_finds_what_it_planted() -> None:
    words = [sys.executable, "-m", "memgui", "demo", "--leak", "native", "--no-window", "--json", "--seconds", "55"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr
    findings = [line["finding"] for line in map(json.loads, done.stdout.splitlines()) if "finding" in line]
    assert any(finding["alarm"] for finding in findings), [finding["sentence"] for finding in findings]
