"""Moving batches to an accelerator while it computes: page-locked first, on a stream of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import torch


class Transfer(Protocol):
    """How a batch gets to where it is needed."""

    def send(self, batch: Any) -> Any:
        """On the thread that fills: begin. The result is handed to `receive`."""
        ...

    def receive(self, sent: Any) -> Any:
        """On the training thread: the batch, ready to be used."""
        ...


class Stay:
    """The batch stays on the host as it is."""

    def send(self, batch: Any) -> Any:
        """Unchanged."""
        return batch

    def receive(self, sent: Any) -> Any:
        """Unchanged."""
        return sent


class SideStream:
    """Copies from page-locked memory on a side stream; the training's stream waits for the copy, its thread does not.

    Source: https://docs.pytorch.org/docs/stable/notes/cuda.html, «Use pinned memory buffers» and «CUDA streams».
    """

    def __init__(self, device: torch.device, cuda: Any = None) -> None:
        self._cuda = torch.cuda if cuda is None else cuda
        self._device = device
        self._stream = self._cuda.Stream(device)

    def send(self, batch: Any) -> Any:
        """Pin and copy."""
        pinned = each(batch, _pin)
        with self._cuda.stream(self._stream):
            moved = each(pinned, self._move)
            done = self._cuda.Event()
            done.record(self._stream)
        # The source has to outlive the copy.
        return moved, pinned, done

    def receive(self, sent: Any) -> Any:
        """Have the present stream wait for the copy, and tell the allocator that it uses the memory."""
        moved, _, done = sent
        stream = self._cuda.current_stream(self._device)
        stream.wait_event(done)

        def use(tensor: torch.Tensor) -> torch.Tensor:
            tensor.record_stream(stream)
            return tensor

        return each(moved, use)

    def _move(self, tensor: torch.Tensor) -> torch.Tensor:
        moved: torch.Tensor = tensor.to(self._device, non_blocking=True)
        return moved


def transfer_to(device: torch.device | None) -> Transfer:
    """The way to a device; None and the host for staying.

    Raises:
        ValueError: there is no way to this kind of device.
    """
    if device is None or device.type == "cpu":
        return Stay()
    if device.type == "cuda":
        return SideStream(device)
    raise ValueError(f"Prefetcher moves batches to cuda, not to {device}; leave device out and move them in the loop")


def each(value: Any, change: Any) -> Any:
    """`value` with every tensor in its nested tuples, lists and mappings changed."""
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, Mapping):
        return {key: each(part, change) for key, part in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(each(part, change) for part in value))
    if isinstance(value, (tuple, list)):
        return type(value)(each(part, change) for part in value)
    return value


def _pin(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.pin_memory() if tensor.device.type == "cpu" else tensor
