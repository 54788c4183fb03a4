"""Finding PyTorch processes among all others."""

from __future__ import annotations

import os
from pathlib import Path

from memgui.collect.facts import ProcessFacts, process_facts

# By pid and start time. "Has torch" stays; "has none yet" holds while the address space keeps its size, of which the
# library of torch takes hundreds of MB.
_with_torch: set[tuple[int, int]] = set()
_without_torch: dict[tuple[int, int], int] = {}
_AT_MOST = 10_000
# How helpers of multiprocessing and of torch.compile are started, when they are not forked.
_HELPERS = ("multiprocessing.spawn", "multiprocessing.forkserver", "_inductor/compile_worker")


def torch_processes(proc: Path = Path("/proc")) -> list[ProcessFacts]:
    """Processes that have PyTorch loaded, by pid; without the workers of others, also those whose parent has died."""
    found = {}
    for entry in os.scandir(proc):
        if entry.name.isdigit() and int(entry.name) != os.getpid() and _has_torch(int(entry.name), proc):
            facts = process_facts(int(entry.name), proc)
            if facts is not None:
                found[facts.pid] = facts
    return [facts for pid, facts in sorted(found.items()) if not _is_worker(facts, found, proc)]


def _is_worker(facts: ProcessFacts, found: dict[int, ProcessFacts], proc: Path) -> bool:
    # Only these: torchrun, a sweep or a notebook has trainings for children, and torch loaded itself.
    parent = found.get(facts.parent or 0)
    forked = parent is not None and parent.argv == facts.argv and parent.rank == facts.rank
    spawned = any(helper in word for word in facts.argv for helper in _HELPERS)
    return forked or spawned or _comm(facts.pid, proc).startswith("pt_data_")


def _has_torch(pid: int, proc: Path) -> bool:
    folder = f"{proc}/{pid}"
    try:
        with open(f"{folder}/stat", "rb") as file:
            name, start_time, size_bytes = _glance(file.read())
        if b"python" not in name and "python" not in os.readlink(f"{folder}/exe"):
            return False
        key = (pid, start_time)
        if key in _with_torch:
            return True
        if _without_torch.get(key) == size_bytes:
            return False
        with open(f"{folder}/maps", "rb") as file:
            has_torch = b"/torch/lib/libtorch" in file.read()
    except OSError:
        return False
    if len(_with_torch) + len(_without_torch) > _AT_MOST:
        _with_torch.clear()
        _without_torch.clear()
    if has_torch:
        _with_torch.add(key)
        _without_torch.pop(key, None)
    else:
        _without_torch[key] = size_bytes
    return has_torch


def _glance(stat: bytes) -> tuple[bytes, int, int]:
    """Name, start in clock ticks since boot, size of the address space. Source: proc(5), stat fields 2, 22 and 23."""
    # The name may hold blanks and parentheses; fields are counted from the last closing one.
    end = stat.rindex(b")")
    fields = stat[end + 2 :].split(None, 21)
    return stat[stat.index(b"(") + 1 : end], int(fields[19]), int(fields[20])


def _comm(pid: int, proc: Path) -> str:
    try:
        return (proc / str(pid) / "comm").read_text(errors="replace").rstrip()
    except OSError:
        return ""
