"""From which size on a pool beats the allocator: measured once a process and device, in some milliseconds."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable

import torch

_SIZES = tuple(1 << power for power in range(16, 25))
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
        kept = torch.empty(size, dtype=torch.uint8)
        if _best(functools.partial(_again, kept)) >= _best(functools.partial(_fresh, size)):
            slower = size
    return slower


def _fresh(size: int) -> None:
    torch.empty(size, dtype=torch.uint8)[::_PAGE] = 1


def _again(kept: torch.Tensor) -> None:
    # The torch calls of a lease; the book-keeping beside them is of the same order.
    with torch.no_grad():
        lent = torch.empty(0, dtype=torch.uint8).set_(kept.untyped_storage(), 0, kept.shape, (1,))
        torch._C._storage_Use_Count(kept.untyped_storage()._cdata)
        torch.empty(0, dtype=torch.uint8)
    lent[::_PAGE] = 1


def _best(work: Callable[[], None]) -> float:
    times = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)
