"""Finding PyTorch processes among all others."""

from __future__ import annotations

import os
from pathlib import Path

from memgui.collect.facts import ProcessFacts, process_facts
from memgui.protocol.endpoints import process_start_time

# What a process was found to be never changes from "has torch"; "has none yet" is asked again.
_known: dict[tuple[int, int], bool] = {}


def torch_processes(proc: Path = Path("/proc")) -> list[ProcessFacts]:
    """Processes that have PyTorch loaded, by pid; workers that a PyTorch process started are left out."""
    found = {}
    for entry in os.scandir(proc):
        if entry.name.isdigit() and int(entry.name) != os.getpid() and _has_torch(int(entry.name), proc):
            facts = process_facts(int(entry.name), proc)
            if facts is not None:
                found[facts.pid] = facts
    return [facts for pid, facts in sorted(found.items()) if not _is_worker(facts, found)]


def _is_worker(facts: ProcessFacts, found: dict[int, ProcessFacts]) -> bool:
    parent = found.get(facts.parent or 0)
    if parent is None:
        return False
    # torchrun's ranks are children of a PyTorch process too, but each has its own rank.
    return facts.rank == parent.rank or facts.argv == parent.argv


def _has_torch(pid: int, proc: Path) -> bool:
    try:
        if "python" not in (proc / str(pid) / "comm").read_text() and "python" not in os.readlink(
            proc / str(pid) / "exe"
        ):
            return False
    except OSError:
        return False
    start_time = process_start_time(pid, proc)
    if start_time is None:
        return False
    key = (pid, start_time)
    if not _known.get(key):
        try:
            _known[key] = "/torch/lib/libtorch" in (proc / str(pid) / "maps").read_text(errors="replace")
        except OSError:
            return False
        if len(_known) > 10_000:
            _known.clear()
    return _known.get(key, False)
