"""The pool: what it lends, what it refuses to take back, and its numbers against a simple model."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from memgui.runtime import Lease, PoolFullError, StillViewedError, TensorPool
from memgui.runtime.bypass import bypass_size
from memgui.runtime.pool_memory import DeviceMemory
from memgui.runtime.sizes import SMALLEST, bytes_of, size_class

MIB = 1 << 20


def pool(capacity: int = MIB, limit: int | None = None, **more: Any) -> TensorPool:
    return TensorPool(capacity, limit, bypass_below=more.pop("bypass_below", 0), **more)


def drop_a_lease(made: TensorPool) -> torch.Tensor:
    tensor = made.take(1000).tensor
    gc.collect()
    return tensor


def fail_while_viewing(made: TensorPool, views: list[torch.Tensor]) -> None:
    with made.take(1000) as lease:
        views.append(lease.tensor[1:])
        raise KeyError("from the loop")


@pytest.mark.parametrize("size", [1, 512, 513, 640, 1000, 1024, 1025, 5 * MIB, 64 * MIB])
def test_a_size_class_holds_its_size_and_wastes_a_fifth_at_most(size: int) -> None:
    found = size_class(size)
    assert found >= size
    assert found == SMALLEST or (found - size) / found < 0.2
    assert found % (SMALLEST // 4) == 0
    assert size_class(found) == found


def test_there_are_four_classes_between_two_powers_of_two() -> None:
    assert {size_class(size) for size in range(1025, 2049)} == {1280, 1536, 1792, 2048}


def test_a_block_that_was_given_back_is_lent_again() -> None:
    made = pool()
    with made.take((64, 64)) as lease:
        assert lease.tensor.shape == (64, 64)
        assert lease.tensor.is_contiguous()
        address = lease.tensor.data_ptr()
    with made.take((4096,)) as again:
        assert again.tensor.data_ptr() == address
    info = made.describe()
    assert (info.hits, info.misses, info.used_bytes, info.held_bytes) == (1, 1, 0, 16384)


def test_every_dtype_and_shape_fits_its_block() -> None:
    made = pool()
    for dtype in (torch.uint8, torch.bfloat16, torch.float64, torch.complex128):
        for shape in ((), (3,), (0, 4), (2, 3, 5)):
            with made.take(shape, dtype) as lease:
                assert (lease.tensor.dtype, tuple(lease.tensor.shape)) == (dtype, shape)
                lease.tensor.zero_()


def test_a_late_use_finds_an_empty_tensor() -> None:
    made = pool()
    lease = made.take(1000)
    kept = lease.tensor
    lease.give_back()
    assert kept.numel() == 0
    with pytest.raises(ValueError, match="given back already"):
        lease.give_back()


def test_a_view_makes_giving_back_an_error_that_names_its_variable() -> None:
    made = pool()
    lease = made.take(1000)
    window = lease.tensor[10:20]
    with pytest.raises(StillViewedError, match=r"taken at .*test_pool\.py:\d+ .*'window' of test_a_view_makes"):
        lease.give_back()
    assert made.describe().used_bytes == size_class(4000)
    del window
    lease.give_back()
    assert made.describe().used_bytes == 0


@pytest.mark.parametrize(
    ("hold", "words"),
    [
        (lambda tensor, kept: kept.append(tensor[1:]), "in a list of 1, at 0"),
        (lambda tensor, kept: kept.append({"rows": tensor.view(10, 100)}), "'rows'"),
        (lambda tensor, kept: kept.append(tensor.numpy()), "numpy array"),
        (lambda tensor, kept: kept.append((tensor * torch.ones(1000, requires_grad=True)).sum()), "autograd graph"),
    ],
)
def test_whatever_holds_a_block_is_named(hold: Callable[[torch.Tensor, list[Any]], None], words: str) -> None:
    made, kept = pool(), []
    lease = made.take(1000)
    hold(lease.tensor, kept)
    with pytest.raises(StillViewedError, match=words):
        lease.give_back()
    kept.clear()
    lease.give_back()


def test_a_leaked_lease_is_reported_with_its_line_and_its_block_is_lent_again() -> None:
    made = pool()
    with pytest.warns(ResourceWarning, match=r"taken at .*test_pool\.py:\d+ was dropped"):
        drop_a_lease(made)
    [(leak, count)] = made.leaks().items()
    assert count == 1
    assert leak.line.split(":")[0].endswith("test_pool.py")
    assert leak.line in made.describe().notes[0]
    assert made.describe().counters["leaked_count"] == 1
    assert made.describe().used_bytes == 0
    with made.take(1000):
        assert made.describe().hits == 1


def test_a_leaked_lease_whose_tensor_lives_keeps_its_block_until_it_is_gone() -> None:
    made = pool()
    with pytest.warns(ResourceWarning, match="dropped"):
        tensor = drop_a_lease(made)
    made.leaks()
    assert made.describe().used_bytes == size_class(4000)
    other = made.take(1000)
    assert other.tensor.data_ptr() != tensor.data_ptr()
    other.give_back()
    del tensor
    made.leaks()
    assert made.describe().used_bytes == 0


def test_an_exception_inside_a_with_is_not_hidden_by_its_views() -> None:
    made = pool()
    views: list[torch.Tensor] = []
    with pytest.raises(KeyError):
        fail_while_viewing(made, views)
    assert made.describe().used_bytes == size_class(4000)
    views.clear()
    made.leaks()
    assert made.describe().used_bytes == 0


def test_the_capacity_doubles_up_to_the_limit_and_then_says_who_holds_it() -> None:
    made = pool(4096, 20_000)
    held = [made.take(1024) for _ in range(3)]
    assert made.describe().counters["capacity_bytes"] == 16384
    held.append(made.take(1024))
    with pytest.raises(PoolFullError, match=r"16384 of 20000 are lent, taken at: .*test_pool\.py:\d+ \(\d+ bytes\)"):
        made.take(1024)
    for lease in held:
        lease.give_back()
    assert made.describe().counters["grown_count"] == 2


def test_free_blocks_of_other_sizes_make_way_before_the_pool_grows() -> None:
    made = pool(8192)
    made.take(1024).give_back()
    made.take(512).give_back()
    with made.take(2048):
        info = made.describe()
        assert (info.used_bytes, info.held_bytes, info.counters["capacity_bytes"]) == (8192, 8192, 8192)


def test_small_blocks_pass_by() -> None:
    made = pool(bypass_below=4096)
    with made.take(100) as lease:
        lease.tensor.zero_()
    info = made.describe()
    assert (info.counters["bypassed_count"], info.hits, info.misses, info.held_bytes) == (1, 0, 0, 0)


def test_what_is_faster_is_measured_on_the_host_and_not_asked_on_devices() -> None:
    assert bypass_size("cuda") == 0
    assert 0 <= bypass_size("cpu") <= 16 * MIB


def test_trimming_gives_back_what_nobody_has() -> None:
    made = pool()
    lease = made.take(1024)
    made.take(2048).give_back()
    assert made.trim() == 8192
    assert (made.describe().held_bytes, made.describe().can_trim) == (4096, False)
    lease.give_back()


def test_a_closed_pool_reports_what_is_out_and_lends_nothing() -> None:
    made = pool()
    lease = made.take(1024)
    with pytest.warns(ResourceWarning, match=r"closed while 4096 bytes are lent, taken at: .*test_pool\.py"):
        made.close()
    with pytest.raises(ValueError, match="is closed"):
        made.take(10)
    lease.give_back()
    assert made.describe().held_bytes == 0


def test_settings_out_of_range_are_refused_with_the_range() -> None:
    made = pool(4096, 1 << 20)
    lease = made.take(2048)
    with pytest.raises(ValueError, match="limit must be from 8192 to"):
        made.set(limit=100)
    with pytest.raises(ValueError, match="has no setting colour; it has: limit, bypass_below"):
        made.set(colour=1)
    made.set(limit=8192)
    with pytest.raises(PoolFullError):
        made.take(1)
    lease.give_back()


def test_a_lease_belongs_to_its_pool() -> None:
    one, other = pool(name="one"), pool(name="other")
    lease = one.take(10)
    with pytest.raises(ValueError, match="belongs to the pool one"):
        other.give_back(lease)
    lease.give_back()


def test_many_threads_leave_exact_numbers() -> None:
    made = pool(64 * MIB)
    faults: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            for at in range(200):
                with made.take((seed + at) % 7 * 500 + 1) as lease:
                    lease.tensor.fill_(seed)
                    assert bool((lease.tensor == seed).all())
        except BaseException as error:  # noqa: BLE001 - told to the test
            faults.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    info = made.describe()
    assert not faults
    assert (info.hits or 0) + (info.misses or 0) == 800
    assert info.used_bytes == 0
    assert made.trim() == info.held_bytes


def test_device_blocks_come_from_a_memory_pool_of_their_own() -> None:
    class Cuda:
        def __init__(self) -> None:
            self.calls: list[Any] = []

        def MemPool(self) -> str:
            return "pool"

        def use_mem_pool(self, used: str, device: torch.device) -> Any:
            self.calls.append((used, str(device)))
            return torch.no_grad()

        def empty_cache(self) -> None:
            self.calls.append("empty_cache")

    cuda = Cuda()
    memory = DeviceMemory(torch.device("cpu"), cuda)
    assert memory.allocate(1024).nbytes() == 1024
    memory.released()
    assert cuda.calls == [("pool", "cpu"), "empty_cache"]


def test_bytes_count_each_storage_once_and_views_with_what_they_hold() -> None:
    base = torch.zeros(1000)
    assert bytes_of({"a": base[:10], "b": [base.view(10, 100)], "c": ("four", 1)}) == 4004


class PoolModel(RuleBasedStateMachine):
    """The pool beside a dictionary of what is out."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = TensorPool(8192, 65536, bypass_below=0)
        self.out: list[tuple[Lease, int]] = []
        self.asked = 0

    @rule(elements=strategies.integers(1, 5000))
    def take(self, elements: int) -> None:
        size = size_class(4 * elements)
        used = sum(lent for _, lent in self.out)
        try:
            lease = self.pool.take(elements)
        except PoolFullError:
            assert used + size > 65536
            return
        assert used + size <= 65536
        self.asked += 1
        addresses = {other.tensor.data_ptr() for other, _ in self.out if other.tensor.numel()}
        assert lease.tensor.data_ptr() not in addresses or not elements
        lease.tensor.fill_(len(self.out))
        self.out.append((lease, size))

    @precondition(lambda self: self.out)
    @rule(data=strategies.data())
    def give_back(self, data: Any) -> None:
        at = data.draw(strategies.integers(0, len(self.out) - 1))
        lease, _ = self.out.pop(at)
        lease.give_back()

    @rule()
    def trim(self) -> None:
        info = self.pool.describe()
        assert self.pool.trim() == (info.held_bytes or 0) - (info.used_bytes or 0)

    @invariant()
    def numbers_are_exact(self) -> None:
        info = self.pool.describe()
        used = sum(size for _, size in self.out)
        assert info.used_bytes == used
        assert used <= (info.held_bytes or 0) <= info.counters["capacity_bytes"] <= 65536
        assert (info.hits or 0) + (info.misses or 0) == self.asked

    def teardown(self) -> None:
        for lease, _ in self.out:
            lease.give_back()


TestPoolAgainstItsModel = PoolModel.TestCase
TestPoolAgainstItsModel.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
