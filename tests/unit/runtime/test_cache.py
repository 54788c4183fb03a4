"""The cache: its bound, its victims, and its numbers against a simple model."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import pytest
import torch
from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from memgui.runtime import TensorCache


def of(size: int) -> torch.Tensor:
    return torch.zeros(size, dtype=torch.uint8)


def test_what_was_not_used_for_longest_goes_first() -> None:
    cache = TensorCache(300)
    for key in "abc":
        assert cache.put(key, of(100))
    cache.get("a")
    cache.put("d", of(100))
    assert [key in cache for key in "abcd"] == [True, False, True, True]
    assert cache.describe().counters["evictions_count"] == 1


def test_what_is_used_least_often_goes_first() -> None:
    cache = TensorCache(200, policy="lfu")
    cache.put("often", of(100))
    for _ in range(3):
        cache.get("often")
    cache.put("once", of(100))
    cache.get("once")
    cache.put("new", of(100))
    assert "often" in cache
    assert "once" not in cache


def test_what_exceeds_the_limit_by_itself_is_not_kept() -> None:
    cache = TensorCache(100)
    cache.put("a", of(50))
    assert not cache.put("a", of(101))
    assert "a" not in cache
    assert cache.describe().counters["declined_count"] == 1


def test_a_value_counts_with_the_storage_it_keeps_alive() -> None:
    cache = TensorCache(1000)
    cache.put("view", of(500)[:1])
    assert cache.describe().used_bytes == 500


def test_a_missing_value_is_made_once_and_none_is_a_value_too() -> None:
    cache = TensorCache(1000)
    made: list[int] = []
    for _ in range(3):
        assert cache.get_or_make("k", lambda: made.append(1)) is None
    assert made == [1]
    assert cache.hit_ratio == pytest.approx(2 / 3)


def test_a_lower_limit_evicts_at_once_and_trimming_empties() -> None:
    cache = TensorCache(1000)
    for key in range(10):
        cache.put(key, of(100))
    cache.set(limit_bytes=250)
    assert len(cache) == 2
    assert cache.trim() == 200
    assert cache.describe().used_bytes == 0


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="limit_bytes must not be negative"):
        TensorCache(-1)
    with pytest.raises(ValueError, match='"lru" or "lfu", not \'fifo\''):
        TensorCache(1, policy="fifo")  # type: ignore[arg-type]


def test_threads_never_exceed_the_limit() -> None:
    cache = TensorCache(1000)
    seen: list[int] = []

    def work(seed: int) -> None:
        for at in range(300):
            cache.put((seed * 7 + at) % 40, of(at % 90 + 1))
            cache.get(at % 40)
            seen.append(cache.describe().used_bytes or 0)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(seen) <= 1000
    info = cache.describe()
    assert (info.hits or 0) + (info.misses or 0) == 1200


class CacheModel(RuleBasedStateMachine):
    """The cache beside an ordered dictionary of sizes, oldest use first."""

    def __init__(self) -> None:
        super().__init__()
        self.limit = 500
        self.cache = TensorCache(self.limit)
        self.model: OrderedDict[int, int] = OrderedDict()
        self.hits = self.misses = self.evictions = 0

    def shrink(self, room: int) -> None:
        while sum(self.model.values()) > room:
            self.model.popitem(last=False)
            self.evictions += 1

    @rule(key=strategies.integers(0, 9), size=strategies.integers(0, 600))
    def put(self, key: int, size: int) -> None:
        self.model.pop(key, None)
        kept = self.cache.put(key, of(size))
        assert kept == (size <= self.limit)
        if kept:
            self.shrink(self.limit - size)
            self.model[key] = size

    @rule(key=strategies.integers(0, 9))
    def get(self, key: int) -> None:
        found = self.cache.get(key)
        if key in self.model:
            self.hits += 1
            self.model.move_to_end(key)
            assert found.numel() == self.model[key]
        else:
            self.misses += 1
            assert found is None

    @rule(limit=strategies.integers(0, 1000))
    def limit_changes(self, limit: int) -> None:
        self.limit = limit
        self.cache.set(limit_bytes=limit)
        self.shrink(limit)

    @rule()
    def clear(self) -> None:
        assert self.cache.clear() == sum(self.model.values())
        self.model.clear()

    @invariant()
    def both_agree(self) -> None:
        info: Any = self.cache.describe()
        assert {key for key in range(10) if key in self.cache} == set(self.model)
        assert info.used_bytes == sum(self.model.values()) <= self.limit
        assert (info.hits, info.misses) == (self.hits, self.misses)
        assert info.counters["evictions_count"] == self.evictions


TestCacheAgainstItsModel = CacheModel.TestCase
TestCacheAgainstItsModel.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
