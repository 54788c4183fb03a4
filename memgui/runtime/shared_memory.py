"""Memory that processes share and that vanishes by itself when the last of them is gone.

A memfd has no name in /dev/shm: the kernel frees it with its last descriptor and mapping, however the processes ended,
`kill -9` included, and it does not count against the size of /dev/shm, which containers keep at 64 MiB.
Source: memfd_create(2). Linux only.
"""

from __future__ import annotations

import mmap
import os
import weakref
from types import TracebackType
from typing import Any

import torch


class SharedMemory:
    """One growing piece of shared memory. Goes to workers by fork or by pickling; each maps it for itself.

    Tensors over it keep its pages alive on their own, so it can be closed under them.

    Attributes:
        owner_pid: the process that made it, whose descriptor others open.
    """

    def __init__(self, label: str, size: int = 0) -> None:
        self.owner_pid = os.getpid()
        self._remote_fd = os.memfd_create(f"memgui-{label}", os.MFD_CLOEXEC)
        self._start(self._remote_fd)
        if size:
            self.resize(size)

    @classmethod
    def attach(cls, owner_pid: int, fd: int) -> SharedMemory:
        """What another process of the same user made.

        Raises:
            FileNotFoundError: the owner is gone, or has closed it.
        """
        memory = cls.__new__(cls)
        memory.owner_pid, memory._remote_fd = owner_pid, fd
        memory._start(os.open(f"/proc/{owner_pid}/fd/{fd}", os.O_RDWR | os.O_CLOEXEC))
        return memory

    def _start(self, fd: int) -> None:
        self.fd = fd
        self._map: mmap.mmap | None = None
        self._finalizer = weakref.finalize(self, os.close, fd)
        # At the end of the process the kernel does it, and tensors may still be in use.
        self._finalizer.atexit = False

    @property
    def address(self) -> tuple[int, int]:
        """What `attach` needs in another process."""
        return self.owner_pid, self._remote_fd

    def resize(self, size: int) -> None:
        """Make it larger; pages take no memory before they are written to."""
        os.ftruncate(self.fd, size)

    def buffer(self, end: int) -> mmap.mmap:
        """A writable mapping that reaches at least to `end`; the caller must not go beyond the size."""
        if self._map is None or len(self._map) < end:
            # The old mapping lives on as long as tensors view it.
            self._map = mmap.mmap(self.fd, os.fstat(self.fd).st_size)
        return self._map

    def tensor(self, offset: int, dtype: torch.dtype, shape: tuple[int, ...]) -> torch.Tensor:
        """A view; no copy."""
        count = 1
        for dim in shape:
            count *= dim
        if count == 0:
            return torch.empty(shape, dtype=dtype)
        whole = self.buffer(offset + count * dtype.itemsize)
        return torch.frombuffer(whole, dtype=dtype, count=count, offset=offset).view(shape)

    def close(self) -> None:
        """Give up descriptor and mapping."""
        self._map = None
        self._finalizer()

    def __enter__(self) -> SharedMemory:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return SharedMemory.attach, self.address
