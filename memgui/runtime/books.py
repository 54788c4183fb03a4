"""The books of a pool: which blocks are free, how much is lent and kept, and who has it. Under the pool's lock."""

from __future__ import annotations

from collections import Counter

import torch

from memgui.runtime.lease import PoolFullError


class Books:
    """Keeps `used + kept <= capacity <= limit`.

    Attributes:
        capacity: bytes that may be held at present; doubles up to the limit.
        limit: None for none.
        used, kept: bytes that are lent, and that wait to be lent again; `peak` is the most of both together.
        hits, misses, grown: free blocks lent, new ones needed, and how often the capacity doubled.
    """

    def __init__(self, name: str, capacity: int, limit: int | None) -> None:
        self._name = name
        self._free: dict[int, list[torch.UntypedStorage]] = {}
        self._lines: Counter[str] = Counter()
        self.capacity, self.limit = capacity, limit
        self.used = self.kept = self.peak = 0
        self.hits = self.misses = self.grown = 0

    def lend(self, size: int, line: str) -> tuple[torch.UntypedStorage | None, list[torch.UntypedStorage]]:
        """A free block, or None where a new one has to be made; and the blocks that make way for it.

        Raises:
            PoolFullError: the limit does not allow it.
        """
        stack = self._free.get(size)
        dropped: list[torch.UntypedStorage] = []
        storage = None
        if stack:
            storage = stack.pop()
            self.kept -= size
            self.hits += 1
        else:
            dropped = self._make_room(size)
            self.misses += 1
        self.used += size
        self._lines[line] += size
        self.peak = max(self.peak, self.used + self.kept)
        return storage, dropped

    def end(self, size: int) -> None:
        """A block is lent no more."""
        self.used -= size

    def forget_line(self, line: str, size: int) -> None:
        """A line has a block no more."""
        self._lines[line] -= size
        if self._lines[line] <= 0:
            del self._lines[line]

    def keep(self, storage: torch.UntypedStorage, size: int) -> None:
        """Lend it again later, if there is room for it."""
        if self.used + self.kept + size <= self.capacity:
            self._free.setdefault(size, []).append(storage)
            self.kept += size

    def drop_all(self) -> tuple[int, list[torch.UntypedStorage]]:
        """Take out every free block; their bytes, and the blocks."""
        freed = self.kept
        return freed, self._drop_until(0)

    def set_limit(self, limit: int | None) -> list[torch.UntypedStorage]:
        """Another limit; the blocks for which it has no room any more."""
        self.limit = limit
        if limit is None:
            return []
        self.capacity = min(self.capacity, limit)
        return self._drop_until(limit - self.used)

    @property
    def lent(self) -> int:
        """Bytes of leases that are out and not lost."""
        return self._lines.total()

    def most(self) -> str:
        """The lines that hold the most, in words."""
        return ", ".join(f"{line} ({size} bytes)" for line, size in self._lines.most_common(3)) or "nowhere"

    def _make_room(self, size: int) -> list[torch.UntypedStorage]:
        dropped: list[torch.UntypedStorage] = []
        needed = self.used + size
        if self.limit is not None and needed > self.limit:
            raise PoolFullError(
                f"the pool {self._name} cannot lend {size} bytes: {self.used} of {self.limit} are lent, taken at: "
                f"{self.most()}. Give leases back earlier, or raise the limit"
            )
        if needed + self.kept > self.capacity:
            dropped = self._drop_until(self.capacity - needed)
        while self.capacity < needed:
            self.capacity *= 2
            self.grown += 1
        if self.limit is not None:
            self.capacity = min(self.capacity, self.limit)
        return dropped

    def _drop_until(self, room: int) -> list[torch.UntypedStorage]:
        """Take free blocks out, the largest first, until what is kept fits into `room`."""
        dropped: list[torch.UntypedStorage] = []
        for size in sorted(self._free, reverse=True):
            stack = self._free[size]
            while stack and self.kept > max(0, room):
                dropped.append(stack.pop())
                self.kept -= size
        return dropped
