"""How a process ended that nobody watched: what the kernel still tells afterwards."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from memgui.collect.observer import EndReason
from memgui.protocol.black_box import boot_id, oom_kills
from memgui.protocol.endpoints import process_start_time

# "Out of memory: Killed process 12 (python)", "Memory cgroup out of memory: Killed process 12 (python)".
# Source: mm/oom_kill.c, __oom_kill_process.
_KILLED = re.compile(r"[Oo]ut of memory: Killed process (\d+)")
# The kernel's log counts from the start of the machine by a clock of its own, which runs off by a little.
_LOG_SLACK_S = 120.0
_LOG_LIMIT_BYTES = 4_000_000


@dataclass(frozen=True)
class LastSeen:
    """What a process has left of itself.

    Attributes:
        boot_id: of the machine's run that it lived in.
        monotonic_s: its clock at its last words.
        kills, kills_file: how many kills its cgroup had counted by then, and where; None where it did not say.
    """

    pid: int
    start_time: int
    boot_id: str
    monotonic_s: float
    kills: int | None = None
    kills_file: str | None = None


def is_alive(seen: LastSeen, proc: Path = Path("/proc")) -> bool:
    """It runs on this machine, still."""
    return seen.boot_id == boot_id(proc) and process_start_time(seen.pid, proc) == seen.start_time


def reason_of_end(seen: LastSeen, proc: Path = Path("/proc"), log: Path = Path("/dev/kmsg")) -> EndReason:
    """Why a process that is gone ended without a word: the kernel's log, its cgroup's count, or what remains to say."""
    if seen.boot_id == boot_id(proc):
        if _log_names(seen, log):
            return EndReason("oom_killed", "was killed by the kernel for lack of memory: the kernel's log names it")
        kills = oom_kills(Path(seen.kills_file)) if seen.kills_file is not None else None
        if kills is not None and seen.kills is not None and kills > seen.kills:
            return EndReason(
                "oom_killed",
                "was probably killed for lack of memory: it ended without a goodbye, and its cgroup counted an OOM "
                "kill",
            )
    return EndReason("unknown", "ended without a goodbye: killed, crashed, or its machine stopped")


def _log_names(seen: LastSeen, log: Path) -> bool:
    """The kernel says that it has killed this process, about when it was last seen. Source: dev-kmsg in kernel ABI."""
    for line in _lines(log):
        killed = _KILLED.search(line)
        fields = line.split(";", 1)[0].split(",")
        is_meant = killed is not None and int(killed[1]) == seen.pid and len(fields) > 2 and fields[2].isdigit()
        if is_meant and abs(int(fields[2]) / 1e6 - seen.monotonic_s) < _LOG_SLACK_S:
            return True
    return False


def _lines(log: Path) -> list[str]:
    """The kernel's log, one record a read; empty where it may not be read."""
    lines: list[str] = []
    try:
        file = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return lines
    taken = 0
    try:
        while taken < _LOG_LIMIT_BYTES:
            try:
                record = os.read(file, 8192)
            except BrokenPipeError:
                continue  # the record was overwritten meanwhile; the next read goes on behind it
            except OSError:
                break  # the end: nothing more for now
            if not record:
                break
            taken += len(record)
            lines += record.decode("utf-8", "replace").splitlines()
    finally:
        os.close(file)
    return lines
