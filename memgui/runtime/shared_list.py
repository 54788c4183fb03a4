"""SharedListDataset: a list of Python objects that loader workers do not copy."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

import torch
from torch.utils.data import Dataset

from memgui.protocol.pools import PoolInfo
from memgui.runtime.block import Block
from memgui.runtime.shared_memory import SharedMemory

T = TypeVar("T")


class SharedListDataset(Dataset, Block, Generic[T]):
    """Takes the place of a list in a dataset: the same objects by the same index, read-only.

    A forked worker that reads a list of Python objects writes to it, since every object counts its references, and so
    copies it page by page. Here the objects lie serialised in shared memory, which is only read, and each is made anew
    when it is asked for. Source: Yuxin Wu, Demystify RAM Usage in Multi-Process Data Loaders, 2022.

    ::

        samples = SharedListDataset(json.loads(line) for line in open("train.jsonl"))
        loader = DataLoader(samples, num_workers=8, collate_fn=collate)
    """

    kind = "shared list"

    def __init__(
        self,
        items: Iterable[T],
        *,
        encode: Callable[[T], bytes] | None = None,
        decode: Callable[[bytes], T] | None = None,
        name: str | None = None,
    ) -> None:
        """Serialise the items, one at a time, so that an iterator need not be a list first.

        Args:
            encode, decode: how an item becomes bytes and back; pickle if left out. Both or neither.

        Raises:
            ValueError: only one of `encode` and `decode` was given.
        """
        if (encode is None) != (decode is None):
            raise ValueError("encode and decode belong together: give both or neither")
        Block.__init__(self, name)
        self._decode = pickle.loads if decode is None else decode
        write = encode or _pickle
        data = SharedMemory("list")
        ends = [0]
        with open(data.fd, "wb", closefd=False) as out:
            for item in items:
                ends.append(ends[-1] + out.write(write(item)))
        self._data = data
        self._ends = SharedMemory("list-ends", 8 * len(ends))
        self._count = len(ends) - 1
        self._ends.tensor(0, torch.int64, (len(ends),)).copy_(torch.tensor(ends))
        self._size = ends[-1]

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, at: int) -> T:
        place = at + self._count if at < 0 else at
        if not 0 <= place < self._count:
            raise IndexError(f"index {at} is out of range: {self.name} has {self._count} items")
        ends = self._ends.buffer(8 * (self._count + 1))
        begin, end = memoryview(ends).cast("q")[place : place + 2]
        item: T = self._decode(self._data.buffer(end)[begin:end] if end > begin else b"")
        return item

    def __iter__(self) -> Iterator[T]:
        return (self[at] for at in range(self._count))

    def describe(self) -> PoolInfo:
        """Its size."""
        size = self._size + 8 * (self._count + 1)
        return PoolInfo(self.name, self.kind, size, size, None, counters={"entries_count": self._count})


def _pickle(item: Any) -> bytes:
    return pickle.dumps(item, pickle.HIGHEST_PROTOCOL)
