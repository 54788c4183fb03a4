"""Descendants of a process: loader workers and others, each with its memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from memgui.collect.process import ProcessReader


@dataclass(frozen=True)
class ChildProcess:
    """One descendant; `role` is "loader worker" where it runs the parent's own program, else "child"."""

    pid: int
    name: str
    cmdline: tuple[str, ...]
    role: str
    rss_bytes: float
    anon_bytes: float


def read_children(pid: int, descendants: Iterable[int], proc: Path = Path("/proc")) -> tuple[ChildProcess, ...]:
    """Those of the `descendants` of a process that live, by pid; empty where there are none, or it is gone."""
    found = tuple(descendants)
    if not found:
        return ()
    try:
        own = tuple(psutil.Process(pid).cmdline())
    except psutil.Error:
        return ()
    children = (_child(child, own, proc) for child in found)
    return tuple(sorted((child for child in children if child), key=_pid_of))


def sums(children: tuple[ChildProcess, ...]) -> dict[str, float]:
    """The metrics of all descendants together."""
    return {
        "children.rss_bytes": sum((child.rss_bytes for child in children), 0.0),
        "children.anon_bytes": sum((child.anon_bytes for child in children), 0.0),
        "children.processes_count": float(len(children)),
    }


def _child(pid: int, parent_cmdline: tuple[str, ...], proc: Path) -> ChildProcess | None:
    try:
        process = psutil.Process(pid)
        cmdline = tuple(process.cmdline())
        reader = ProcessReader(process.pid, proc)
    except (psutil.Error, OSError):
        return None
    try:
        values = reader.read()
    finally:
        reader.close()
    if "host.rss_bytes" not in values:
        return None  # a zombie
    # A forked worker keeps the parent's command line; a spawned one says what it is.
    spawned = any("multiprocessing.spawn" in word or "multiprocessing.forkserver" in word for word in cmdline)
    role = "loader worker" if spawned or cmdline == parent_cmdline else "child"
    name = cmdline[0].rsplit("/", 1)[-1] if cmdline else "?"
    return ChildProcess(process.pid, name, cmdline, role, values["host.rss_bytes"], values.get("host.anon_bytes", 0.0))


def _pid_of(child: ChildProcess) -> int:
    return child.pid
