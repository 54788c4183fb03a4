"""Shared memory within one process and a fork: what is kept, what is declined, and what a reader may rely on."""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings, strategies

from memgui.runtime import SharedListDataset, SharedTensorCache
from memgui.runtime.shared_memory import SharedMemory
from memgui.runtime.shared_table import SharedTable, digest_of


def in_child(work: Callable[[], bool]) -> bool:
    """What `work` says in a forked process."""
    child = os.fork()
    if child == 0:
        result = 1
        try:
            result = 0 if work() else 1
        finally:
            os._exit(result)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_value_is_read_where_it_was_put_without_a_copy() -> None:
    cache = SharedTensorCache(1 << 20)
    cache.put("k", torch.arange(100))
    one, two = cache.get("k"), cache.get("k")
    assert torch.equal(one, torch.arange(100))
    assert one.data_ptr() == two.data_ptr()


@pytest.mark.parametrize(
    "value",
    [
        torch.ones(3, 4, dtype=torch.bfloat16),
        torch.tensor(7),
        torch.empty(0, 5),
        torch.ones(4, 4).t()[1:],
        (torch.arange(5), torch.zeros(2, 2, dtype=torch.bool)),
    ],
)
def test_every_shape_and_dtype_comes_back_as_it_was(value: Any) -> None:
    cache = SharedTensorCache(1 << 20)
    assert cache.put(1, value)
    found = cache.get(1)
    assert type(found) is type(value)
    pairs = zip(found, value, strict=True) if isinstance(value, tuple) else [(found, value)]
    for got, sent in pairs:
        assert (got.dtype, got.shape) == (sent.dtype, sent.shape)
        assert torch.equal(got, sent)


def test_at_the_limit_nothing_is_evicted_and_more_is_declined() -> None:
    cache = SharedTensorCache(3000)
    kept = [cache.put(at, torch.zeros(1000, dtype=torch.uint8)) for at in range(5)]
    assert kept == [True, True, False, False, False]
    info = cache.describe()
    assert (info.used_bytes or 0) <= 3000
    assert info.counters == {"entries_count": 2, "declined_count": 3}
    cache.set(limit_bytes=10_000)
    assert cache.put(9, torch.zeros(1000, dtype=torch.uint8))
    with pytest.raises(ValueError, match="limit_bytes must be from"):
        cache.set(limit_bytes=1)


def test_a_full_index_declines_too() -> None:
    cache = SharedTensorCache(1 << 20, entries=10)
    kept = sum(cache.put(at, torch.zeros(1)) for at in range(40))
    assert 10 <= kept < 40


def test_clearing_begins_anew_and_leaves_views_valid() -> None:
    cache = SharedTensorCache(1 << 20)
    cache.put("k", torch.full((10,), 5))
    view = cache.get("k")
    assert cache.trim() > 0
    assert cache.get("k") is None
    cache.put("other", torch.full((10,), 6))
    assert view.tolist() == [5] * 10


def test_a_forked_process_reads_what_the_parent_put_and_the_parent_what_it_put() -> None:
    cache = SharedTensorCache(1 << 20)
    cache.put("parent", torch.ones(3))

    def work() -> bool:
        return bool(torch.equal(cache.get("parent"), torch.ones(3))) and cache.put("child", torch.zeros(2))

    assert in_child(work)
    assert cache.get("child").tolist() == [0, 0]
    info = cache.describe()
    assert (info.hits, info.misses) == (2, 0)


def test_a_forked_process_follows_a_clearing_and_cannot_clear_itself() -> None:
    cache = SharedTensorCache(1 << 20)
    cache.put("old", torch.ones(1))
    go, tell = os.pipe(), os.pipe()

    def work() -> bool:
        os.read(go[0], 1)
        with pytest.raises(RuntimeError, match="only the process that made"):
            cache.clear()
        return cache.get("old") is None and cache.get("new").tolist() == [2.0]

    child = os.fork()
    if child == 0:
        result = 1
        try:
            result = 0 if work() else 1
        finally:
            os._exit(result)
    cache.clear()
    cache.put("new", torch.tensor([2.0]))
    os.write(go[1], b"x")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    for end in (*go, *tell):
        os.close(end)


