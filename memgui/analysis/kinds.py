"""What kind of memory grows, from what rises along with it. docs/verdicts.md has a section for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from memgui.analysis.phrase import Phrase, phrase
from memgui.analysis.signals import CENSUS, HEAP, HEAP_KEPT, HELD, HOST_SERIES, PARTS, is_reserved

# What one live block of Python's small-object allocator stands for, its share of a pool included.
_BYTES_PER_BLOCK = 64.0
# A tensor of one number takes this much on the host: its object, its storage, their counters.
_BYTES_PER_TENSOR = 500.0
MOST = 0.5
_PYTHON = 0.3
# What tensors take on the host is more than their bytes: the allocator rounds, and they have neighbours.
_TENSORS = 0.35


@dataclass(frozen=True)
class Kind:
    """A kind of memory: its plain word, which is the anchor in docs/verdicts.md too, and what a person is told.

    Attributes:
        action: the name of the action that helps or tells more; None where none does.
    """

    word: str
    title: Phrase
    advice: Phrase
    action: str | None


TENSOR = Kind(
    "tensor",
    phrase("Tensors are never released"),
    phrase(
        "Look for outputs or losses that are kept; keep loss.item() or a detached copy. "
        "`memgui explain` names who holds them."
    ),
    "diagnose",
)
GRAPH = Kind(
    "graph",
    phrase("Autograd graphs are never released"),
    phrase("Something keeps a loss or an output with its graph, such as a running total; use item() or detach()."),
    "diagnose",
)
NATIVE = Kind(
    "native",
    phrase("Host memory is never released"),
    phrase(
        "Native memory, or tensors with their graph: on the CPU counters cannot tell. The diagnosis and "
        "`memgui explain` can; `memgui native` finds a leak in C++."
    ),
    "diagnose",
)
PYTHON = Kind(
    "python",
    phrase("Python objects pile up"),
    phrase("Look for lists, dicts and caches that only grow; give them a bound."),
    "collect_garbage",
)
SHARED = Kind(
    "shm",
    phrase("Shared memory is never released"),
    phrase("Look for batches of loader workers that are kept; clone() what is kept."),
    "collect_garbage",
)
WORKERS = Kind(
    "workers",
    phrase("Loader workers keep growing"),
    phrase("Look for Python objects that a Dataset collects; keep its data in arrays or tensors."),
    None,
)
FRAGMENTATION = Kind(
    "fragmentation",
    phrase("The device's allocator reserves ever more"),
    phrase(
        "Live tensors do not grow, but their cache does: batches of many sizes split it. Try "
        "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True, or pad batches to few sizes."
    ),
    "empty_device_cache",
)
PINNED = Kind(
    "pinned",
    phrase("Pinned memory is never released"),
    phrase("Look for pinned batches that are kept; the pool rounds sizes up to powers of two."),
    "empty_pinned_cache",
)
ARENAS = Kind(
    "arenas",
    phrase("The C heap keeps freed memory"),
    phrase("It is free memory that the allocator holds back; trimming the heap returns it."),
    "trim_heap",
)
THREADS = Kind(
    "threads",
    phrase("Threads pile up"),
    phrase(
        "Each thread has a stack and an arena. Look for executors and loaders that are made again and again and never "
        "shut down."
    ),
    None,
)
GARBAGE = Kind(
    "gc",
    phrase("Garbage waits for the collector"),
    phrase("Reference cycles hold it until the collector runs: break them, or collect from time to time."),
    "collect_garbage",
)
KINDS = (TENSOR, GRAPH, NATIVE, PYTHON, SHARED, WORKERS, FRAGMENTATION, PINNED, ARENAS, THREADS, GARBAGE)


def kind_of(metric: str, shares: Mapping[str, float]) -> Kind:
    """The kind of a growth of `metric`.

    Args:
        shares: what each other series rose by, per byte of the growth.
    """
    if metric.startswith("children."):
        return WORKERS
    if is_reserved(metric):
        allocated = shares.get(metric.replace("reserved", "allocated"), 0.0)
        return TENSOR if allocated > MOST else FRAGMENTATION
    if metric not in (*HOST_SERIES, *PARTS):
        return TENSOR
    return _host_kind(metric, shares)


def _host_kind(metric: str, shares: Mapping[str, float]) -> Kind:
    def share(name: str) -> float:
        return shares.get(name, 0.0)

    if share("host.shmem_bytes") > MOST:
        return SHARED
    if max(share("pinned.allocated_bytes"), share("pinned.reserved_bytes")) > MOST:
        return PINNED
    if share("host.threads_count") * 2**20 > MOST:
        return THREADS
    # What is held is what the heap does not keep free.
    if share(HEAP_KEPT) > MOST and metric not in (HEAP, HELD):
        return ARENAS
    if share(CENSUS) > _TENSORS:
        return TENSOR
    if share("python.blocks_count") * _BYTES_PER_BLOCK > _PYTHON:
        few = share("tensors.live_count") * _BYTES_PER_TENSOR < _PYTHON
        return PYTHON if few else TENSOR
    return TENSOR if share("tensors.live_count") * _BYTES_PER_TENSOR > _PYTHON else NATIVE
