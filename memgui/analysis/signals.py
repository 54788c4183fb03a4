"""Which series of a sample are judged, and which only bear witness to what kind of memory it is."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping

HOST, HOST_BY_RSS = "host.anon_bytes", "host.rss_bytes"
# What the C heap has handed out: calmer than anonymous memory, in which what the heap keeps comes and goes.
HEAP, HEAP_KEPT = "host.heap_used_bytes", "host.heap_kept_bytes"
# Host memory without what the heap keeps though it is free: calm too, and all that is held is in it.
HELD = "host.held_bytes"
HOST_SERIES = (HOST, HOST_BY_RSS, HEAP, HELD)
WORKERS, WORKERS_BY_RSS = "children.anon_bytes", "children.rss_bytes"
# Live tensors of a process without accelerator, by a census that some recorders take.
CENSUS = "tensors.live_bytes"
_DEVICE = re.compile(r"(?!host|pinned|children|python|tensors)\w+\.\d+\.(?:allocated|reserved)_bytes\Z")
_SHARED, _SWAP = "host.shmem_bytes", "host.swap_bytes"
# Parts of the host's memory with a counter of their own: there the scatter of the rest does not drown their growth.
PARTS = (_SHARED, "pinned.reserved_bytes")
# Of what is about the same, the first that rings is told.
_PLAINEST = (HELD, HOST, HOST_BY_RSS, HEAP, CENSUS, *PARTS)
# A reading of the heap that has been the same for so long is no old one.
_OLD_S = 1.5
_AT_ONCE = 2.0**20
# Rises from the first object on where the collector is off or rarely runs, and begins anew where it does.
WAITING = "python.gc_pending_count"
WITNESSES = frozenset({
    HEAP, HEAP_KEPT, *PARTS, "python.blocks_count", "python.objects_count", WAITING,
    "tensors.live_count", "host.threads_count", "pinned.allocated_bytes",
})  # fmt: skip

# What a loop may tell of its batches by memgui.agent.step(tokens=…): the longest so far explains a peak.
BATCHES = ("step.tokens", "step.batch_bytes")


def is_judged(name: str) -> bool:
    """A verdict is reached on this series, not only on what it explains."""
    return name in (*HOST_SERIES, *PARTS, WORKERS, WORKERS_BY_RSS, CENSUS) or _DEVICE.match(name) is not None


def device_of(name: str) -> str | None:
    """ "cuda.0" of a device's series, None for memory of the host."""
    return name.rsplit(".", 1)[0] if _DEVICE.match(name) else None


def is_reserved(name: str) -> bool:
    """What the device's allocator holds, its cache included."""
    return name.endswith(".reserved_bytes") and _DEVICE.match(name) is not None


def subject_of(name: str) -> str:
    """What a series is about: the heap, tensors and shared memory are parts of the host's, tensors of a reserve."""
    if is_reserved(name):
        return name.replace("reserved", "allocated")
    return HOST if name in _PLAINEST else name


def plainness(name: str) -> int:
    """The lower, the better a series shows its subject."""
    return _PLAINEST.index(name) if name in _PLAINEST else int(is_reserved(name))


def series_of(names: Collection[str]) -> list[str]:
    """The series to keep of a sample with these names; resident memory only where anonymous memory is not told."""
    kept = [name for name in sorted(names) if name in WITNESSES or name in BATCHES or is_judged(name)]
    for better, worse in ((HOST, HOST_BY_RSS), (WORKERS, WORKERS_BY_RSS)):
        if better in names and worse in kept:
            kept.remove(worse)
    if {HOST, HEAP_KEPT} <= set(names) and HELD not in kept:
        kept.append(HELD)
    return kept


def value_of(name: str, values: Mapping[str, float | None]) -> float:
    """The value that is judged; NaN where it is missing or no number.

    What is swapped out is still held, and tensors of workers are shared memory of the parent.
    """
    value = values.get(name)
    if value is None or not math.isfinite(value):
        return math.nan
    if name == HOST:
        return value + (values.get(_SHARED) or 0.0) + (values.get(_SWAP) or 0.0)
    return value


class Held:
    """Host memory without what the heap keeps, what the heap got and never touched left out.

    An agent tells it, read together with the heap at the end of a step. An older recording has the heap alone, read
    more rarely than the rest and at any place of a step: there what is taken at the time of its reading counts.

    Attributes:
        value: at the last reading of the heap, bytes; NaN where it is not known.
    """

    def __init__(self) -> None:
        self.value = math.nan
        self._read: tuple[float | None, ...] = ()
        self._read_s = -math.inf
        # All that the heap has, at its last reading, and how much of that was never touched.
        self._whole = self._taken = math.nan
        self._untouched = 0.0

    def take(self, t_s: float, values: Mapping[str, float | None]) -> float:
        """The value after one more sample; a reading that stays the same for long is no old one."""
        told = values.get(HELD)
        read = values.get(HEAP), values.get(HEAP_KEPT), told
        if read != self._read:
            self._read, self._read_s = read, t_s
        elif told is not None or t_s - self._read_s < _OLD_S:
            return self.value
        kept = value_of(HEAP_KEPT, values)
        held = value_of(HOST, values) - kept if told is None else told
        self._touch(held + kept, kept + value_of(HEAP, values))
        self.value = held + self._untouched
        return self.value

    def _touch(self, taken: float, whole: float) -> None:
        """What the heap gets at once without the process taking more is not in memory before it is touched."""
        before, self._whole = self._whole, whole
        taken_before, self._taken = self._taken, taken
        unseen = (whole - before) - (taken - taken_before)
        if unseen > _AT_ONCE and taken >= taken_before - _AT_ONCE:
            self._untouched += unseen
        elif unseen < -_AT_ONCE:
            self._untouched = max(self._untouched + unseen, 0.0)
