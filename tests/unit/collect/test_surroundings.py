"""What is read once for all processes of a machine."""

from __future__ import annotations

import os
import subprocess
import sys

from memgui.collect.cgroup import Cgroup
from memgui.collect.surroundings import Surroundings


def _proc(tmp_path, parents):
    for pid, parent in parents.items():
        (tmp_path / str(pid)).mkdir(parents=True, exist_ok=True)
        (tmp_path / str(pid) / "stat").write_text(f"{pid} (a (strange) name) S {parent} 1 1 0 -1")
    (tmp_path / "meminfo").write_text("")
    return tmp_path


def test_descendants_are_found_at_any_depth_and_others_are_not(tmp_path):
    surroundings = Surroundings(_proc(tmp_path, {10: 1, 11: 10, 12: 11, 13: 1}))
    assert sorted(surroundings.descendants(10)) == [11, 12]
    assert surroundings.descendants(13) == []


def test_a_reading_holds_for_a_moment_and_is_then_made_anew(tmp_path):
    now = [0.0]
    surroundings = Surroundings(_proc(tmp_path, {10: 1, 11: 10}), lambda: now[0])
    assert surroundings.descendants(10) == [11]
    _proc(tmp_path, {12: 10})
    assert surroundings.descendants(10) == [11]
    now[0] = 0.6
    assert sorted(surroundings.descendants(10)) == [11, 12]


def test_where_a_reading_takes_long_it_holds_for_longer(tmp_path):
    now, spent = [0.0], iter([0.0, 0.004, 0.004, 0.004])
    surroundings = Surroundings(_proc(tmp_path, {11: 10}), lambda: now[0], lambda: next(spent))
    assert surroundings.descendants(10) == [11]
    _proc(tmp_path, {12: 10})
    now[0] = 1.9
    assert surroundings.descendants(10) == [11]
    now[0] = 2.1
    assert sorted(surroundings.descendants(10)) == [11, 12]


def test_one_dear_reading_does_not_hold_for_longer(tmp_path):
    now, spent = [0.0], iter([0.0, 0.001, 0.001, 0.101, 0.101, 0.102])  # the second takes a tenth of a second
    surroundings = Surroundings(_proc(tmp_path, {11: 10}), lambda: now[0], lambda: next(spent))
    surroundings.descendants(10)
    now[0] = 0.6
    surroundings.descendants(10)
    _proc(tmp_path, {12: 10})
    now[0] = 1.2
    assert sorted(surroundings.descendants(10)) == [11, 12]


def test_a_real_child_and_the_machines_memory_are_seen():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        surroundings = Surroundings()
        assert child.pid in surroundings.descendants(os.getpid())
        assert surroundings.machine()["machine.total_bytes"] > 1e8
    finally:
        child.communicate(b"\n")


def test_a_group_of_many_processes_is_read_once_for_all_and_anew_a_moment_later(tmp_path):
    group = tmp_path / "sys" / "job"
    group.mkdir(parents=True)
    (group / "memory.stat").write_text("inactive_file 1\n")
    (group / "memory.current").write_text("100")
    for pid in (10, 11):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "cgroup").write_text("0::/job\n")
    now = [0.0]
    surroundings = Surroundings(tmp_path, lambda: now[0])
    first, second = (Cgroup(pid, tmp_path, tmp_path / "sys") for pid in (10, 11))
    assert surroundings.cgroup(first)["cgroup.used_bytes"] == 100.0
    (group / "memory.current").write_text("200")
    assert surroundings.cgroup(second)["cgroup.used_bytes"] == 100.0
    now[0] = 0.6
    assert surroundings.cgroup(second)["cgroup.used_bytes"] == 200.0
