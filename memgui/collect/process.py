"""Memory counters of one process, read from /proc by kept descriptors."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

_STATUS = re.compile(rb"^(VmRSS|RssAnon|RssFile|RssShmem|VmSwap|Threads):\s+(\d+)", re.MULTILINE)
_NAMES = {
    b"VmRSS": "host.rss_bytes",
    b"RssAnon": "host.anon_bytes",
    b"RssFile": "host.file_bytes",
    b"RssShmem": "host.shmem_bytes",
    b"VmSwap": "host.swap_bytes",
}
_ROLLUP = re.compile(rb"^(Pss|Private_Clean|Private_Dirty|Private_Hugetlb):\s+(\d+) kB", re.MULTILINE)
# smaps_rollup walks every page table entry and holds the target's mmap lock, so it may take this share of the time.
_ROLLUP_SHARE = 0.005
_ROLLUP_AT_LEAST_S = 5.0


class ProcessReader:
    """Reads `status` at each call: 7 to 9 microseconds whatever the size of the process."""

    def __init__(self, pid: int, proc: Path = Path("/proc")) -> None:
        self._status: int | None = os.open(proc / str(pid) / "status", os.O_RDONLY | os.O_CLOEXEC)

    def read(self) -> dict[str, float]:
        """Metrics by name; empty once the process has gone."""
        if self._status is None:
            return {}
        try:
            text = os.pread(self._status, 4096, 0)
        except OSError:
            return {}
        values: dict[str, float] = {}
        for word, number in _STATUS.findall(text):
            if word == b"Threads":
                values["host.threads_count"] = float(number)
            else:
                values[_NAMES[word]] = float(number) * 1024.0
        return values

    def close(self) -> None:
        """Give the descriptor back."""
        if self._status is not None:
            os.close(self._status)
            self._status = None


class RollupReader:
    """Proportional and unique memory, as rarely as its own cost demands."""

    def __init__(
        self,
        pid: int,
        proc: Path = Path("/proc"),
        clock: Callable[[], float] = time.monotonic,
        cost_clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._path = proc / str(pid) / "smaps_rollup"
        self._clock, self._cost_clock = clock, cost_clock
        self._due = clock()

    def read_if_due(self) -> dict[str, float] | None:
        """Metrics by name, or None where it is not time yet; empty where the system does not allow it."""
        if self._clock() < self._due:
            return None
        began = self._cost_clock()
        try:
            text = self._path.read_bytes()
        except OSError:
            text = b""
        cost = self._cost_clock() - began
        self._due = self._clock() + max(_ROLLUP_AT_LEAST_S, cost / _ROLLUP_SHARE)
        found = {word: float(number) * 1024.0 for word, number in _ROLLUP.findall(text)}
        if b"Pss" not in found:
            return {}
        unique = sum(value for word, value in found.items() if word != b"Pss")
        return {"host.pss_bytes": found[b"Pss"], "host.uss_bytes": unique}
