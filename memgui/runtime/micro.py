"""MicroBatcher: the gradients of a large batch in the memory of a small one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

from memgui.protocol.pools import PoolInfo, Setting
from memgui.runtime.block import Block
from memgui.runtime.headroom import free_ratio
from memgui.runtime.splitting import is_out_of_memory, modules_of, piece, samples_in, why_not_split

_MOST = 1 << 20
# Batches at one size before a larger one is tried, and for how long a size that ran out of memory is not.
_PATIENCE = 32
_REMEMBERED = 1024
# Twice the samples need up to twice the activations: with this much free that is no gamble.
_GROW_ABOVE = 0.4


class NotSplittableError(ValueError):
    """The model needs the whole batch at once; nothing was computed."""


class MicroBatcher(Block):
    """Backward over a batch in pieces, with the gradients of the whole.

    The function sums the losses of the samples it gets. Each sum is divided by the count of the *whole* batch before
    backward, so the gradients are those of the mean however the batch is cut; the mean of the pieces' means is not that
    where the last piece is shorter.

    ::

        micro = MicroBatcher(lambda x, y: F.cross_entropy(model(x), y, reduction="sum"), limit=16)
        for x, y in loader:
            optimizer.zero_grad()
            loss = micro.backward(x, y)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()

    Out of memory, it halves the pieces and does the same batch again; with headroom it tries larger ones, up to the
    limit. Under DistributedDataParallel gradients are exchanged once a batch.
    """

    kind = "micro-batcher"

    def __init__(
        self,
        loss_sum: Callable[..., torch.Tensor],
        limit: int | None = None,
        *,
        model: nn.Module | None = None,
        headroom: Callable[[], float | None] | None = None,
        name: str | None = None,
    ) -> None:
        """Finds the model that the function uses.

        Args:
            loss_sum: called with a piece of each argument of `backward`; returns the sum, not the mean, of its losses.
            limit: samples in a piece at most; None to begin with the whole batch.
            model: what it trains; None to take the modules that `loss_sum` refers to.
            headroom: share of memory that is free; None to ask the device or the host.

        Raises:
            ValueError: the limit is not positive, or the model was not found and has to be given.
        """
        if limit is not None and not 1 <= limit <= _MOST:
            raise ValueError(f"limit must be from 1 to {_MOST}, not {limit}")
        self._modules = (model,) if model is not None else modules_of(loss_sum)
        if not self._modules:
            raise ValueError(
                "loss_sum refers to no module that could be found: pass it as MicroBatcher(…, model=model)"
            )
        super().__init__(name)
        self._loss_sum = loss_sum
        self._headroom = headroom or self._free_ratio
        self._limit = limit or _MOST
        self._size = self._limit
        self._batches = self._pieces = self._halved = self._grown = 0
        self._since = 0
        self._failed_size = _MOST + 1
        self._failed_at = 0

    @property
    def size(self) -> int:
        """Samples in a piece at most, at present."""
        return self._size

    def backward(self, *batch: Any, count: float | None = None, scaler: Any = None) -> torch.Tensor:
        """Add the gradients of the batch's mean loss to the parameters'.

        Args:
            batch: tensors, or nested tuples, lists and mappings of them, of one length in their first dimension.
            count: what the sum is divided by; None for the number of samples. For a mean over tokens, their number.
            scaler: a `torch.amp.GradScaler`; unscale, clip and step as ever afterwards.

        Returns:
            The mean loss, detached and not scaled.

        Raises:
            NotSplittableError: batch norm in train mode.
            ValueError: the batch has no common length.
            torch.OutOfMemoryError: a single sample does not fit; gradients are as before.
        """
        samples = samples_in(batch)
        whole = float(samples if count is None else count)
        # Copies only where the loop accumulates over batches; after zero_grad there is nothing to copy.
        kept = [(part, None if part.grad is None else part.grad.clone()) for part in self._parameters()]
        while True:
            size = min(self._size, samples)
            if size < samples:
                reason = why_not_split(self._modules)
                if reason is not None:
                    raise NotSplittableError(reason)
            total, error = self._attempt(batch, samples, size, whole, scaler)
            if total is not None:
                self._succeeded(size, samples)
                return total
            _restore(kept)
            if size == 1:
                raise error or RuntimeError("out of memory")
            # Its traceback holds the activations of the attempt.
            del error
            self._ran_out(size)

    def _attempt(
        self, batch: Any, samples: int, size: int, whole: float, scaler: Any
    ) -> tuple[torch.Tensor | None, BaseException | None]:
        total: torch.Tensor | None = None
        try:
            for start in range(0, samples, size):
                end = min(samples, start + size)
                with self._unsynchronised(last=end == samples):
                    loss = self._loss_sum(*piece(batch, start, end)) / whole
                    (loss if scaler is None else scaler.scale(loss)).backward()
                total = loss.detach() if total is None else total + loss.detach()
                del loss
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            return None, error
        return total, None

    @contextlib.contextmanager
    def _unsynchronised(self, *, last: bool) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for module in self._modules:
                quiet = getattr(module, "no_sync", None)
                if quiet is not None and not last:
                    stack.enter_context(quiet())
            yield

    def _parameters(self) -> list[nn.Parameter]:
        found = {id(part): part for module in self._modules for part in module.parameters()}
        return [part for part in found.values() if part.requires_grad]

    def _ran_out(self, size: int) -> None:
        self._failed_size, self._failed_at = size, self._batches
        self._size = size // 2
        self._halved += 1
        self._since = 0
        if torch.cuda.is_initialized():
            torch.cuda.empty_cache()

    def _succeeded(self, size: int, samples: int) -> None:
        self._batches += 1
        self._pieces += -(-samples // size)
        self._since += 1
        wanted = min(self._limit, self._size * 2)
        forgotten = self._batches - self._failed_at > _REMEMBERED
        if self._since >= _PATIENCE and wanted > self._size and (wanted < self._failed_size or forgotten):
            self._since = 0
            free = self._headroom()
            if free is not None and free > _GROW_ABOVE:
                self._size = wanted
                self._grown += 1

    def _free_ratio(self) -> float | None:
        part = next(iter(self._parameters()), None)
        return free_ratio(torch.device("cpu") if part is None else part.device)

    def describe(self) -> PoolInfo:
        """Pieces and batches so far, and how often the size changed by itself."""
        counters: dict[str, float] = {
            "size_count": self._size,
            "batches_count": self._batches,
            "pieces_count": self._pieces,
            "halved_count": self._halved,
            "grown_count": self._grown,
        }
        return PoolInfo(self.name, self.kind, settings=self.settings(), counters=counters)

    def settings(self) -> dict[str, Setting]:
        """The largest piece."""
        return {"limit": Setting(self._limit, 1, _MOST)}

    def _apply(self, name: str, value: float) -> None:
        self._limit = self._size = int(value)
        self._since = 0


def _restore(kept: list[tuple[nn.Parameter, torch.Tensor | None]]) -> None:
    """Gradients as they were; in place where there were some, since a bucket may view them."""
    for part, grad in kept:
        if grad is None or part.grad is None:
            part.grad = None if grad is None else grad.clone()
        else:
            part.grad.copy_(grad)
