"""Memory of the process as the kernel counts it, by one `pread` of a kept descriptor."""

from __future__ import annotations

import os
from typing import List, Optional, Sequence

from memgui.agent.probes.probe import Number, Probe

# Source: proc(5), /proc/PID/status; sizes are in kB there. The newline keeps a process name from passing for a field.
_FIELDS = (b"\nRssFile:", b"\nRssShmem:", b"\nVmSwap:")
_TAKEN = (b"\nRssAnon:", b"\nRssShmem:", b"\nVmSwap:")
_THREADS = b"\nThreads:"
_READ_BYTES = 8192


class _FileProbe(Probe):
    """A file of /proc, kept open: opening it anew costs ten times the reading."""

    def __init__(self, path: str) -> None:
        """Open `path`.

        Raises:
            OSError: there is no such file.
        """
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def close(self) -> None:
        """Close the descriptor."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


class ResidentProbe(_FileProbe):
    """Resident and anonymous memory: what changes at every step. Source: proc(5), /proc/PID/statm."""

    name = "resident"
    names = ("host.rss_bytes", "host.anon_bytes")

    def __init__(self, path: str = "/proc/self/statm") -> None:
        super().__init__(path)
        self._page_bytes = os.sysconf("SC_PAGE_SIZE")

    def read(self) -> Sequence[Optional[Number]]:
        """Resident, and resident less file and shared pages, which is RssAnon."""
        _, resident, shared, _ = os.pread(self._descriptor, 256, 0).split(b" ", 3)
        pages = int(resident)
        return pages * self._page_bytes, (pages - int(shared)) * self._page_bytes


class StatusProbe(_FileProbe):
    """File, shared and swapped memory, and the number of threads; the kernel takes five times as long to write this."""

    name = "status"
    names = ("host.file_bytes", "host.shmem_bytes", "host.swap_bytes", "host.threads_count")
    period_s = 1.0

    def __init__(self, path: str = "/proc/self/status") -> None:
        super().__init__(path)

    def read(self) -> Sequence[Optional[Number]]:
        """The four values."""
        text = os.pread(self._descriptor, _READ_BYTES, 0)
        values: List[Optional[Number]] = [_bytes(text, field) for field in _FIELDS]
        at = text.find(_THREADS)
        values.append(None if at < 0 else int(text[at + len(_THREADS) : text.index(b"\n", at + 1)]))
        return values

    def taken(self) -> Optional[int]:
        """Anonymous, shared and swapped out memory together, bytes; None where the kernel does not tell it."""
        text = os.pread(self._descriptor, _READ_BYTES, 0)
        anonymous, *others = [_bytes(text, field) for field in _TAKEN]
        return None if anonymous is None else anonymous + sum(other or 0 for other in others)


def _bytes(text: bytes, field: bytes) -> Optional[int]:
    at = text.find(field)
    return None if at < 0 else int(text[at + len(field) : text.index(b" kB", at)]) * 1024
