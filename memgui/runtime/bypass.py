"""From which size on a pool beats the allocator: measured once a process and device, in some milliseconds."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable

import torch

# Up to 4 MiB: freeing larger blocks would change the thresholds of the C heap for the whole process.
_SIZES = tuple(1 << power for power in range(16, 23))
_BLOCKS = 4
_ROUNDS = 5
_PAGE = 4096


@functools.cache
def bypass_size(device_type: str) -> int:
    """The largest measured size, bytes, at which `torch.empty` is at least as fast as a pool; 0 on devices.

    On the host a fresh large block costs a page fault for each of its pages, which a block that is used again does not;
    small ones are used again by the C heap itself. A device's caching allocator is asked through the same interface,
    so there a pool is for keeping blocks apart, not for speed.
    """
    if device_type != "cpu":
        return 0
    slower = 0
    for size in _SIZES:
        kept = [torch.empty(size, dtype=torch.uint8) for _ in range(_BLOCKS)]
        if _best(functools.partial(_again, kept)) >= _best(functools.partial(_fresh, size)):
            slower = size
    return slower


def _fresh(size: int) -> None:
    # Several at once, as a step needs them: a single block is served again by the heap itself.
    blocks = [torch.empty(size, dtype=torch.uint8) for _ in range(_BLOCKS)]
    for block in blocks:
        block[::_PAGE] = 1


def _again(kept: list[torch.Tensor]) -> None:
    # The torch calls of a lease; the book-keeping beside them is of the same order.
    for block in kept:
        with torch.no_grad():
            lent = torch.empty(0, dtype=torch.uint8).set_(block.untyped_storage(), 0, block.shape, (1,))
            torch._C._storage_Use_Count(block.untyped_storage()._cdata)
        lent[::_PAGE] = 1


def _best(work: Callable[[], None]) -> float:
    times = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)
