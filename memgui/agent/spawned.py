"""Is this process a worker that another Python process started for itself? Such a one starts no agent."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, List, Mapping, Optional

# Source: multiprocessing.spawn.get_command_line, multiprocessing.forkserver, joblib's loky, torch._inductor.
_MARKS = (
    "--multiprocessing-fork",
    "multiprocessing.spawn import spawn_main",
    "multiprocessing.forkserver import main",
    "multiprocessing.resource_tracker import main",
    "loky.backend",
    "_inductor/compile_worker",
    "torch._inductor.compile_worker",
)


def worker_reason(command: Optional[List[str]] = None, modules: Optional[Mapping[str, Any]] = None) -> Optional[str]:
    """Why this process counts as a worker; None where it is one of its own."""
    process = (sys.modules if modules is None else modules).get("multiprocessing.process")
    parent = getattr(process, "parent_process", None)
    if parent is not None and parent() is not None:
        return "this process is a worker of another Python process (multiprocessing)"
    for part in _command() if command is None else command:
        if any(mark in part for mark in _MARKS):
            return "this process was started as a worker of another Python process"
    return None


def _command() -> List[str]:
    try:
        text = Path("/proc/self/cmdline").read_bytes()
    except OSError:
        return list(getattr(sys, "orig_argv", getattr(sys, "argv", [])))
    # The program's own arguments may hold anything; interpreter options and the first argument tell the kind.
    return [part.decode("utf-8", "replace") for part in text.split(b"\0")[:8]]
