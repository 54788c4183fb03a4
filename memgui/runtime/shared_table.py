"""The index of a shared cache: a hash table in shared memory, guarded by a lock that dies with its holder."""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
import threading
from types import TracebackType
from typing import Any

from memgui.runtime.shared_memory import SharedMemory

# generation, descriptor of the arena in the owner, limit, used, entries, hits, misses, declined
_HEAD = struct.Struct("<8Q")
_FIELDS = ("generation", "arena_fd", "limit", "used", "entries", "hits", "misses", "declined")
_FIRST = 128
# digest of the key, generation, offset, length
_SLOT = struct.Struct("<16sQQQ")
# Beyond this share of taken slots a search gets long.
_FILL_LIMIT = 0.75
_reopening = threading.Lock()


def digest_of(key: int | str | bytes) -> bytes:
    """What stands for a key in the table. Two keys have one digest less often than memory flips a bit.

    Raises:
        TypeError: the key is neither an int nor a str nor bytes, which alone are equal in all processes.
    """
    if type(key) not in (int, str, bytes):
        raise TypeError(f"a key shared by processes is an int, str or bytes, not {type(key).__name__}")
    return hashlib.blake2b(f"{type(key).__name__}:{key!r}".encode(), digest_size=16).digest()


class SharedTable:
    """Used inside `with`, by one thread of one process at a time.

    The lock is flock(2) on a file description that each process opens for itself: the kernel releases it when a
    process ends, however it ends. What the holder was about to add takes no room then: `used` is raised last.
    """

    def __init__(self, slots: int) -> None:
        self._slots = 1 << max(4, (slots - 1).bit_length())
        self._memory = SharedMemory("table", _FIRST + self._slots * _SLOT.size)
        self._start()

    def _start(self) -> None:
        self._thread_lock = threading.Lock()
        self._lock_fd = -1
        self._lock_pid = 0

    def __enter__(self) -> SharedTable:
        if self._lock_pid != os.getpid():
            self._reopen()
        self._thread_lock.acquire()
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX)
        except BaseException:
            self._thread_lock.release()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        fcntl.flock(self._lock_fd, fcntl.LOCK_UN)
        self._thread_lock.release()

    def _reopen(self) -> None:
        """After a fork the description is shared with the parent, and the thread lock may be held by nobody."""
        with _reopening:
            if self._lock_pid == os.getpid():
                return
            self._thread_lock = threading.Lock()
            if self._lock_fd >= 0:
                os.close(self._lock_fd)
            self._lock_fd = os.open(f"/proc/self/fd/{self._memory.fd}", os.O_RDWR | os.O_CLOEXEC)
            self._lock_pid = os.getpid()

    def read(self) -> dict[str, int]:
        """All fields of the head; without the lock each is right, though perhaps of two different moments."""
        return dict(zip(_FIELDS, _HEAD.unpack_from(self._memory.buffer(_FIRST)), strict=True))

    def write(self, **changes: int) -> None:
        """Change fields of the head."""
        whole = self._memory.buffer(_FIRST)
        values = self.read() | changes
        _HEAD.pack_into(whole, 0, *(values[name] for name in _FIELDS))

    def count(self, field: str) -> None:
        """Add one to a field of the head."""
        at = _FIELDS.index(field) * 8
        whole = self._memory.buffer(_FIRST)
        (value,) = struct.unpack_from("<Q", whole, at)
        struct.pack_into("<Q", whole, at, value + 1)

    def find(self, digest: bytes, generation: int) -> tuple[int, int] | None:
        """Offset and length of an entry."""
        at = self._place(digest, generation)
        whole = self._memory.buffer(self._end)
        found, era, offset, length = _SLOT.unpack_from(whole, _FIRST + at * _SLOT.size)
        return (offset, length) if (found, era) == (digest, generation) else None

    def add(self, digest: bytes, generation: int, offset: int, length: int) -> None:
        """Enter an entry that is not there yet."""
        at = self._place(digest, generation)
        _SLOT.pack_into(self._memory.buffer(self._end), _FIRST + at * _SLOT.size, digest, generation, offset, length)

    def has_room(self, entries: int) -> bool:
        """One more entry may be added."""
        return entries < self._slots * _FILL_LIMIT

    @property
    def capacity(self) -> int:
        """Entries at most."""
        return int(self._slots * _FILL_LIMIT)

    def close(self) -> None:
        """Give up the memory."""
        if self._lock_fd >= 0:
            os.close(self._lock_fd)
            self._lock_fd, self._lock_pid = -1, 0
        self._memory.close()

    @property
    def _end(self) -> int:
        return _FIRST + self._slots * _SLOT.size

    def _place(self, digest: bytes, generation: int) -> int:
        """The slot of the digest, or the free one where it belongs. Slots of an older generation are free."""
        whole = self._memory.buffer(self._end)
        at = int.from_bytes(digest[:8], "little") & (self._slots - 1)
        while True:
            found, era, _, _ = _SLOT.unpack_from(whole, _FIRST + at * _SLOT.size)
            if era != generation or found == digest:
                return at
            at = (at + 1) & (self._slots - 1)

    def __getstate__(self) -> dict[str, Any]:
        return {"slots": self._slots, "memory": self._memory}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._slots, self._memory = state["slots"], state["memory"]
        self._start()


def _after_fork() -> None:
    global _reopening
    _reopening = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
