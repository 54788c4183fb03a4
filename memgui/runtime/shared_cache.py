"""SharedTensorCache: tensors that all workers of a run read in place."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any, TypeAlias

import torch

from memgui.protocol.pools import PoolInfo, Setting
from memgui.runtime import registry
from memgui.runtime.block import Block
from memgui.runtime.shared_memory import SharedMemory
from memgui.runtime.shared_table import SharedTable, digest_of

_ALIGNED = 64
_MOST = 1 << 46
Value: TypeAlias = "torch.Tensor | tuple[torch.Tensor, ...]"
Key: TypeAlias = "int | str | bytes"


class SharedTensorCache(Block):
    """Put once in any process, read without a copy in all of them. Thread- and process-safe.

    Hand it to a dataset: it goes to loader workers by fork as well as by spawn. Values are tensors of the host, or
    tuples of them. What is read is a view of shared memory and is not to be written to.

    Nothing is evicted: an epoch reads every sample once in a new order, and a cache that keeps what it has serves a
    larger share of it than one that makes room by the last use. Source: Mohan et al., Analyzing and Mitigating Data
    Stalls in DNN Training, VLDB 2021, section 4.1. At the limit `put` declines.

    The memory has no name in the file system and goes with the last process that uses it, after `kill -9` too.

    ::

        cache = SharedTensorCache(limit_bytes=8 << 30)

        class Pictures(Dataset):
            def __getitem__(self, at):
                return cache.get_or_make(at, lambda: decode(self.paths[at]))
    """

    kind = "shared cache"

    def __init__(self, limit_bytes: int, *, entries: int = 1 << 20, name: str | None = None) -> None:
        """Reserves addresses, not memory.

        Args:
            limit_bytes: bytes that all values together may take.
            entries: how many values are expected at most; the index takes 40 bytes for each.

        Raises:
            ValueError: the limit or the number of entries is not positive.
        """
        if limit_bytes <= 0 or entries <= 0:
            raise ValueError(f"limit_bytes and entries must be positive, got {limit_bytes} and {entries}")
        super().__init__(name)
        self._owner_pid = os.getpid()
        self._table = SharedTable(entries * 4 // 3 + 1)
        self._arena = SharedMemory("arena")
        self._generation = 1
        with self._table as table:
            table.write(generation=1, arena_fd=self._arena.fd, limit=limit_bytes)

    @property
    def can_trim(self) -> bool:  # type: ignore[override]
        """Only the process that made it clears it."""
        return self._owner_pid == os.getpid()

    def get(self, key: Key, default: Any = None) -> Any:
        """The value, as a view of shared memory; `default` where it is not there."""
        digest = digest_of(key)
        with self._table as table:
            arena = self._current(table)
            found = table.find(digest, self._generation)
            table.count("misses" if found is None else "hits")
        return default if found is None else _read(arena, *found)

    def put(self, key: Key, value: Value) -> bool:
        """Copy a value in; False where it does not fit any more. A key that is there already keeps its value.

        Raises:
            TypeError: neither a tensor nor a tuple of tensors.
            ValueError: a tensor is not on the host, or is sparse.
        """
        head, parts = _plan(value)
        digest = digest_of(key)
        with self._table as table:
            arena = self._current(table)
            if table.find(digest, self._generation) is not None:
                return True
            state = table.read()
            length = _aligned(8 + len(head)) + sum(_aligned(part.numel() * part.element_size()) for part in parts)
            if state["used"] + length > state["limit"] or not table.has_room(state["entries"]):
                table.count("declined")
                return False
            # Under the lock: whoever is killed while copying leaves nothing behind, since `used` is raised last.
            offset = state["used"]
            if os.fstat(arena.fd).st_size < offset + length:
                arena.resize(max(offset + length, min(state["limit"], 2 * (offset + length))))
            _write(arena, offset, length, head, parts)
            table.add(digest, self._generation, offset, length)
            table.write(used=offset + length, entries=state["entries"] + 1)
        return True

    def get_or_make(self, key: Key, make: Callable[[], Value]) -> Any:
        """The value; made, and kept if it fits, where it is not there."""
        found = self.get(key)
        if found is None:
            found = make()
            self.put(key, found)
        return found

    def __contains__(self, key: Key) -> bool:
        digest = digest_of(key)
        with self._table as table:
            self._current(table)
            return table.find(digest, self._generation) is not None

    def __len__(self) -> int:
        with self._table as table:
            return table.read()["entries"]

    def clear(self) -> int:
        """Begin anew, for all processes; returns the bytes. What somebody still views stays valid as long as that.

        Raises:
            RuntimeError: only the process that made the cache can.
        """
        if not self.can_trim:
            raise RuntimeError(f"only the process that made the cache {self.name} can clear it")
        with self._table as table:
            old, self._arena = self._arena, SharedMemory("arena")
            freed = table.read()["used"]
            self._generation += 1
            table.write(generation=self._generation, arena_fd=self._arena.fd, used=0, entries=0)
            old.close()
        return freed

    def trim(self) -> int:
        """The same as `clear`."""
        return self.clear()

    def close(self) -> None:
        """Give up this process's share; the memory goes when the last process has done so or has ended."""
        registry.forget(self)
        self._arena.close()
        self._table.close()

    def describe(self) -> PoolInfo:
        """Numbers over all processes, exact while nobody is putting. Waits for nobody who holds the lock."""
        state = self._table.read()
        used = state["used"]
        counters: dict[str, float] = {"entries_count": state["entries"], "declined_count": state["declined"]}
        return PoolInfo(
            self.name, self.kind, used, used, state["limit"], state["hits"], state["misses"],
            settings=_settings(state), counters=counters, can_trim=self.can_trim and used > 0,
        )  # fmt: skip

    def settings(self) -> dict[str, Setting]:
        """The limit; what is there already stays."""
        return _settings(self._table.read())

    def _apply(self, name: str, value: float) -> None:
        with self._table as table:
            table.write(limit=int(value))

    def _current(self, table: SharedTable) -> SharedMemory:
        """The arena of the present generation, attached anew after the owner has cleared."""
        state = table.read()
        if state["generation"] != self._generation:
            fresh = SharedMemory.attach(self._owner_pid, state["arena_fd"])
            self._arena.close()
            self._arena, self._generation = fresh, state["generation"]
        return self._arena

    def __getstate__(self) -> dict[str, Any]:
        # Under the lock, so that arena and generation belong together.
        with self._table as table:
            arena = self._current(table)
            return {"name": self.name, "owner": self._owner_pid, "table": self._table, "arena": arena,
                    "generation": self._generation}  # fmt: skip

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Not registered: the process that made it shows the numbers of all.
        self.name, self._owner_pid = state["name"], state["owner"]
        self._table, self._arena, self._generation = state["table"], state["arena"], state["generation"]


