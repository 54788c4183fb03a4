"""Where a pool's blocks come from: the host, or a device through a torch MemPool of its own."""

from __future__ import annotations

from typing import Any, Protocol

import torch


class Memory(Protocol):
    """A source of blocks."""

    def allocate(self, size: int) -> torch.UntypedStorage:
        """A block of its own storage, contents undefined."""
        ...

    def released(self) -> None:
        """Blocks were dropped: give their memory back to the system as far as the source can."""
        ...


class HostMemory:
    """Blocks of the C heap, page-locked if asked for."""

    def __init__(self, *, pinned: bool = False) -> None:
        self._pinned = pinned

    def allocate(self, size: int) -> torch.UntypedStorage:
        """From `torch.empty`."""
        return torch.empty(size, dtype=torch.uint8, pin_memory=self._pinned).untyped_storage()

    def released(self) -> None:
        """Large blocks go back by themselves."""


class DeviceMemory:
    """Blocks of a `torch.cuda.MemPool`, so that nothing else is carved out of their segments.

    Source: https://docs.pytorch.org/docs/stable/notes/cuda.html, «Using custom memory allocators».
    """

    def __init__(self, device: torch.device, cuda: Any = None) -> None:
        self._cuda = torch.cuda if cuda is None else cuda
        self._device = device
        self._pool = self._cuda.MemPool()

    def allocate(self, size: int) -> torch.UntypedStorage:
        """From the pool's segments."""
        with self._cuda.use_mem_pool(self._pool, self._device):
            return torch.empty(size, dtype=torch.uint8, device=self._device).untyped_storage()

    def released(self) -> None:
        """Empty segments of the pool go back to the driver."""
        self._cuda.empty_cache()


def memory_for(device: torch.device, *, pinned: bool) -> Memory:
    """The source for a device.

    Raises:
        ValueError: the device is neither the host nor CUDA.
    """
    if device.type == "cpu":
        return HostMemory(pinned=pinned)
    if device.type == "cuda":
        return DeviceMemory(device)
    raise ValueError(f"TensorPool works on cpu and cuda, not on {device}")


def users_of(storage: torch.UntypedStorage) -> int:
    """Tensors and Python objects that share a storage, the given object included."""
    return int(torch._C._storage_Use_Count(storage._cdata))
