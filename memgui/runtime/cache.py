"""TensorCache: values by key, bounded by the bytes of their tensors."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Hashable
from typing import Any, Literal, TypeVar

import cachetools

from memgui.protocol.pools import PoolInfo, Setting
from memgui.runtime.block import Block
from memgui.runtime.sizes import bytes_of

T = TypeVar("T")
_MOST = 1 << 50
_ABSENT = object()


class TensorCache(Block):
    """Keeps tensors, or nested tuples, lists and mappings of them, until their bytes exceed a limit. Thread-safe.

    A value counts with the storages that it keeps alive, views included, each once; storages shared by several values
    count for each of them. What exceeds the limit by itself is not kept.

    ::

        features = TensorCache(limit_bytes=2 << 30)
        x = features.get_or_make(path, lambda: encoder(load(path)))
    """

    kind = "cache"
    can_trim = True

    def __init__(self, limit_bytes: int, policy: Literal["lru", "lfu"] = "lru", *, name: str | None = None) -> None:
        """An empty cache.

        Args:
            limit_bytes: bytes that it keeps at most.
            policy: what goes first: the value not used for longest ("lru"), or the one used least often ("lfu").

        Raises:
            ValueError: the limit is negative, or there is no such policy.
        """
        kinds: dict[str, type[cachetools.Cache[Hashable, Any]]] = {
            "lru": cachetools.LRUCache,
            "lfu": cachetools.LFUCache,
        }
        if limit_bytes < 0:
            raise ValueError(f"limit_bytes must not be negative, got {limit_bytes}")
        if policy not in kinds:
            raise ValueError(f'policy must be "lru" or "lfu", not {policy!r}')
        super().__init__(name)
        self.policy = policy
        # Reentrant: a collection inside may run the finalizer of an object that uses the cache.
        self._lock = threading.RLock()
        # cachetools picks the victim; the bound is kept here, since it has to change while the cache is in use.
        self._make = kinds[policy]
        self._values = self._make(math.inf, getsizeof=_Sized.size_of)
        self._limit = limit_bytes
        self._hits = self._misses = self._evictions = self._declined = 0

    def __len__(self) -> int:
        with self._lock:
            return len(self._values)

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._values

    @property
    def hit_ratio(self) -> float | None:
        """Share of the look-ups that found their value; None before the first."""
        with self._lock:
            asked = self._hits + self._misses
            return self._hits / asked if asked else None

    def get(self, key: Hashable, default: Any = None) -> Any:
        """The value of a key, or `default`."""
        with self._lock:
            found = self._values.get(key, _ABSENT)
            if found is _ABSENT:
                self._misses += 1
                return default
            self._hits += 1
            return found.value

    def put(self, key: Hashable, value: Any) -> bool:
        """Keep a value; False where it is larger than the whole limit, and an older one of the key is gone then."""
        sized = _Sized(value, bytes_of(value))
        gone: list[Any] = []
        with self._lock:
            # Taken out first, so that what makes way is never counted together with its successor.
            gone.append(self._values.pop(key, None))
            if sized.size > self._limit:
                self._declined += 1
                return False
            gone += self._evict(self._limit - sized.size)
            self._values[key] = sized
        # Evicted tensors are freed here, outside of the lock.
        del gone
        return True

    def get_or_make(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key; made and kept where it is missing. Two threads may make the same value at once."""
        found = self.get(key, _ABSENT)
        if found is _ABSENT:
            found = make()
            self.put(key, found)
        made: T = found
        return made

    def pop(self, key: Hashable, default: Any = None) -> Any:
        """Take a value out."""
        with self._lock:
            found = self._values.pop(key, None)
        return default if found is None else found.value

    def clear(self) -> int:
        """Drop everything; returns the bytes."""
        with self._lock:
            freed = int(self._values.currsize)
            old, self._values = self._values, self._make(math.inf, getsizeof=_Sized.size_of)
        del old
        return freed

    def trim(self) -> int:
        """The same as `clear`: a cache holds nothing that it could not do without."""
        return self.clear()

    def describe(self) -> PoolInfo:
        """Exact numbers of this moment."""
        with self._lock:
            used = int(self._values.currsize)
            counters: dict[str, float] = {
                "entries_count": len(self._values),
                "evictions_count": self._evictions,
                "declined_count": self._declined,
            }
            return PoolInfo(
                self.name, f"{self.policy} {self.kind}", used, used, self._limit, self._hits, self._misses,
                settings=self._settings(), counters=counters, can_trim=used > 0,
            )  # fmt: skip

    def settings(self) -> dict[str, Setting]:
        """The limit."""
        return self._settings()

    def _settings(self) -> dict[str, Setting]:
        return {"limit_bytes": Setting(self._limit, 0, _MOST, "bytes")}

    def _apply(self, name: str, value: float) -> None:
        with self._lock:
            self._limit = int(value)
            gone = self._evict(self._limit)
        del gone

    def _evict(self, room: int) -> list[Any]:
        gone = []
        while self._values.currsize > room:
            gone.append(self._values.popitem())
            self._evictions += 1
        return gone


class _Sized:
    """A value and its bytes, measured outside of the lock."""

    __slots__ = ("size", "value")

    def __init__(self, value: Any, size: int) -> None:
        self.value = value
        self.size = size

    @staticmethod
    def size_of(sized: _Sized) -> int:
        return sized.size