def _settings(state: dict[str, int]) -> dict[str, Setting]:
    return {"limit_bytes": Setting(state["limit"], max(1, state["used"]), _MOST, "bytes")}


def _plan(value: Value) -> tuple[bytes, tuple[torch.Tensor, ...]]:
    """The head of an entry, which tells how to read it, and its tensors."""
    parts = value if isinstance(value, tuple) else (value,)
    for part in parts:
        if not isinstance(part, torch.Tensor):
            raise TypeError(f"a shared cache keeps tensors and tuples of tensors, not {type(part).__name__}")
        if part.device.type != "cpu" or part.layout is not torch.strided:
            raise ValueError(f"a shared cache keeps dense tensors of the host, not {part.layout} on {part.device}")
    shapes = [[str(part.dtype).removeprefix("torch."), list(part.shape)] for part in parts]
    return json.dumps([isinstance(value, tuple), shapes]).encode(), parts


def _write(arena: SharedMemory, offset: int, length: int, head: bytes, parts: tuple[torch.Tensor, ...]) -> None:
    whole = arena.buffer(offset + length)
    whole[offset : offset + 8] = len(head).to_bytes(8, "little")
    whole[offset + 8 : offset + 8 + len(head)] = head
    at = offset + _aligned(8 + len(head))
    for part in parts:
        arena.tensor(at, part.dtype, tuple(part.shape)).copy_(part.detach())
        at += _aligned(part.numel() * part.element_size())


def _read(arena: SharedMemory, offset: int, length: int) -> Any:
    whole = arena.buffer(offset + length)
    size = int.from_bytes(whole[offset : offset + 8], "little")
    is_tuple, shapes = json.loads(whole[offset + 8 : offset + 8 + size])
    at = offset + _aligned(8 + size)
    parts = []
    for word, shape in shapes:
        part = arena.tensor(at, getattr(torch, word), tuple(shape))
        parts.append(part)
        at += _aligned(part.numel() * part.element_size())
    return tuple(parts) if is_tuple else parts[0]


def _aligned(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED
