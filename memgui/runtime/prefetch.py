"""Prefetcher: batches are made ahead by a thread, so that a slow one does not stop the loop."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Generic, TypeVar

import torch

from memgui.protocol.pools import PoolInfo, Setting
from memgui.runtime import registry
from memgui.runtime.ahead import Ahead
from memgui.runtime.block import Block
from memgui.runtime.depth import DepthRule
from memgui.runtime.transfer import transfer_to

T = TypeVar("T")
MAX_DEPTH = 64
_MOST = 1 << 46


class Prefetcher(Block, Generic[T]):
    """Iterates over a source with `depth` batches ready ahead; each `for` loop is a new pass over it.

    Batches, the end and errors arrive in the source's order. A loop may be left at any time: the thread ends with the
    iterator. The source is used on that thread only.

    ::

        for batch in Prefetcher(loader, depth=2, device="cuda"):
            ...

    With a device, batches are page-locked and copied on a stream of their own.
    """

    kind = "prefetcher"

    def __init__(
        self,
        source: Iterable[T],
        depth: int = 2,
        max_bytes: int | None = None,
        *,
        device: torch.device | str | None = None,
        automatic: bool = False,
        name: str | None = None,
    ) -> None:
        """Starts nothing yet.

        Args:
            depth: batches kept ready; 0 to make each one only when it is asked for. Can be changed during a pass.
            max_bytes: bytes that may be ready; one batch always may. None for no limit.
            device: where the batches are to be; None to leave them where they are.
            automatic: have the depth chosen: the smallest that keeps the loop from stalling, within `max_bytes`.

        Raises:
            ValueError: a number is out of range, or batches cannot be moved to the device.
        """
        if not 0 <= depth <= MAX_DEPTH:
            raise ValueError(f"depth must be from 0 to {MAX_DEPTH}, not {depth}")
        if max_bytes is not None and max_bytes <= 0:
            raise ValueError(f"max_bytes must be positive or None, not {max_bytes}")
        super().__init__(name)
        self._source = source
        self._transfer = transfer_to(None if device is None else torch.device(device))
        self._depth = depth
        self._max_bytes = max_bytes
        self._rule = DepthRule(1, MAX_DEPTH) if automatic else None
        self._lock = threading.Lock()
        self._ahead: Ahead | None = None
        self._taken = self._stalls = 0
        self._stall_s = 0.0

    @property
    def depth(self) -> int:
        """Batches kept ready."""
        return self._depth

    @depth.setter
    def depth(self, depth: int) -> None:
        self.set(depth=depth)

    @property
    def automatic(self) -> bool:
        """The depth is chosen by the rule."""
        return self._rule is not None

    def __iter__(self) -> Iterator[T]:
        """A new pass; the one before is closed."""
        self.close_pass()
        ahead = Ahead(iter(self._source), self._transfer, self._depth, self._max_bytes)
        with self._lock:
            self._ahead = ahead
        return _Pass(self, ahead)

    def __len__(self) -> int:
        return len(self._source)  # type: ignore[arg-type]

    def close_pass(self) -> None:
        """End the pass that is under way, if any: its thread, and the batches that were ready."""
        with self._lock:
            ahead = self._ahead
        if ahead is not None:
            self._settle(ahead)
            ahead.close()

    def close(self) -> None:
        """End the pass and take the prefetcher out of the list of blocks."""
        self.close_pass()
        registry.forget(self)

    def __enter__(self) -> Prefetcher[T]:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def describe(self) -> PoolInfo:
        """Hits are batches that were ready when the loop asked."""
        with self._lock:
            ahead = self._ahead
            taken, stalls, stall_s = self._taken, self._stalls, self._stall_s
        used = ready = 0
        if ahead is not None:
            taken, stalls, stall_s = taken + ahead.taken, stalls + ahead.waited, stall_s + ahead.waited_s
            used, ready = ahead.bytes, ahead.ready
        return PoolInfo(
            self.name, self.kind, used, used, self._max_bytes, taken - stalls, stalls, stalls, round(stall_s, 6),
            settings=self.settings(),
            counters={"ready_count": ready, "batches_count": taken, "automatic": int(self.automatic)},
        )  # fmt: skip

    def settings(self) -> dict[str, Setting]:
        """Depth, byte budget, and whether the depth is chosen by itself."""
        budget = _MOST if self._max_bytes is None else self._max_bytes
        return {
            "depth": Setting(self._depth, 0, MAX_DEPTH),
            "max_bytes": Setting(budget, 1, _MOST, "bytes"),
            "automatic": Setting(int(self.automatic), 0, 1),
        }

    def _apply(self, name: str, value: float) -> None:
        if name == "depth":
            # Somebody who sets a depth wants this one.
            self._depth, self._rule = int(value), None
        elif name == "max_bytes":
            self._max_bytes = None if value >= _MOST else int(value)
        else:
            self._rule = (self._rule or DepthRule(1, MAX_DEPTH)) if value else None
        with self._lock:
            ahead = self._ahead
        if ahead is not None:
            ahead.steer(self._depth, self._max_bytes)

    def _took(self, ahead: Ahead, ready: int, *, stalled: bool) -> None:
        rule = self._rule
        if rule is None:
            return
        room = MAX_DEPTH
        if self._max_bytes is not None and ahead.largest:
            room = self._max_bytes // ahead.largest
        depth = rule.next(self._depth, ready, stalled=stalled, room=room)
        if depth != self._depth:
            self._depth = depth
            ahead.steer(depth, self._max_bytes)

    def _settle(self, ahead: Ahead) -> None:
        """Add what a pass counted to the sum, once."""
        with self._lock:
            if self._ahead is ahead:
                self._ahead = None
                self._taken += ahead.taken
                self._stalls += ahead.waited
                self._stall_s += ahead.waited_s


class _Pass(Iterator[T]):
    """One `for` loop's end of the buffer; when it is garbage the thread ends."""

    def __init__(self, prefetcher: Prefetcher[T], ahead: Ahead) -> None:
        self._prefetcher = prefetcher
        self._ahead = ahead
        self._finalizer = weakref.finalize(self, ahead.close, 0.0)

    def __next__(self) -> T:
        try:
            batch, ready, stalled = self._ahead.take()
        except BaseException:
            self.close()
            raise
        self._prefetcher._took(self._ahead, ready, stalled=stalled)
        made: T = batch
        return made

    def close(self) -> None:
        """End the pass."""
        self._prefetcher._settle(self._ahead)
        self._finalizer.detach()
        self._ahead.close()
