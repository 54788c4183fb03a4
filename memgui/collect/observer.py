"""One process as seen from outside: its own counters, its workers, its limits, its devices, and how it ended."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from memgui.collect.cgroup import Cgroup
from memgui.collect.children import ChildProcess, read_children, sums
from memgui.collect.gpu import GpuReader
from memgui.collect.process import ProcessReader, RollupReader
from memgui.collect.surroundings import Surroundings
from memgui.protocol.endpoints import process_start_time
from memgui.protocol.errors import Unreachable

_SLOW_EVERY_S = 1.0


@dataclass(frozen=True)
class EndReason:
    """Why a process ended; `kind` is "exited", "signal", "oom_killed" or "unknown"."""

    kind: str
    text: str


def by_status(status: int, *, oom_killed: bool) -> EndReason:
    """The end in words, by the status that `waitpid` gives."""
    if os.WIFEXITED(status):
        return EndReason("exited", f"ended with exit status {os.WEXITSTATUS(status)}")
    number = os.WTERMSIG(status)
    if number == signal.SIGKILL and oom_killed:
        return EndReason("oom_killed", "was killed by the kernel for lack of memory (SIGKILL, cgroup OOM kill)")
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    return EndReason("signal", f"was ended by {name}")


class Observer:
    """Call `sample` at about 10 Hz from one thread; what is dear is read once a second or more rarely.

    Args:
        surroundings: shared with other observers of that thread; None for its own.

    Raises:
        Unreachable: there is no such process.
    """

    def __init__(
        self,
        pid: int,
        start_time: int | None = None,
        proc: Path = Path("/proc"),
        clock: Callable[[], float] = time.monotonic,
        surroundings: Surroundings | None = None,
    ) -> None:
        found = process_start_time(pid, proc)
        if found is None or (start_time is not None and found != start_time):
            raise Unreachable(f"there is no process {pid} any more", "run `memgui ps` for what runs here")
        self.pid, self.start_time = pid, found
        self.children: tuple[ChildProcess, ...] = ()
        self._proc, self._clock = proc, clock
        self._process = ProcessReader(pid, proc)
        if process_start_time(pid, proc) != found:
            self._process.close()
            raise Unreachable(f"there is no process {pid} any more", "run `memgui ps` for what runs here")
        self._rollup = RollupReader(pid, proc, clock)
        self._cgroup = Cgroup(pid, proc)
        self._gpu = GpuReader(pid, proc)
        self._surroundings = surroundings or Surroundings(proc, clock)
        self._slow: dict[str, float] = {}
        self._slow_due = clock()
        self._kills: float | None = None

    def sample(self) -> dict[str, float]:
        """Every metric that is to be had now; slow ones as of their last reading. Empty once the process is gone."""
        values = self._process.read()  # by a descriptor that means this process, and none that gets its pid later
        if "host.rss_bytes" not in values:
            return {}
        if self._clock() >= self._slow_due:
            self._slow_due = self._clock() + _SLOW_EVERY_S
            self._read_slow()
        rollup = self._rollup.read_if_due()
        if rollup is not None:
            self._slow.update(rollup)
        return {**self._slow, **values}

    def end(self) -> EndReason | None:
        """How it ended, None while it lives."""
        if process_start_time(self.pid, self._proc) == self.start_time and not self._is_zombie():
            return None
        status = self._exit_status()
        if status is not None:
            return by_status(status, oom_killed=self._was_oom_killed())
        if self._was_oom_killed():
            return EndReason("oom_killed", "was probably killed for lack of memory: its cgroup counted an OOM kill")
        return EndReason("unknown", "ended; only its parent knows the exit status")

    def close(self) -> None:
        """Give descriptors back."""
        self._process.close()

    def _read_slow(self) -> None:
        rollup: dict[str, float] = {
            name: self._slow[name] for name in ("host.pss_bytes", "host.uss_bytes") if name in self._slow
        }
        self.children = read_children(self.pid, self._surroundings.descendants(self.pid), self._proc)
        machine = self._surroundings.machine()
        pids = {self.pid, *(child.pid for child in self.children)}
        group = self._surroundings.cgroup(self._cgroup)
        self._slow = {**rollup, **sums(self.children), **group, **machine, **self._gpu.read(pids)}
        if self._kills is None:
            self._kills = self._slow.get("cgroup.oom_kills_count")

    def _is_zombie(self) -> bool:
        return b") Z " in self._stat()

    def _stat(self) -> bytes:
        try:
            return (self._proc / str(self.pid) / "stat").read_bytes()
        except OSError:
            return b""

    def _exit_status(self) -> int | None:
        # The last field is the exit status, for those who may read it, as long as the parent has not reaped it.
        stat = self._stat()
        if b") Z " not in stat or process_start_time(self.pid, self._proc) != self.start_time:
            return None
        return int(stat.split()[-1])

    def _was_oom_killed(self) -> bool:
        now = self._cgroup.read().get("cgroup.oom_kills_count")
        return now is not None and self._kills is not None and now > self._kills
