"""Backups of processes that have ended: how much they take, and what goes when they are old.

A process that has backups holds a lock on a file beside them as long as it lives, so that nobody has to believe a
process number. Where the lock cannot be judged, on another host or without that file, nothing is touched.
"""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

DAYS_VARIABLE = "MEMGUI_BACKUP_DAYS"
DAYS = 14.0
_OWNER = "owner"
_TENSORS = "tensors.safetensors"
_locks: dict[Path, int] = {}


def claim(folder: Path) -> None:
    """Hold the folder as that of this process until it ends; children that were forked hold it too.

    Where a file system knows no locks, the folder stays without an owner, and for good.
    """
    if folder in _locks and (folder / _OWNER).exists():
        return
    descriptor = os.open(folder / _OWNER, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(descriptor, platform.node().encode())
    except OSError:
        os.close(descriptor)
    else:
        _locks[folder] = descriptor


def size_bytes(base: Path) -> int:
    """What ended processes have left there."""
    return sum(file.stat().st_size for folder in _ended(base) for file in folder.glob(f"*/{_TENSORS}"))


def remove_old(base: Path, now_s: float | None = None) -> None:
    """Remove tensors that have lain there for longer than the days allow; recipes stay, since checkpoints need them."""
    days = _days()
    if days is None:
        return
    oldest_s = (time.time() if now_s is None else now_s) - days * 86400
    for folder in _ended(base):
        for file in folder.glob(f"*/{_TENSORS}"):
            with suppress(OSError):
                if file.stat().st_mtime < oldest_s:
                    file.unlink()
        with suppress(OSError):
            if not any(part.is_dir() for part in folder.iterdir()):
                shutil.rmtree(folder)


def _days() -> float | None:
    """None where they are to stay for good."""
    try:
        days = float(os.environ.get(DAYS_VARIABLE, DAYS))
    except ValueError:
        return DAYS
    return days if days > 0 else None


def _ended(base: Path) -> Iterator[Path]:
    """Folders of this host's processes that nobody holds any more."""
    with suppress(OSError):
        for folder in sorted(base.iterdir()):
            if folder not in _locks and _is_left(folder / _OWNER):
                yield folder


def _is_left(owner: Path) -> bool:
    try:
        descriptor = os.open(owner, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.read(descriptor, 256) == platform.node().encode()
    except OSError:
        return False
    finally:
        os.close(descriptor)
