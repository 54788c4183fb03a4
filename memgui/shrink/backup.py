"""The backup that is on disk before anything is changed: a safetensors file, written and read tensor by tensor.

The format is written by hand, since the library makes a copy of everything in memory first, which a job that is short
of memory cannot afford. Source: https://huggingface.co/docs/safetensors/index#format
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from memgui.protocol.errors import Problem, Refused
from memgui.shrink import leftovers

DIRECTORY_VARIABLE = "MEMGUI_BACKUP_DIR"
_NAMES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
# What a file system needs beside the bytes themselves.
_SPARE_BYTES = 64 << 20


def directory(asked: str = "") -> Path:
    """Where this process's backups go."""
    base = asked or os.environ.get(DIRECTORY_VARIABLE) or ""
    if not base:
        base = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "memgui", "undo")
    return Path(base).expanduser() / f"{os.getpid()}-{int(_STARTED_S)}"


_STARTED_S = time.time()


def size_of(tensors: Iterable[torch.Tensor]) -> int:
    """Bytes that a backup of them takes."""
    return sum({_key(tensor): tensor.numel() * tensor.element_size() for tensor in tensors}.values())


def free_bytes(folder: Path) -> int | None:
    """Room where the folder is or would be; None where that cannot be told."""
    for place in (folder, *folder.parents):
        if place.exists():
            return shutil.disk_usage(place).free
    return None


class Backup:
    """Tensors on disk, found again by the tensor that was written.

    Attributes:
        folder: holds `tensors.safetensors` and, once `note` was called, `recipe.json`.
        bytes: size of the tensors.
    """

    def __init__(
        self, folder: Path, places: dict[tuple[Any, ...], str], entries: dict[str, _Entry], start: int
    ) -> None:
        self.folder = folder
        self.bytes = sum(entry.bytes for entry in entries.values())
        self._places = places
        self._entries = entries
        self._start = start

    @classmethod
    def write(cls, folder: Path, tensors: Iterable[torch.Tensor]) -> Backup:
        """Write them all and make sure that they are on the disk.

        Raises:
            Refused: there is no room, the folder cannot be written, or a tensor is of a kind that cannot be kept.
        """
        unique = {_key(tensor): tensor for tensor in tensors}
        places, entries, header, offset = {}, {}, {}, 0
        for number, (key, tensor) in enumerate(unique.items()):
            entry = _Entry.of(tensor, offset)
            name = f"t{number}"
            places[key], entries[name] = name, entry
            header[name] = {
                "dtype": _NAMES[entry.dtype],
                "shape": list(entry.shape),
                "data_offsets": [offset, offset + entry.bytes],
            }
            offset += entry.bytes
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        try:
            leftovers.remove_old(folder.parent.parent)
            _make_room(folder, offset + len(text))
            with open(folder / "tensors.safetensors", "xb") as file:
                file.write(len(text).to_bytes(8, "little") + text)
                for tensor in unique.values():
                    _write(file, tensor)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise Refused(
                f"the backup cannot be written to {folder}: {error.strerror or error}; nothing was changed",
                f"name another folder by backup_dir=… or {DIRECTORY_VARIABLE}",
            ) from error
        return cls(folder, places, entries, 8 + len(text))

    def key(self, tensor: torch.Tensor) -> str | None:
        """Name of a tensor in the file; None where it is not there."""
        return self._places.get(_key(tensor))

    def seal(self) -> None:
        """The tensors may go now: their addresses mean nothing any more."""
        self._places = {}

    def load(self, name: str) -> torch.Tensor:
        """A tensor, bit for bit, with the device and the strides that it had.

        Raises:
            Problem: the file is gone or was cut short.
        """
        entry = self._entries[name]
        flat = torch.empty(entry.bytes, dtype=torch.uint8)
        try:
            with open(self.folder / "tensors.safetensors", "rb") as file:
                file.seek(self._start + entry.offset)
                read = file.readinto(_memory(flat)) if entry.bytes else 0
        except OSError as error:
            raise Problem(f"the backup in {self.folder} cannot be read: {error.strerror}") from error
        if read != entry.bytes:
            raise Problem(f"the backup in {self.folder} was cut short")
        values = flat.view(entry.dtype).view(entry.shape)
        kept = torch.empty_strided(entry.shape, entry.stride, dtype=entry.dtype, device=entry.device)
        kept.copy_(values)
        return kept

    def is_there(self) -> bool:
        """The file is still on the disk and whole."""
        try:
            return (self.folder / "tensors.safetensors").stat().st_size == self._start + self.bytes
        except OSError:
            return False

    def note(self, name: str, document: Mapping[str, Any]) -> Path:
        """Put a JSON document beside the tensors."""
        path = self.folder / name
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        return path

    def delete(self) -> None:
        """Remove it from the disk."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def delete_tensors(self) -> None:
        """Remove what an undo has brought back; a recipe stays, since a checkpoint saved meanwhile needs it."""
        with suppress(OSError):
            (self.folder / "tensors.safetensors").unlink()
        with suppress(OSError):
            self.folder.rmdir()  # of a method without a recipe


class _Entry:
    """One tensor of the file."""

    def __init__(self, dtype: Any, shape: Any, stride: Any, device: Any, size: int, offset: int) -> None:
        self.dtype = dtype
        self.shape = shape
        self.stride = stride
        self.device = device
        self.bytes = size
        self.offset = offset

    @classmethod
    def of(cls, tensor: torch.Tensor, offset: int) -> _Entry:
        plain = tensor.layout is torch.strided and type(tensor) in (torch.Tensor, torch.nn.Parameter, torch.nn.Buffer)
        if not plain or tensor.dtype not in _NAMES:
            kind = f"{type(tensor).__name__} of {tensor.dtype}"
            raise Refused(
                f"a backup of a {kind} cannot be written, so nothing was changed",
                "take back first what made it so (memgui act TARGET --undos), or leave its module out",
            )
        stride = tensor.stride() if is_dense(tensor) else torch.empty(tensor.shape, device="meta").stride()
        size = tensor.numel() * tensor.element_size()
        return cls(tensor.dtype, tuple(tensor.shape), stride, tensor.device, size, offset)


def is_dense(tensor: torch.Tensor) -> bool:
    """Whether its elements lie side by side, in whatever order."""
    expected = 1
    for stride, size in sorted(zip(tensor.stride(), tensor.shape)):
        if size != 1:
            if stride != expected:
                return False
            expected *= size
    return True


def _key(tensor: torch.Tensor) -> tuple[Any, ...]:
    # By its place in memory: `detach` makes another object of the same elements.
    return (tensor.data_ptr(), tuple(tensor.shape), tensor.stride(), tensor.dtype, tensor.device)


def _memory(tensor: torch.Tensor) -> Any:
    return (ctypes.c_char * (tensor.numel() * tensor.element_size())).from_address(tensor.data_ptr())


def _write(file: Any, tensor: torch.Tensor) -> None:
    flat = tensor.detach().to("cpu").contiguous()
    if flat.numel():
        file.write(_memory(flat))


def _make_room(folder: Path, size: int) -> None:
    free = free_bytes(folder)
    if free is not None and free < size + _SPARE_BYTES:
        raise Refused(
            f"the backup takes {size} bytes, and {folder} has room for {free}; nothing was changed",
            f"free some, or name another folder by backup_dir=… or {DIRECTORY_VARIABLE}",
        )
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    leftovers.claim(folder.parent)
    folder.mkdir(mode=0o700)