def test_a_lock_whose_holder_is_killed_is_free() -> None:
    table = SharedTable(100)
    ready = os.pipe()
    child = os.fork()
    if child == 0:
        with table:
            os.write(ready[1], b"x")
            threading.Event().wait()
    os.read(ready[0], 1)
    os.kill(child, 9)
    os.waitpid(child, 0)
    with table:
        pass
    os.close(ready[0])
    os.close(ready[1])


def test_keys_are_told_apart_by_type_and_value() -> None:
    assert len({digest_of(key) for key in (1, "1", b"1", "b'1'", -1)}) == 5
    with pytest.raises(TypeError, match="an int, str or bytes, not tuple"):
        digest_of((1, 2))  # type: ignore[arg-type]


def test_what_cannot_be_shared_is_refused() -> None:
    cache = SharedTensorCache(1000)
    with pytest.raises(TypeError, match="not list"):
        cache.put(1, [torch.zeros(1)])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="dense tensors of the host"):
        cache.put(1, torch.zeros(3).to_sparse())
    with pytest.raises(ValueError, match="must be positive"):
        SharedTensorCache(0)


def test_threads_put_and_get_with_exact_numbers() -> None:
    cache = SharedTensorCache(1 << 20)
    faults: list[str] = []

    def work() -> None:
        for at in range(200):
            found = cache.get_or_make(at % 50, lambda at=at: torch.full((7,), at % 50))  # type: ignore[misc]
            if found.tolist() != [at % 50] * 7:
                faults.append(str(found))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    info = cache.describe()
    assert not faults
    assert (info.hits or 0) + (info.misses or 0) == 800
    assert info.counters["entries_count"] == 50


@settings(max_examples=40, deadline=None)
@given(
    puts=strategies.lists(strategies.tuples(strategies.integers(0, 20), strategies.integers(0, 400)), max_size=40),
    limit=strategies.integers(100, 5000),
)
def test_the_cache_is_a_dictionary_that_keeps_the_first_value_within_a_bound(
    puts: list[tuple[int, int]], limit: int
) -> None:
    cache, model = SharedTensorCache(limit, entries=64), {}
    for key, size in puts:
        kept = cache.put(key, torch.full((size,), key, dtype=torch.uint8))
        if key in model:
            assert kept
        elif kept:
            model[key] = size
    assert len(cache) == len(model)
    assert (cache.describe().used_bytes or 0) <= limit
    for key in range(21):
        found = cache.get(key)
        assert (found is not None) == (key in model)
        assert found is None or found.tolist() == [key] * model[key]
    cache.close()


def test_a_shared_list_is_the_list() -> None:
    items = [{"path": f"{at}.png", "box": (at, at + 1)} for at in range(100)]
    shared = SharedListDataset(iter(items))
    assert list(shared) == items
    assert (len(shared), shared[-1], shared[7]) == (100, items[-1], items[7])
    with pytest.raises(IndexError, match="index 100 is out of range"):
        shared[100]
    assert in_child(lambda: list(shared) == items)


def test_a_shared_list_may_have_its_own_encoding_and_be_empty() -> None:
    shared = SharedListDataset(["", "ä"], encode=str.encode, decode=bytes.decode)
    assert list(shared) == ["", "ä"]
    assert list(SharedListDataset([])) == []
    with pytest.raises(ValueError, match="both or neither"):
        SharedListDataset([], encode=str.encode)


def test_pickling_hands_on_the_memory_and_not_its_contents() -> None:
    shared = SharedListDataset(range(10_000))
    sent = pickle.dumps(shared)
    assert len(sent) < 2000
    assert list(pickle.loads(sent)) == list(range(10_000))
    cache = SharedTensorCache(1 << 20)
    cache.put(1, torch.ones(5))
    assert pickle.loads(pickle.dumps(cache)).get(1).tolist() == [1.0] * 5


def test_memory_is_nowhere_in_the_file_system_and_views_outlive_closing() -> None:
    before = sorted(os.listdir("/dev/shm"))
    memory = SharedMemory("test", 4096)
    view = memory.tensor(0, torch.int32, (10,))
    view.fill_(3)
    assert sorted(os.listdir("/dev/shm")) == before
    memory.close()
    assert view.tolist() == [3] * 10
    with pytest.raises(FileNotFoundError):
        SharedMemory.attach(os.getpid(), 1_000_000)
