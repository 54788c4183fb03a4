"""BufferedBatches: samples gathered into batches whose size may change at every batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

import torch
from torch.utils.data import default_collate

from memgui.protocol.pools import PoolInfo, Setting
from memgui.runtime.block import Block
from memgui.runtime.headroom import free_ratio
from memgui.runtime.sizes import bytes_of

T = TypeVar("T")
_MOST = 1 << 20
# Between these shares of free memory the size stays; the gap keeps it from swinging.
_GROW_ABOVE, _SHRINK_BELOW = 0.4, 0.15
_PATIENCE = 16


class BufferedBatches(Block, Generic[T]):
    """Each `for` loop passes over the samples once, in order, and drops none: the last batch is what is left.

    The size is asked for when a batch begins, so a change acts with the next batch.

    ::

        batches = BufferedBatches(samples, size=32, schedule=lambda batch: 32 if batch < 1000 else 64)
        batches = BufferedBatches(samples, size=32, limit=256, by_headroom=True)
    """

    kind = "batches"

    def __init__(
        self,
        samples: Iterable[T],
        size: int,
        *,
        limit: int = _MOST,
        schedule: Callable[[int], int] | None = None,
        by_headroom: bool = False,
        headroom: Callable[[], float | None] | None = None,
        collate: Callable[[list[T]], Any] = default_collate,
        name: str | None = None,
    ) -> None:
        """Who decides the size: the schedule, the headroom, or nobody but `size`. Setting a size ends either.

        Args:
            samples: iterated over anew for each pass.
            size: samples in a batch, to begin with.
            limit: the largest size.
            schedule: the size for the batch of a number; they are counted over all passes, from 0.
            by_headroom: double where memory is free for a while, halve where it gets short.
            headroom: share of memory that is free; None to ask the host, or the device in use.
            collate: makes a batch of a list of samples.

        Raises:
            ValueError: a size is out of range, or both ways of deciding were asked for.
        """
        if not 1 <= size <= limit <= _MOST:
            raise ValueError(f"1 <= size <= limit <= {_MOST} must hold, got size {size} and limit {limit}")
        if schedule is not None and by_headroom:
            raise ValueError("the size follows a schedule or the headroom, not both")
        super().__init__(name)
        self._samples = samples
        self._size, self._limit = size, limit
        self._schedule = schedule
        self._by_headroom = by_headroom
        self._headroom = headroom or _free_ratio
        self._collate = collate
        self._batches = self._taken = self._waiting = self._since = 0
        self._batch_bytes: int | None = None

    @property
    def size(self) -> int:
        """Samples in the next batch."""
        return self._size

    def __iter__(self) -> Iterator[Any]:
        """One pass."""
        gathered: list[T] = []
        size = 0
        for sample in self._samples:
            if not gathered:
                size = self._decide()
            gathered.append(sample)
            self._waiting = len(gathered)
            if len(gathered) >= size:
                yield self._make(gathered)
                gathered = []
        if gathered:
            yield self._make(gathered)

    def _make(self, gathered: list[T]) -> Any:
        batch = self._collate(gathered)
        self._batch_bytes = bytes_of(batch)
        self._batches += 1
        self._taken += len(gathered)
        self._waiting = 0
        return batch

    def _decide(self) -> int:
        if self._schedule is not None:
            size = self._schedule(self._batches)
            if not 1 <= size <= self._limit:
                raise ValueError(f"the schedule gave {size} for batch {self._batches}; 1 to {self._limit} is allowed")
            self._size = size
        elif self._by_headroom:
            self._since += 1
            free = self._headroom()
            if free is not None and free < _SHRINK_BELOW:
                self._size, self._since = max(1, self._size // 2), 0
            elif free is not None and free > _GROW_ABOVE and self._since >= _PATIENCE:
                self._size, self._since = min(self._limit, self._size * 2), 0
        return self._size

    def describe(self) -> PoolInfo:
        """Samples handed out, and the bytes of the last batch."""
        decides = "schedule" if self._schedule else "headroom" if self._by_headroom else "setting"
        return PoolInfo(
            self.name, self.kind, self._batch_bytes, self._batch_bytes, settings=self.settings(),
            counters={"batches_count": self._batches, "samples_count": self._taken, "gathered_count": self._waiting},
            notes=(f"the size follows the {decides}",) if decides != "setting" else (),
        )  # fmt: skip

    def settings(self) -> dict[str, Setting]:
        """The size."""
        return {"size": Setting(self._size, 1, self._limit)}

    def _apply(self, name: str, value: float) -> None:
        self._size, self._schedule, self._by_headroom = int(value), None, False


def _free_ratio() -> float | None:
    used = torch.cuda.is_available() and torch.cuda.is_initialized()
    return free_ratio(torch.device("cuda" if used else "cpu"))
