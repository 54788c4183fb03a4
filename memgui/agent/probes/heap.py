"""What the C heap hands out and what it keeps."""

from __future__ import annotations

from typing import Callable, Optional, Sequence, Tuple

from memgui.agent.probes.probe import Number, Probe


class HeapProbe(Probe):
    """Used and kept bytes of glibc's heap; twice a second, since every arena's lock is taken."""

    name = "heap"
    names = ("host.heap_used_bytes", "host.heap_kept_bytes")
    period_s = 0.5

    def __init__(self, heap: Callable[[], Tuple[int, int]]) -> None:
        self._heap = heap

    def read(self) -> Sequence[Optional[Number]]:
        """Used, kept."""
        return self._heap()
