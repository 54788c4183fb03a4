"""What processes have in common, read once for all: who descends from whom, the memory of the machine and of groups."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from memgui.collect.cgroup import Cgroup

_HELD_S = 0.5
# All processes of the machine are read to find children, which takes a share of the time as large as this at most.
_CHILDREN_SHARE = 1 / 500


class Surroundings:
    """One for all observers of a thread; a reading holds for half a second, or longer where it is dear."""

    def __init__(
        self,
        proc: Path = Path("/proc"),
        clock: Callable[[], float] = time.monotonic,
        cpu_clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self._proc, self._clock, self._cpu_clock = proc, clock, cpu_clock
        self._children: dict[int, list[int]] = {}
        self._children_cost_s = math.inf
        self._machine: dict[str, float] = {}
        # By directory: until when it holds, and what was read.
        self._groups: dict[Path | None, tuple[float, dict[str, float]]] = {}
        self._children_due_s = self._machine_due_s = clock()

    def descendants(self, pid: int) -> list[int]:
        """Processes below a process, at any depth."""
        if self._clock() >= self._children_due_s:
            began_s = self._cpu_clock()
            self._children = self._read_children()
            before_s, self._children_cost_s = self._children_cost_s, self._cpu_clock() - began_s
            # A garbage collection, or a pause of the machine, that falls into one reading is not what a reading costs.
            cost_s = min(before_s, self._children_cost_s)
            self._children_due_s = self._clock() + max(_HELD_S, cost_s / _CHILDREN_SHARE)
        found: list[int] = []
        waiting = list(self._children.get(pid, ()))
        while waiting:
            found.append(waiting.pop())
            waiting.extend(self._children.get(found[-1], ()))
        return found

    def machine(self) -> dict[str, float]:
        """Memory of the machine, by metric."""
        if self._clock() >= self._machine_due_s:
            memory, swap = psutil.virtual_memory(), psutil.swap_memory()
            self._machine = {
                "machine.total_bytes": float(memory.total),
                "machine.available_bytes": float(memory.available),
                "machine.swap_used_bytes": float(swap.used),
            }
            self._machine_due_s = self._clock() + _HELD_S
        return self._machine

    def cgroup(self, group: Cgroup) -> dict[str, float]:
        """Memory of a control group, by metric: the ranks of a run are mostly in one."""
        now_s = self._clock()
        due_s, values = self._groups.get(group.directory, (now_s, {}))
        if now_s >= due_s:
            values = group.read()
            self._groups[group.directory] = (now_s + _HELD_S, values)
        return values

    def _read_children(self) -> dict[int, list[int]]:
        children: dict[int, list[int]] = {}
        # By the system's calls: a path and a file object for each of hundreds of files cost more than the reading.
        for name in os.listdir(self._proc):
            if name.isdigit():
                try:
                    stat = _read(f"{self._proc}/{name}/stat")
                except OSError:
                    continue  # it has ended meanwhile
                # The name, in brackets, may hold anything; state and parent come after it.
                parent = int(stat[stat.rfind(b")") + 2 :].split(None, 2)[1])
                children.setdefault(parent, []).append(int(name))
        return children


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, 4096)
    finally:
        os.close(descriptor)
