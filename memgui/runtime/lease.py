"""A block of a pool while somebody uses it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from memgui.runtime.pool import TensorPool


class StillViewedError(RuntimeError):
    """A block was given back while something still views it; the text names what. The lease stays taken."""


class PoolFullError(MemoryError):
    """The limit of a pool is reached; the text tells who holds the blocks."""


@dataclass(frozen=True)
class Leak:
    """A lease that was dropped without being given back.

    Attributes:
        line: "file:line" that took it.
        size_bytes: size of its block.
    """

    line: str
    size_bytes: int


class Lease:
    """A leased tensor, and the way to give it back: `give_back()`, or the end of a `with`.

    Attributes:
        tensor: of the shape and dtype asked for, contents undefined. After giving back it is empty, as a file is
            closed, so that a late use is noticed.
        line: "file:line" that took it.
        size_bytes: size of the block.
    """

    __slots__ = ("__weakref__", "_pool", "is_open", "line", "size_bytes", "storage", "tensor")

    def __init__(
        self, pool: TensorPool, storage: torch.UntypedStorage | None, tensor: torch.Tensor, line: str, size_bytes: int
    ) -> None:
        self._pool = pool
        self.storage = storage
        self.tensor = tensor
        self.line = line
        self.size_bytes = size_bytes
        self.is_open = True

    def give_back(self) -> None:
        """Return the block to its pool.

        Raises:
            StillViewedError: a view, a numpy array or a graph still uses it.
            ValueError: it was given back already.
        """
        self._pool.give_back(self)

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if not self.is_open:
            return
        if error is not None:
            # The frames of the exception may hold views: it must not be hidden by an error about them.
            self._pool.abandon(self)
            return
        self.give_back()

    def __del__(self) -> None:
        # Also where __init__ failed, and at the end of the interpreter.
        if getattr(self, "is_open", False) and not sys.is_finalizing():
            self._pool.lost(self)


def calling_line(depth: int) -> str:
    """ "file:line" of the nearest caller outside of this package's pool files."""
    frame = sys._getframe(depth)
    while frame.f_back is not None and frame.f_code.co_filename.endswith(("runtime/pool.py", "contextlib.py")):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
