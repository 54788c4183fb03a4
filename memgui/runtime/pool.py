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
from memgui.runtime.books import Books
from memgui.runtime.bypass import bypass_size
from memgui.runtime.lease import Leak, Lease, StillViewedError, calling_line
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
        self._books = Books(self.name, capacity, limit)
        self._orphans: list[tuple[torch.UntypedStorage, int]] = []
        # A lease may be collected inside any operation, also one that holds the lock: what is lost waits here.
        self._lost: deque[tuple[torch.UntypedStorage | None, Leak]] = deque()
        self._leaks: Counter[Leak] = Counter()
        self._bypassed = 0
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
        with self._lock:
            self._require_open()
            self._reclaim()
            storage, dropped = self._books.lend(size, line)
        if dropped:
            del dropped
            self._memory.released()
        if storage is None:
            try:
                storage = self._memory.allocate(size)
            except BaseException:
                with self._lock:
                    self._books.end(size)
                    self._books.forget_line(line, size)
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
                self._books.forget_line(lease.line, lease.size_bytes)
                self._take_in(storage, lease.size_bytes)

    def abandon(self, lease: Lease) -> None:
        """Give up a block in the wake of an exception: it is lent again once nothing views it any more."""
        with self._lock:
            if not lease.is_open:
                return
            lease.is_open = False
            storage, lease.storage = lease.storage, None
            if storage is not None:
                self._orphans.append((storage, lease.size_bytes))
                self._books.forget_line(lease.line, lease.size_bytes)
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
            freed, dropped = self._books.drop_all()
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
            out, lines = self._books.lent, self._books.most()
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
            books = self._books
            return PoolInfo(
                self.name, self.kind, books.used, books.used + books.kept, books.limit, books.hits, books.misses,
                settings=self._settings(), notes=notes, can_trim=books.kept > 0,
                counters={"capacity_bytes": books.capacity, "peak_bytes": books.peak, "grown_count": books.grown,
                          "bypassed_count": self._bypassed, "leaked_count": sum(count for _, count in leaked)},
            )  # fmt: skip

    def settings(self) -> dict[str, Setting]:
        """The limit, and below which size the pool stands aside."""
        with self._lock:
            return self._settings()

    def _settings(self) -> dict[str, Setting]:
        limit = _NO_LIMIT if self._books.limit is None else self._books.limit
        return {
            "limit": Setting(limit, max(SMALLEST, self._books.used), max(_NO_LIMIT, limit), "bytes"),
            "bypass_below": Setting(self._bypass, 0, 1 << 30, "bytes"),
        }

    def _apply(self, name: str, value: float) -> None:
        if name == "bypass_below":
            self._bypass = int(value)
            return
        with self._lock:
            dropped = self._books.set_limit(None if value >= _NO_LIMIT else int(value))
        if dropped:
            del dropped
            self._memory.released()

    # Under the lock.

    def _take_in(self, storage: torch.UntypedStorage, size: int) -> None:
        self._books.end(size)
        if not self._closed:
            self._books.keep(storage, size)

    def _reclaim(self) -> None:
        """Note what was lost, and take in what nothing views any more."""
        while self._lost:
            storage, leak = self._lost.popleft()
            self._leaks[leak] += 1
            self._books.forget_line(leak.line, leak.size_bytes)
            if storage is not None:
                self._orphans.append((storage, leak.size_bytes))
        orphans, self._orphans = self._orphans, []
        storage = None
        while orphans:
            storage, size = orphans.pop()
            if users_of(storage) > 1:
                self._orphans.append((storage, size))
            else:
                self._take_in(storage, size)

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


def _strides(dims: Sequence[int]) -> tuple[int, ...]:
    strides, step = [], 1
    for dim in reversed(dims):
        strides.append(step)
        step *= max(1, dim)
    return tuple(reversed(strides))
