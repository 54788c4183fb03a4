"""Which of this process's addresses are backed by files, and what of its files' pages is its own."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path
from typing import List, NamedTuple, Optional, Tuple

_MAPS, _SMAPS = Path("/proc/self/maps"), Path("/proc/self/smaps")
_THREAD_ARENA_BYTES = 64 * 2**20
_SHARED = (b"/dev/shm/", b"/memfd:", b"/SYSV", b"/dev/zero")


class Mappings:
    """The file-backed mappings of one moment. Source: proc(5), /proc/PID/maps."""

    def __init__(self, path: Path = _MAPS) -> None:
        self._starts: List[int] = []
        self._ends: List[Tuple[int, str]] = []
        try:
            text = path.read_bytes()
        except OSError:
            return
        for line in text.splitlines():
            fields = line.split(None, 5)
            if len(fields) < 6 or fields[5].startswith(b"["):
                continue
            start, end = fields[0].split(b"-")
            self._starts.append(int(start, 16))
            self._ends.append((int(end, 16), "shared" if fields[5].startswith(_SHARED) else "mapped"))

    def place(self, address: int) -> Optional[str]:
        """ "mapped" or "shared"; None for memory that no file backs."""
        at = bisect_right(self._starts, address) - 1
        if at < 0:
            return None
        end, place = self._ends[at]
        return place if address < end else None


class OwnPages(NamedTuple):
    """Resident anonymous pages by what they belong to, bytes.

    Attributes:
        libraries: of file-backed mappings: what libraries have relocated or written of their own.
        unnamed: of mappings without a name: Python's arenas, large blocks of the C heap, stacks of threads.
    """

    libraries: int
    unnamed: int


def own_pages(path: Path = _SMAPS) -> Optional[OwnPages]:
    """Whose the process's own pages are; None where the kernel does not tell.

    The kernel visits every page of the process for it, 12 ms a GiB, so it is read on request only.
    """
    kib = {"libraries": 0, "unnamed": 0}
    owner: Optional[str] = None
    try:
        with path.open("rb") as lines:
            for line in lines:
                if line.startswith(b"Anonymous:"):
                    if owner is not None:
                        kib[owner] += int(line.split()[1])
                elif b"-" in line[:17] and line[:1] in b"0123456789abcdef":
                    owner = _owner(line.split(None, 5))
    except OSError:
        return None
    return OwnPages(kib["libraries"] * 1024, kib["unnamed"] * 1024)


def _owner(fields: List[bytes]) -> Optional[str]:
    if len(fields) == 6:
        return None if fields[5].startswith((b"[", *_SHARED)) else "libraries"
    # Arenas that glibc makes for threads, which its counters know. Source: malloc/arena.c, HEAP_MAX_SIZE.
    return None if int(fields[0].split(b"-")[0], 16) % _THREAD_ARENA_BYTES == 0 else "unnamed"
