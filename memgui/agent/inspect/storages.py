"""Tensors as the memory behind them: subclasses unpacked, each storage known by one number."""

from __future__ import annotations

from typing import Any, Iterator, NamedTuple, Optional

from memgui.agent.inspect.mappings import Mappings

# Smaller blocks are never mapped from files one by one, and looking up their address costs more than it tells.
_LOOKED_UP_BYTES = 64 * 1024


class Storage(NamedTuple):
    """Memory that one or more tensors lie in.

    Attributes:
        key: the same for all tensors that share it, for as long as one of them lives.
        place: "host" for memory of its own, "shared" for shared memory, "mapped" for pages of a file, or a device such
            as "cuda.0".
    """

    key: int
    size_bytes: int
    place: str


def parts(tensor: Any) -> Iterator[Any]:
    """The plain tensors that a tensor is made of: itself, or what a wrapper subclass or a sparse layout holds."""
    flatten = getattr(type(tensor), "__tensor_flatten__", None)
    if flatten is not None:
        names, _ = flatten(tensor)
        for name in names:
            part = getattr(tensor, name)
            if part is not None:
                yield from parts(part)
        return
    layout = str(tensor.layout)
    if layout == "torch.sparse_coo":
        yield from (tensor._indices(), tensor._values())
    elif layout in ("torch.sparse_csr", "torch.sparse_bsr"):
        yield from (tensor.crow_indices(), tensor.col_indices(), tensor.values())
    elif layout in ("torch.sparse_csc", "torch.sparse_bsc"):
        yield from (tensor.ccol_indices(), tensor.row_indices(), tensor.values())
    else:
        yield tensor


class Storages:
    """Finds the storage of a plain tensor."""

    def __init__(self, torch: Any, mappings: Mappings) -> None:
        self._mappings = mappings
        self._is_lazy_copy = getattr(torch._C, "_is_cow_tensor", None)

    def of(self, plain: Any) -> Optional[Storage]:
        """The storage; None where there is none, or it lies in no memory."""
        try:
            storage = plain.untyped_storage()
            size_bytes = storage.nbytes()
            device = storage.device
            if not size_bytes or device.type == "meta":
                return None
            if device.type != "cpu":
                return Storage(storage._cdata, size_bytes, f"{device.type}.{device.index or 0}")
            return Storage(storage._cdata, size_bytes, self._place(plain, storage, size_bytes))
        except (RuntimeError, NotImplementedError):
            # Tensors under a function transform, lazy and opaque ones.
            return None

    def _place(self, plain: Any, storage: Any, size_bytes: int) -> str:
        if storage.is_shared():
            return "shared" if storage.filename is None else "mapped"
        # Asking a copy that was not made yet for its address would make it.
        if size_bytes < _LOOKED_UP_BYTES or (self._is_lazy_copy is not None and self._is_lazy_copy(plain)):
            return "host"
        return self._mappings.place(storage.data_ptr()) or "host"
