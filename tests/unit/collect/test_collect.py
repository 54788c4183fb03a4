"""What is read of a process from outside, on real processes and on prepared files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from memgui.collect.cgroup import Cgroup
from memgui.collect.facts import process_facts, ranks_of, script_of
from memgui.collect.limits import LastLimits, host_limit
from memgui.collect.nvml import visible
from memgui.collect.observer import Observer
from memgui.collect.process import RollupReader
from memgui.protocol.errors import Unreachable

MIB = 2**20
BALLAST = f"b = b'x' * {64 * MIB}; print('ready', flush=True); import sys; sys.stdin.read()"


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-c", BALLAST], stdin=-1, stdout=-1, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.communicate()


def _until(condition: object, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():  # type: ignore[operator]
            return True
    return False


def test_a_live_process_shows_its_memory_its_machine_and_no_end(child: subprocess.Popen[str]) -> None:
    observer = Observer(child.pid)
    values = observer.sample()
    assert values["host.anon_bytes"] > 64 * MIB
    assert values["host.rss_bytes"] >= values["host.anon_bytes"]
    assert values["host.uss_bytes"] <= values["host.pss_bytes"] <= values["host.rss_bytes"] * 1.01
    assert values["machine.total_bytes"] > values["machine.available_bytes"] > 0
    assert values["children.processes_count"] == 0
    assert observer.end() is None
    observer.close()


def test_descendants_are_summed(child: subprocess.Popen[str]) -> None:
    observer = Observer(os.getpid())
    values = observer.sample()
    assert child.pid in {each.pid for each in observer.children}
    assert values["children.anon_bytes"] > 64 * MIB
    observer.close()


def test_a_killed_process_ends_with_its_signal(child: subprocess.Popen[str]) -> None:
    observer = Observer(child.pid)
    observer.sample()
    child.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    end = observer.end()
    assert end is not None
    assert (end.kind, "SIGKILL" in end.text) == ("signal", True)
    assert observer.sample() == {}
    child.wait()
    after = observer.end()
    assert after is not None
    assert after.kind == "unknown"
    observer.close()


def test_an_exit_status_is_told() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read(); sys.exit(3)"], stdin=-1)
    observer = Observer(process.pid)
    assert process.stdin is not None
    process.stdin.close()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    end = observer.end()
    assert end is not None
    assert end.text == "ended with exit status 3"
    process.wait()
    observer.close()


def test_a_process_that_is_gone_or_another_one_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="no process 4194999"):
        Observer(4194999)
    with pytest.raises(Unreachable):
        Observer(os.getpid(), start_time=1)


def test_the_dear_reading_takes_half_a_percent_of_the_time_at_most(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "smaps_rollup").write_text("Rss: 9 kB\nPss: 5 kB\nPrivate_Clean: 1 kB\nPrivate_Dirty: 2 kB\n")
    now, cost = [100.0], iter([0.0, 0.3, 0.0, 0.3])
    reader = RollupReader(7, tmp_path, lambda: now[0], lambda: next(cost))
    assert reader.read_if_due() == {"host.pss_bytes": 5120.0, "host.uss_bytes": 3072.0}
    now[0] += 59.0
    assert reader.read_if_due() is None
    now[0] += 2.0
    assert reader.read_if_due() is not None


def _cgroup(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_version_2_gives_the_lowest_limit_on_the_way_up(tmp_path: Path) -> None:
    proc, root = tmp_path / "proc", tmp_path / "cg"
    _cgroup(proc, {"5/cgroup": "0::/kube/pod/box\n"})
    _cgroup(
        root,
        {
            "kube/memory.max": "1000\n",
            "kube/pod/memory.max": "max\n",
            "kube/pod/box/memory.max": "2000\n",
            "kube/pod/box/memory.current": "900\n",
            "kube/pod/box/memory.stat": "anon 1\ninactive_file 300\n",
            "kube/pod/box/memory.events": "oom 1\noom_kill 2\n",
        },
    )
    assert Cgroup(5, proc, root).read() == {
        "cgroup.used_bytes": 900.0,
        "cgroup.working_set_bytes": 600.0,
        "cgroup.limit_bytes": 1000.0,
        "cgroup.oom_kills_count": 2.0,
    }


def test_version_1_without_a_limit_has_none(tmp_path: Path) -> None:
    proc, root = tmp_path / "proc", tmp_path / "cg"
    _cgroup(proc, {"5/cgroup": "4:cpu:/\n9:memory:/job\n"})
    _cgroup(
        root / "memory",
        {
            "job/memory.limit_in_bytes": "9223372036854771712\n",
            "job/memory.usage_in_bytes": "70\n",
            "job/memory.stat": "total_inactive_file 20\n",
            "job/memory.oom_control": "under_oom 0\noom_kill 0\n",
        },
    )
    values = Cgroup(5, proc, root).read()
    assert "cgroup.limit_bytes" not in values
    assert values["cgroup.working_set_bytes"] == 50.0


def test_without_a_cgroup_nothing_is_claimed(tmp_path: Path) -> None:
    assert Cgroup(5, tmp_path, tmp_path).read() == {}


def test_the_limit_that_binds_is_the_one_with_the_least_headroom() -> None:
    values = {"machine.total_bytes": 100.0, "machine.available_bytes": 60.0}
    machine = host_limit(values)
    assert machine is not None
    assert (machine.name, machine.headroom_bytes) == ("machine", 60.0)
    bound = host_limit({**values, "cgroup.limit_bytes": 50.0, "cgroup.working_set_bytes": 20.0})
    assert bound is not None
    assert (bound.name, bound.limit_bytes, bound.headroom_bytes) == ("cgroup", 50.0, 30.0)
    assert host_limit({}) is None


def test_limits_of_devices_are_known_from_samples_that_tell_a_part_each() -> None:
    last = LastLimits()
    assert last.take({"host.anon_bytes": 1.0}) == {}
    assert last.take({"machine.total_bytes": 100.0, "cuda.1.device_total_bytes": 80.0}) == {}
    found = last.take({"machine.available_bytes": 60.0, "cuda.1.device_used_bytes": 30.0})
    assert {where: (limit.limit_bytes, limit.headroom_bytes) for where, limit in found.items()} == {
        "host": (100.0, 60.0),
        "cuda.1": (80.0, 50.0),
    }


@pytest.mark.parametrize(
    ("argv", "script", "name"),
    [
        (["python", "runs/train.py", "--lr", "1"], "runs/train.py", "train.py"),
        (["python3", "-u", "-W", "error", "train.py"], "train.py", "train.py"),
        (["python", "-m", "pkg.train", "x"], None, "python -m pkg.train"),
        (["python", "-c", "pass"], None, "python -c"),
        (["python", "-m", "memgui.attach.launcher", "train.py"], "train.py", "train.py"),
        ([], None, "python"),
    ],
)
def test_a_run_is_named_as_people_name_it(argv: list[str], script: str | None, name: str) -> None:
    assert script_of(argv, "python") == (script, name)


def test_rank_of_torchrun_beats_the_scheduler() -> None:
    ranks = ranks_of({"RANK": "3", "SLURM_PROCID": "0", "WORLD_SIZE": "8", "LOCAL_RANK": "oops"})
    assert ranks == {"rank": 3, "local_rank": None, "world_size": 8}


def test_facts_of_this_process_are_true() -> None:
    facts = process_facts(os.getpid())
    assert facts is not None
    assert facts.parent == os.getppid()
    assert facts.uid == os.getuid()
    assert facts.python == f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert process_facts(4194999) is None


def test_visible_devices_are_counted_as_cuda_counts_them() -> None:
    uuids = ["GPU-aa1", "GPU-bb2", "GPU-cc3"]
    assert visible(None, uuids) == [0, 1, 2]
    assert visible("2,0", uuids) == [2, 0]
    assert visible("GPU-bb", uuids) == [1]
    assert visible("1,9,0", uuids) == [1]
    assert visible("", uuids) == []


def test_a_worker_is_recognised_by_its_command_line() -> None:
    code = (
        "import multiprocessing as m, signal\n"
        "p = m.get_context('fork').Process(target=signal.pause); p.start(); print(p.pid, flush=True); p.join()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=-1, text=True)
    assert process.stdout is not None
    worker = int(process.stdout.readline())
    observer = Observer(process.pid)
    observer.sample()
    assert [(each.pid, each.role) for each in observer.children] == [(worker, "loader worker")]
    observer.close()
    os.kill(worker, signal.SIGKILL)
    process.communicate()
    assert _until(lambda: not Path(f"/proc/{worker}").exists())
