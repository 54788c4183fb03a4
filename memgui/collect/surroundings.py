"""What all processes of a machine have in common, read once for all of them: who descends from whom, and its memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psutil

_HELD_S = 0.5


class Surroundings:
    """One for all observers of a thread; a reading holds for half a second."""

    def __init__(self, proc: Path = Path("/proc"), clock: Callable[[], float] = time.monotonic) -> None:
        self._proc, self._clock = proc, clock
        self._children: dict[int, list[int]] = {}
        self._machine: dict[str, float] = {}
        self._children_due_s = self._machine_due_s = clock()

    def descendants(self, pid: int) -> list[int]:
        """Processes below a process, at any depth."""
        if self._clock() >= self._children_due_s:
            self._children = self._read_children()
            self._children_due_s = self._clock() + _HELD_S
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

    def _read_children(self) -> dict[int, list[int]]:
        children: dict[int, list[int]] = {}
        for entry in self._proc.iterdir():
            if entry.name.isdigit():
                try:
                    stat = (entry / "stat").read_bytes()
                except OSError:
                    continue  # it has ended meanwhile
                # The name, in brackets, may hold anything; state and parent come after it.
                parent = int(stat[stat.rfind(b")") + 2 :].split(None, 2)[1])
                children.setdefault(parent, []).append(int(entry.name))
        return children
