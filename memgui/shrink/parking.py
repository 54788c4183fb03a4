"""Tensors out of the way: from a device into host memory, from host memory into a mapped file; bit for bit.

A parked tensor stays one that can be read, so that checkpoints go on being written. The file has no name once it is
mapped: whatever ends the process frees it.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from memgui.protocol.errors import Refused
from memgui.shrink.backup import free_bytes, is_dense

_MARK = "_memgui_parked_from"
_IN_MEMORY = ("tmpfs", "ramfs", "devtmpfs")
# What the file system should have left.
_SPARE_BYTES = 64 << 20


def can_park(value: Any) -> bool:
    """Whether it is a plain tensor that has its memory to itself, and more of it than a scalar."""
    plain = type(value) is torch.Tensor and value.layout is torch.strided and value.dim() > 0 and value.numel() > 0
    return plain and not is_parked(value) and is_dense(value) and value.untyped_storage().nbytes() == _bytes(value)


def is_parked(value: Any) -> bool:
    """Whether it was parked and is not back."""
    return hasattr(value, _MARK)


def to_host(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor of a device in the host's memory."""
    return _mark(tensor.cpu(), tensor.device)


def to_file(tensors: Sequence[torch.Tensor], folder: Path) -> list[torch.Tensor]:
    """Tensors of the host in a mapped file, none of it resident.

    Raises:
        Refused: no room, no such folder, or a folder that is memory itself; nothing was changed.
    """
    size = sum(_padded(_bytes(tensor)) for tensor in tensors)
    check_folder(folder, size)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            for tensor in tensors:
                file.write(_memory(tensor))
                file.write(bytes(_padded(_bytes(tensor)) - _bytes(tensor)))
            file.flush()
            os.fsync(file.fileno())
            # Private: a stray write goes to memory, and can neither fill the disk nor change the file.
            mapped = mmap.mmap(file.fileno(), size, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
    except OSError as error:
        raise Refused(
            f"the state cannot be written to {folder}: {error.strerror or error}; nothing was changed",
            "name another folder by backup_dir=…",
        ) from error
    offset, parked = 0, []
    for tensor in tensors:
        flat = torch.frombuffer(mapped, dtype=tensor.dtype, count=tensor.numel(), offset=offset)
        parked.append(_mark(flat.as_strided(tensor.size(), tensor.stride()), tensor.device))
        offset += _padded(_bytes(tensor))
    return parked


def back(parked: torch.Tensor) -> torch.Tensor:
    """It, where it was before, with the strides that it had."""
    made = torch.empty_strided(parked.size(), parked.stride(), dtype=parked.dtype, device=getattr(parked, _MARK))
    return made.copy_(parked)


def check_folder(folder: Path, size: int) -> None:
    """See that a file of this size helps there.

    Raises:
        Refused: the folder is memory, or too small.
    """
    kind = _file_system(folder)
    if kind in _IN_MEMORY:
        raise Refused(
            f"{folder} is a {kind}: a file there takes the memory that it should free",
            "name a folder on a disk by backup_dir=…",
        )
    free = free_bytes(folder)
    if free is not None and free < size + _SPARE_BYTES:
        raise Refused(
            f"the state takes {size} bytes, and {folder} has room for {free}",
            "free some, or name another folder by backup_dir=…",
        )


def _file_system(folder: Path) -> str | None:
    """Type of the file system that the folder is on or would be; None where the system does not tell."""
    place = folder.resolve()
    found, longest = None, -1
    with contextlib.suppress(OSError):
        for point, kind in _mounts():
            if (place == point or point in place.parents) and len(point.parts) >= longest:
                found, longest = kind, len(point.parts)
    return found


def _mounts() -> Iterator[tuple[Path, str]]:
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines():
        _, point, kind, *_ = line.split(" ")
        yield Path(point.replace("\\040", " ")), kind


def _mark(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    setattr(tensor, _MARK, device)
    return tensor


def _bytes(tensor: torch.Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def _padded(size: int) -> int:
    return -(-size // mmap.PAGESIZE) * mmap.PAGESIZE


def _memory(tensor: torch.Tensor) -> Any:
    """Its bytes in the order of its memory."""
    return (ctypes.c_char * _bytes(tensor)).from_address(tensor.data_ptr())
