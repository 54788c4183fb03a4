"""TensorPool: blocks that are lent out, given back, and lent again without asking the allocator."""

from __future__ import annotations

import math
import threading
import warnings
from collections import Counter, deque
from collections.abc import Sequence

import torch

from memgui.protocol.pools import PoolInfo, Setting
from memgui.runtime import registry
from memgui.runtime.block import Block
from memgui.runtime.bypass import bypass_size
from memgui.runtime.lease import Leak, Lease, PoolFullError, StillViewedError, calling_line
from memgui.runtime.pool_memory import memory_for, users_of
from memgui.runtime.sizes import SMALLEST, size_class
from memgui.runtime.viewers import viewers

_LEAKS_TOLD = 5
# A pool's limit may be set up to this where none was given; more than any host has.
_NO_LIMIT = 1 << 50


class TensorPool(Block):
    """Lends tensors. Thread-safe.

    The contents of a leased tensor are undefined. Each block is a storage of its own, so it is known exactly whether
    anything else still views it when it comes back, and memory that is trimmed really goes.

    ::

        pool = TensorPool(capacity=256 << 20, limit=1 << 30)
        with pool.take((4096, 4096)) as lease:
            torch.mm(a, b, out=lease.tensor)

    On CUDA a block is lent again in stream order: whoever used it on another stream must make the stream that takes it
    next wait for that.
    """

    kind = "tensor pool"
    can_trim = True

    def __init__(
        self,
        capacity: int,
        limit: int | None = None,
        device: torch.device | str = "cpu",
        *,
        bypass_below: int | None = None,
        pinned: bool = False,
        name: str | None = None,
    ) -> None:
        """Allocates nothing yet.

        Args:
            capacity: bytes that it holds before it grows; free blocks of other sizes are dropped first.
            limit: bytes up to which the capacity doubles when it does not suffice; None for no limit.
            bypass_below: blocks of up to so many bytes come straight from torch and are not kept; None to measure what
                is faster here.
            pinned: page-locked host memory.

        Raises:
            ValueError: a size makes no sense, or the device is neither cpu nor cuda.
        """
        if capacity < SMALLEST or (limit is not None and limit < capacity):
            raise ValueError(
                f"capacity must be at least {SMALLEST} and at most the limit, not {capacity} with the limit {limit}"
            )
        super().__init__(name)
        self.device = torch.device(device)
        self._memory = memory_for(self.device, pinned=pinned)
        self._bypass = bypass_size(self.device.type) if bypass_below is None else bypass_below
        # Reentrant: a collection inside may run the finalizer of an object that gives a lease back.
        self._lock = threading.RLock()
        self._capacity = capacity
        self._limit = limit
        self._free: dict[int, list[torch.UntypedStorage]] = {}
        self._orphans: list[tuple[torch.UntypedStorage, int]] = []
        self._lines: Counter[str] = Counter()
        # A lease may be collected inside any operation, also one that holds the lock: what is lost waits here.
        self._lost: deque[tuple[torch.UntypedStorage | None, Leak]] = deque()
        self._leaks: Counter[Leak] = Counter()
        self._used = self._kept = self._peak = 0
        self._hits = self._misses = self._bypassed = self._grown = 0
        self._closed = False

    # Lending.

    def take(self, shape: int | Sequence[int], dtype: torch.dtype = torch.float32) -> Lease:
        """Lend a tensor.

        Raises:
            PoolFullError: the limit does not allow it; the text tells which lines hold the most.
            ValueError: the pool is closed.
        """
        dims = (shape,) if isinstance(shape, int) else tuple(shape)
        wanted = math.prod(dims) * dtype.itemsize
        line = calling_line(2)
        if wanted <= self._bypass:
            with self._lock:
                self._require_open()
                self._bypassed += 1
            return Lease(self, None, torch.empty(dims, dtype=dtype, device=self.device), line, 0)
        size = size_class(wanted)
        storage, dropped = self._find(size, line)
        if dropped:
            del dropped
            self._memory.released()
        if storage is None:
            try:
                storage = self._memory.allocate(size)
            except BaseException:
                with self._lock:
                    self._used -= size
                    self._uncount(line, size)
                raise
        tensor = torch.empty(0, dtype=dtype, device=self.device)
        tensor.set_(storage, 0, dims, _strides(dims))  # type: ignore[call-overload, unused-ignore]
        return Lease(self, storage, tensor, line, size)

    def give_back(self, lease: Lease) -> None:
        """Take a block back; the same as `lease.give_back()`.

        Raises:
            StillViewedError: a view, a numpy array or a graph still uses it; the text names it. It stays lent.
            ValueError: it was given back already, or belongs to another pool.
        """
        if lease._pool is not self:
            raise ValueError(f"the lease from {lease.line} belongs to the pool {lease._pool.name}, not to {self.name}")
        storage = lease.storage
        if storage is not None and lease.is_open:
            self._require_unviewed(lease, storage)
        with self._lock:
            if not lease.is_open:
                raise ValueError(f"the lease from {lease.line} was given back already")
            lease.is_open = False
        # Empties the leased tensor and raises its version, so that a graph that saved it would tell.
        with torch.no_grad():
            lease.tensor.set_()
        lease.storage = None
        if storage is not None:
            with self._lock:
                self._take_in(storage, lease.size_bytes, lease.line)

    def abandon(self, lease: Lease) -> None:
        """Give up a block in the wake of an exception: it is lent again once nothing views it any more."""
        with self._lock:
            if not lease.is_open:
                return
            lease.is_open = False
            storage, lease.storage = lease.storage, None
            if storage is not None:
                self._orphans.append((storage, lease.size_bytes))
                self._uncount(lease.line, lease.size_bytes)
        lease.tensor = torch.empty(0, dtype=lease.tensor.dtype, device=self.device)

    def lost(self, lease: Lease) -> None:
        """A lease is garbage and was not given back. Called by it, possibly inside any operation of this thread."""
        if lease.storage is not None:
            self._lost.append((lease.storage, Leak(lease.line, lease.size_bytes)))
            warnings.warn(f"a lease of the pool {self.name} taken at {lease.line} was dropped without being given back",
                          ResourceWarning, stacklevel=3)  # fmt: skip

    # Keeping.

    def trim(self) -> int:
        """Drop the blocks that nobody has; returns their bytes."""
        with self._lock:
            self._reclaim()
            dropped, self._free = self._free, {}
            freed, self._kept = self._kept, 0
        del dropped
        self._memory.released()
        return freed

    def close(self) -> None:
        """Drop everything; leases that are still out are reported, and their memory lives as long as they do.

        Nothing can be taken afterwards; what is given back is dropped.
        """
        self.trim()
        with self._lock:
            if self._closed:
                return
            self._closed = True
            out = self._lines.total()
            lines = _most(self._lines)
        registry.forget(self)
        if out:
            text = f"the pool {self.name} is closed while {out} bytes are lent, taken at: {lines}"
            warnings.warn(text, ResourceWarning, stacklevel=2)

    def leaks(self) -> dict[Leak, int]:
        """Leases that were dropped without being given back, by the line that took them, with their number."""
        with self._lock:
            self._reclaim()
            return dict(self._leaks)

    def describe(self) -> PoolInfo:
        """Exact numbers of this moment."""
        with self._lock:
            leaked = [*self._leaks.items(), *((leak, 1) for _, leak in list(self._lost))]
            notes = tuple(
                f"{count} lease(s) of {leak.size_bytes} bytes leaked at {leak.line}"
                for leak, count in leaked[:_LEAKS_TOLD]
            )
            return PoolInfo(
                self.name, self.kind, self._used, self._used + self._kept, self._limit, self._hits, self._misses,
                settings=self._settings(), notes=notes, can_trim=self._kept > 0,
                counters={"capacity_bytes": self._capacity, "peak_bytes": self._peak, "bypassed_count": self._bypassed,
                          "grown_count": self._grown, "leaked_count": sum(count for _, count in leaked)},
            )  # fmt: skip

    def settings(self) -> dict[str, Setting]:
        """The limit, and below which size the pool stands aside."""
        with self._lock:
            return self._settings()

    def _settings(self) -> dict[str, Setting]:
        limit = _NO_LIMIT if self._limit is None else self._limit
        most = _NO_LIMIT if self._limit is None else max(_NO_LIMIT, limit)
        return {
            "limit": Setting(limit, max(SMALLEST, self._used), most, "bytes"),
            "bypass_below": Setting(self._bypass, 0, 1 << 30, "bytes"),
        }

    def _apply(self, name: str, value: float) -> None:
        dropped: list[torch.UntypedStorage] = []
        with self._lock:
            if name == "bypass_below":
                self._bypass = int(value)
            else:
                self._limit = int(value)
                self._capacity = min(self._capacity, self._limit)
                dropped = self._drop_until(self._limit - self._used)
        if dropped:
            del dropped
            self._memory.released()

    # Under the lock.

    def _find(self, size: int, line: str) -> tuple[torch.UntypedStorage | None, list[torch.UntypedStorage]]:
        """A free block, or room for a new one; and the blocks that make way for it."""
        with self._lock:
            self._require_open()
            self._reclaim()
            stack = self._free.get(size)
            dropped: list[torch.UntypedStorage] = []
            storage = None
            if stack:
                storage = stack.pop()
                self._kept -= size
                self._hits += 1
            else:
                dropped = self._make_room(size)
                self._misses += 1
            self._used += size
            self._lines[line] += size
            self._peak = max(self._peak, self._used + self._kept)
            return storage, dropped

    def _make_room(self, size: int) -> list[torch.UntypedStorage]:
        dropped: list[torch.UntypedStorage] = []
        if self._used + self._kept + size > self._capacity:
            dropped = self._drop_until(self._capacity - self._used - size)
        needed = self._used + size
        if needed > self._capacity:
            if self._limit is not None and needed > self._limit:
                raise PoolFullError(
                    f"the pool {self.name} cannot lend {size} bytes: {self._used} of {self._limit} are lent, taken at: "
                    f"{_most(self._lines)}. Give leases back earlier, or raise the limit"
                )
            while self._capacity < needed:
                self._capacity *= 2
                self._grown += 1
            if self._limit is not None:
                self._capacity = min(self._capacity, self._limit)
        return dropped

    def _drop_until(self, room: int) -> list[torch.UntypedStorage]:
        """Take free blocks out, the largest first, until what is kept fits into `room`."""
        dropped: list[torch.UntypedStorage] = []
        for size in sorted(self._free, reverse=True):
            stack = self._free[size]
            while stack and self._kept > max(0, room):
                dropped.append(stack.pop())
                self._kept -= size
        return dropped

    def _take_in(self, storage: torch.UntypedStorage, size: int, line: str) -> None:
        self._used -= size
        self._uncount(line, size)
        if not self._closed and self._used + self._kept + size <= self._capacity:
            self._free.setdefault(size, []).append(storage)
            self._kept += size

    def _reclaim(self) -> None:
        """Note what was lost, and take in what nothing views any more."""
        while self._lost:
            storage, leak = self._lost.popleft()
            self._leaks[leak] += 1
            self._uncount(leak.line, leak.size_bytes)
            if storage is not None:
                self._orphans.append((storage, leak.size_bytes))
        if self._orphans:
            orphans, self._orphans = self._orphans, []
            storage = None
            while orphans:
                storage, size = orphans.pop()
                if users_of(storage) > 1:
                    self._orphans.append((storage, size))
                else:
                    self._used -= size
                    if not self._closed and self._used + self._kept + size <= self._capacity:
                        self._free.setdefault(size, []).append(storage)
                        self._kept += size

    def _uncount(self, line: str, size: int) -> None:
        self._lines[line] -= size
        if self._lines[line] <= 0:
            del self._lines[line]

    def _require_open(self) -> None:
        if self._closed:
            raise ValueError(f"the pool {self.name} is closed")

    def _require_unviewed(self, lease: Lease, storage: torch.UntypedStorage) -> None:
        # The lease's own reference and its tensor.
        others = users_of(storage) - 2
        if others <= 0 and lease.tensor._use_count() <= 1:
            return
        found = viewers(storage, lease.tensor)
        if not found:
            graph = lease.tensor._use_count() > 1
            found = ["an autograd graph that saved it for backward" if graph else "a storage or native object"]
        raise StillViewedError(
            f"the block taken at {lease.line} is given back while it is still viewed by: {'; '.join(found[:5])}. "
            "Copy what is needed, or drop the view first"
        )


def _most(lines: Counter[str]) -> str:
    return ", ".join(f"{line} ({size} bytes)" for line, size in lines.most_common(3)) or "nowhere"


def _strides(dims: Sequence[int]) -> tuple[int, ...]:
    strides, step = [], 1
    for dim in reversed(dims):
        strides.append(step)
        step *= max(1, dim)
    return tuple(reversed(strides))
