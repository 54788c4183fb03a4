"""What /proc tells about one process; read on the caller's thread, never kept.

`proc` is an argument everywhere so that a test can hand in a folder of its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from memgui.protocol.endpoints import process_start_time

# Source: include/linux/sched.h, PF_KTHREAD; field 9 of /proc/PID/stat.
_KERNEL_THREAD = 0x00200000
_MAP_LINE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) (\S+) (\d+)[ ]*(.*)", re.ASCII)
# x86-64 numbers of the calls in which training's main thread is seen to wait. Source: arch/x86/entry/syscalls.
_SYSCALLS = {
    0: "read",
    1: "write",
    7: "poll",
    16: "ioctl",
    23: "select",
    35: "nanosleep",
    42: "connect",
    43: "accept",
    45: "recvfrom",
    47: "recvmsg",
    61: "wait4",
    73: "flock",
    74: "fsync",
    202: "futex",
    230: "clock_nanosleep",
    232: "epoll_wait",
    247: "waitid",
    270: "pselect6",
    271: "ppoll",
    281: "epoll_pwait",
    288: "accept4",
    449: "futex_waitv",
}


@dataclass(frozen=True)
class MappedArea:
    """One line of /proc/PID/maps."""

    start: int
    end: int
    permissions: str
    offset: int
    path: str

    @property
    def name(self) -> str:
        """File name without folders and without the mark of a deleted file."""
        return os.path.basename(self.path.removesuffix(" (deleted)"))


class ProcessView:
    """The process `pid` as /proc shows it at the moment of each call.

    Every method raises `OSError` where the process is gone or may not be looked at.
    """

    def __init__(self, pid: int, proc: Path = Path("/proc")) -> None:
        self.pid = pid
        self.proc = proc
        self.folder = proc / str(pid)

    def start_time(self) -> int | None:
        """Start in clock ticks since boot, None where it is gone."""
        return process_start_time(self.pid, self.proc)

    def state(self) -> str:
        """One letter, such as R, S, D, T, t, Z. Source: proc(5)."""
        return self._stat()[0]

    def is_kernel_thread(self) -> bool:
        """Whether it has no program of its own."""
        return bool(int(self._stat()[6]) & _KERNEL_THREAD)

    def status(self) -> dict[str, str]:
        """The lines of /proc/PID/status."""
        text = (self.folder / "status").read_text(errors="replace")
        return {key: value.strip() for key, _, value in (line.partition(":") for line in text.splitlines())}

    def uid(self) -> int:
        """Real user id, also where the files of /proc/PID belong to root."""
        return int(self.status()["Uid"].split()[0])

    def inner_pid(self) -> int:
        """Its pid as it sees it itself, in its own pid namespace."""
        return int(self.status().get("NSpid", str(self.pid)).split()[-1])

    def inner_uid(self) -> int:
        """Its user id as it sees it itself, in its own user namespace."""
        uid = self.uid()
        for line in (self.folder / "uid_map").read_text().splitlines():
            inner, outer, count = (int(part) for part in line.split())
            if outer <= uid < outer + count:
                return inner + uid - outer
        return uid

    def environment(self) -> Mapping[str, str]:
        """The environment that it was started with."""
        parts = (self.folder / "environ").read_bytes().split(b"\0")
        pairs = (os.fsdecode(part).partition("=") for part in parts if part)
        return {key: value for key, _, value in pairs}

    def command_line(self) -> tuple[str, ...]:
        """Its arguments; empty for a kernel thread and a zombie."""
        return tuple(os.fsdecode(part) for part in (self.folder / "cmdline").read_bytes().split(b"\0")[:-1])

    def areas(self) -> tuple[MappedArea, ...]:
        """Everything that is mapped from a file."""
        text = (self.folder / "maps").read_text(errors="surrogateescape")
        found = []
        for line in text.splitlines():
            match = _MAP_LINE.match(line)
            if match and match[7].startswith("/"):
                start, end, offset = (int(match[index], 16) for index in (1, 2, 4))
                found.append(MappedArea(start, end, match[3], offset, match[7].replace("\\012", "\n")))
        return tuple(found)

    def open_area(self, area: MappedArea) -> int:
        """A descriptor of the file that `area` was mapped from, also in another mount namespace."""
        if not area.path.endswith(" (deleted)"):
            try:
                return os.open(self.rooted(area.path), os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                pass
        # Reaches a file that was replaced on the disk since; needs CAP_CHECKPOINT_RESTORE. Source: proc(5).
        return os.open(self.folder / "map_files" / f"{area.start:x}-{area.end:x}", os.O_RDONLY | os.O_CLOEXEC)

    def rooted(self, path: str | Path) -> Path:
        """How this process reaches a path that the target would call `path`."""
        return self.folder / "root" / str(path).lstrip("/")

    def shares_root(self) -> bool:
        """Whether both processes mean the same file by the same path."""
        try:
            same = os.path.samestat(os.stat(self.folder / "root"), os.stat("/"))
            return same and os.path.samestat(os.stat(self.folder / "ns" / "mnt"), os.stat("/proc/self/ns/mnt"))
        except FileNotFoundError:
            return True

    def waits_in(self) -> str | None:
        """The system call in which the main thread waits, None while it runs or where that cannot be seen."""
        try:
            first = (self.folder / "syscall").read_text().split()[0]
        except (OSError, IndexError):
            return None
        if not first.isdecimal():
            return None
        return _SYSCALLS.get(int(first), f"system call {first}")

    def _stat(self) -> list[str]:
        text = (self.folder / "stat").read_text(errors="replace")
        return text[text.rindex(")") + 2 :].split()
