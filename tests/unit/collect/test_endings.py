"""What the kernel still tells of a process that ended without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from memgui.collect.endings import LastSeen, is_alive, reason_of_end

BOOT = "5b1c-77"


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    place = tmp_path / "proc"
    (place / "sys/kernel/random").mkdir(parents=True)
    (place / "sys/kernel/random/boot_id").write_text(f"{BOOT}\n")
    return place


def log(tmp_path: Path, pid: int, at_s: float) -> Path:
    path = tmp_path / "kmsg"
    path.write_text(
        f"6,1,{int(at_s * 1e6) - 9},-;python invoked oom-killer\n"
        f"3,2,{int(at_s * 1e6)},-;Memory cgroup out of memory: Killed process {pid} (python) total-vm:9kB\n"
    )
    return path


def test_the_kernels_log_names_the_process(proc: Path, tmp_path: Path) -> None:
    seen = LastSeen(41, 900, BOOT, 5000.0)
    assert reason_of_end(seen, proc, log(tmp_path, 41, 5001.0)).kind == "oom_killed"


@pytest.mark.parametrize(("pid", "at_s"), [(42, 5001.0), (41, 9000.0)])
def test_another_process_or_another_time_in_the_log_is_not_meant(
    proc: Path, tmp_path: Path, pid: int, at_s: float
) -> None:
    seen = LastSeen(41, 900, BOOT, 5000.0)
    assert reason_of_end(seen, proc, log(tmp_path, pid, at_s)).kind == "unknown"


def test_a_cgroup_that_counted_a_kill_since_is_told_as_probable(proc: Path, tmp_path: Path) -> None:
    counts = tmp_path / "memory.events"
    counts.write_text("oom_kill 3\n")
    none = tmp_path / "none"
    assert reason_of_end(LastSeen(41, 900, BOOT, 1.0, 3, str(counts)), proc, none).kind == "unknown"
    counts.write_text("oom_kill 4\n")
    assert "probably" in reason_of_end(LastSeen(41, 900, BOOT, 1.0, 3, str(counts)), proc, none).text
    elsewhere = LastSeen(41, 900, "another start of the machine", 1.0, 3, str(counts))
    assert reason_of_end(elsewhere, proc, none).kind == "unknown"


def test_a_reused_pid_is_not_alive(proc: Path) -> None:
    (proc / "41").mkdir()
    (proc / "41" / "stat").write_text("41 (python) S " + " ".join(["0"] * 18) + " 900 0\n")
    assert is_alive(LastSeen(41, 900, BOOT, 1.0), proc)
    assert not is_alive(LastSeen(41, 901, BOOT, 1.0), proc)
    assert not is_alive(LastSeen(41, 900, "other", 1.0), proc)
