"""Which of this process's addresses are backed by files, and what of its files' pages is its own."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path
from typing import List, Optional, Tuple

_MAPS, _SMAPS = Path("/proc/self/maps"), Path("/proc/self/smaps")
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


def private_file_bytes(path: Path = _SMAPS) -> Optional[int]:
    """Anonymous pages of file-backed mappings: what libraries have relocated or written of their own; None if unknown.

    The kernel visits every page of the process for it, 12 ms a GiB, so it is read on request only.
    """
    total_kib = 0
    backed = False
    try:
        with path.open("rb") as lines:
            for line in lines:
                if line.startswith(b"Anonymous:"):
                    total_kib += int(line.split()[1]) if backed else 0
                elif b"-" in line[:17] and line[:1] in b"0123456789abcdef":
                    fields = line.split(None, 5)
                    backed = len(fields) == 6 and not fields[5].startswith((b"[", *_SHARED))
    except OSError:
        return None
    return total_kib * 1024
