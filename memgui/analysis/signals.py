"""Which series of a sample are judged, and which only bear witness to what kind of memory it is."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping

HOST, HOST_BY_RSS = "host.anon_bytes", "host.rss_bytes"
# What the C heap has handed out: calmer than anonymous memory, in which what the heap keeps comes and goes.
HEAP, HEAP_KEPT = "host.heap_used_bytes", "host.heap_kept_bytes"
HOST_SERIES = (HOST, HOST_BY_RSS, HEAP)
WORKERS, WORKERS_BY_RSS = "children.anon_bytes", "children.rss_bytes"
# Live tensors of a process without accelerator, by a census that some recorders take.
CENSUS = "tensors.live_bytes"
_DEVICE = re.compile(r"(?!host|pinned|children|python|tensors)\w+\.\d+\.(?:allocated|reserved)_bytes\Z")
_SHARED, _SWAP = "host.shmem_bytes", "host.swap_bytes"
# Rises from the first object on where the collector is off or rarely runs, and begins anew where it does.
WAITING = "python.gc_pending_count"
WITNESSES = frozenset({
    HEAP, HEAP_KEPT, _SHARED, "python.blocks_count", "python.objects_count", WAITING,
    "tensors.live_count", "host.threads_count", "pinned.allocated_bytes", "pinned.reserved_bytes",
})  # fmt: skip

# What a loop may tell of its batches by memgui.agent.step(tokens=…): the longest so far explains a peak.
BATCHES = ("step.tokens", "step.batch_bytes")


def is_judged(name: str) -> bool:
    """A verdict is reached on this series, not only on what it explains."""
    return name in (*HOST_SERIES, WORKERS, WORKERS_BY_RSS, CENSUS) or _DEVICE.match(name) is not None


def device_of(name: str) -> str | None:
    """ "cuda.0" of a device's series, None for memory of the host."""
    return name.rsplit(".", 1)[0] if _DEVICE.match(name) else None


def is_reserved(name: str) -> bool:
    """What the device's allocator holds, its cache included."""
    return name.endswith(".reserved_bytes") and _DEVICE.match(name) is not None


def echo_of(name: str) -> str | None:
    """The series that shows the same better: tensors for what their allocator reserves, the host for a census."""
    if is_reserved(name):
        return name.replace("reserved", "allocated")
    return HOST if subject_of(name) != name else None


def subject_of(name: str) -> str:
    """What a series is about: the heap in use and a census of tensors are parts of the host's memory."""
    return HOST if name in (CENSUS, HEAP) else name


def series_of(names: Collection[str]) -> list[str]:
    """The series to keep of a sample with these names; resident memory only where anonymous memory is not told."""
    kept = [name for name in sorted(names) if name in WITNESSES or name in BATCHES or is_judged(name)]
    for better, worse in ((HOST, HOST_BY_RSS), (WORKERS, WORKERS_BY_RSS)):
        if better in names and worse in kept:
            kept.remove(worse)
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
