"""Finding PyTorch processes among all others."""

from __future__ import annotations

import os
from pathlib import Path

from memgui.collect.facts import ProcessFacts, process_facts
from memgui.protocol.endpoints import process_start_time

# What a process was found to be never changes from "has torch"; "has none yet" is asked again.
_known: dict[tuple[int, int], bool] = {}
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
    start_time = process_start_time(pid, proc)
    if start_time is None:
        return False
    try:
        if "python" not in _comm(pid, proc) and "python" not in os.readlink(proc / str(pid) / "exe"):
            return False
        key = (pid, start_time)
        if not _known.get(key):
            if len(_known) > 10_000:
                _known.clear()
            _known[key] = "/torch/lib/libtorch" in (proc / str(pid) / "maps").read_text(errors="replace")
        return _known[key]
    except OSError:
        return False


def _comm(pid: int, proc: Path) -> str:
    try:
        return (proc / str(pid) / "comm").read_text(errors="replace").rstrip()
    except OSError:
        return ""
