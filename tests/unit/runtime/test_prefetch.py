"""The prefetcher: order, errors, ends, bounds, and the rule that chooses its depth."""

from __future__ import annotations

import gc
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from hypothesis import given, settings, strategies

from memgui.runtime import Prefetcher
from memgui.runtime.depth import DepthRule
from memgui.runtime.transfer import SideStream, each

WAIT_S = 10.0


class Source:
    """Makes numbered batches, each only when it is let, and tells which it has made."""

    def __init__(self, count: int, size: int = 4, *, free: bool = True) -> None:
        self.count, self.size = count, size
        self.gate = threading.Semaphore(1_000_000 if free else 0)
        self.made: list[int] = []
        self.closed = threading.Event()
        self.change = threading.Condition()

    def __iter__(self) -> Iterator[torch.Tensor]:
        try:
            for at in range(self.count):
                assert self.gate.acquire(timeout=WAIT_S)
                with self.change:
                    self.made.append(at)
                    self.change.notify_all()
                yield torch.full((self.size,), at, dtype=torch.uint8)
        finally:
            self.closed.set()

    def wait_made(self, count: int) -> None:
        with self.change:
            assert self.change.wait_for(lambda: len(self.made) >= count, WAIT_S)


def until(holds: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline_s


def numbers(batches: Any) -> list[int]:
    return [int(batch[0]) for batch in batches]


@pytest.mark.parametrize("depth", [0, 1, 2, 7])
def test_batches_come_in_order_and_the_end_after_them(depth: int) -> None:
    prefetcher = Prefetcher(Source(20), depth)
    assert numbers(prefetcher) == list(range(20))
    assert numbers(prefetcher) == list(range(20))
    info = prefetcher.describe()
    assert (info.hits or 0) + (info.misses or 0) == 40
    assert info.used_bytes == 0


def test_an_error_comes_after_everything_before_it() -> None:
    def broken() -> Iterator[torch.Tensor]:
        yield torch.zeros(1)
        yield torch.ones(1)
        raise OSError("the disk is gone")

    iterator = iter(Prefetcher(broken(), 2))
    assert [int(next(iterator)), int(next(iterator))] == [0, 1]
    with pytest.raises(OSError, match="the disk is gone"):
        next(iterator)
    with pytest.raises(StopIteration):
        next(iterator)


def test_as_many_are_made_ahead_as_the_depth_says_and_it_changes_live() -> None:
    source = Source(100)
    with Prefetcher(source, 2) as prefetcher:
        iterator = iter(prefetcher)
        next(iterator)
        source.wait_made(3)
        prefetcher.set(depth=5)
        source.wait_made(6)
        assert len(source.made) == 6
        prefetcher.set(depth=0)
        assert numbers(itertools.islice(iterator, 5)) == [1, 2, 3, 4, 5]
        assert len(source.made) == 6
        assert numbers(itertools.islice(iterator, 1)) == [6]
        assert len(source.made) == 7


def test_a_loop_that_is_left_takes_the_thread_and_the_source_with_it() -> None:
    source = Source(1000)
    prefetcher = Prefetcher(source, 3)
    for at, _ in enumerate(prefetcher):
        if at == 4:
            break
    gc.collect()
    assert source.closed.wait(WAIT_S)
    assert prefetcher.describe().counters["batches_count"] == 5


def test_closing_ends_a_pass_whose_iterator_is_still_held() -> None:
    source = Source(1000)
    prefetcher = Prefetcher(source, 3)
    iterator = iter(prefetcher)
    next(iterator)
    prefetcher.close()
    assert source.closed.is_set()
    with pytest.raises(StopIteration):
        next(iterator)


def test_bytes_hold_the_source_back() -> None:
    source = Source(50, size=100)
    with Prefetcher(source, 60, max_bytes=350) as prefetcher:
        iterator = iter(prefetcher)
        next(iterator)
        until(lambda: prefetcher.describe().used_bytes == 300)
        assert len(source.made) == 4
        prefetcher.set(max_bytes=500)
        until(lambda: prefetcher.describe().used_bytes == 500)
        assert len(source.made) == 6
        assert [int(batch[0]) for batch in iterator] == list(range(1, 50))


def test_a_batch_larger_than_the_budget_passes_alone() -> None:
    assert numbers(Prefetcher(Source(5, size=1000), 4, max_bytes=10)) == list(range(5))


def test_a_wait_of_the_loop_is_a_stall_but_not_the_first_one() -> None:
    source = Source(3, free=False)
    prefetcher = Prefetcher(source, 1)
    iterator = iter(prefetcher)
    source.gate.release()
    next(iterator)
    assert prefetcher.describe().stalls == 0
    timer = threading.Timer(0.02, source.gate.release, args=(2,))
    timer.start()
    next(iterator)
    timer.join()
    source.wait_made(3)
    info = prefetcher.describe()
    assert info.stalls == 1
    assert (info.stall_s or 0) > 0
    prefetcher.close()


def test_settings_out_of_range_are_refused_with_the_range() -> None:
    prefetcher = Prefetcher([1, 2])
    with pytest.raises(ValueError, match="depth must be from 0 to 64, not 65"):
        prefetcher.depth = 65
    with pytest.raises(ValueError, match="whole number"):
        prefetcher.set(depth=1.5)
    with pytest.raises(ValueError, match="depth must be from 0 to 64"):
        Prefetcher([], 100)


def test_a_depth_that_is_set_ends_the_automatic_one() -> None:
    prefetcher = Prefetcher([1], automatic=True)
    assert prefetcher.automatic
    prefetcher.set(depth=3)
    assert (prefetcher.automatic, prefetcher.depth) == (False, 3)


@settings(max_examples=60, deadline=None)
@given(
    sizes=strategies.lists(strategies.integers(1, 50), max_size=30),
    depths=strategies.lists(strategies.integers(0, 6), min_size=1, max_size=8),
    budget=strategies.one_of(strategies.none(), strategies.integers(1, 120)),
    fails_at=strategies.one_of(strategies.none(), strategies.integers(0, 30)),
    leaves_at=strategies.one_of(strategies.none(), strategies.integers(1, 30)),
)
def test_whatever_is_changed_on_the_way_the_order_is_the_sources(
    sizes: list[int], depths: list[int], budget: int | None, fails_at: int | None, leaves_at: int | None
) -> None:
    def source() -> Iterator[torch.Tensor]:
        for at, size in enumerate(sizes):
            if at == fails_at:
                raise ArithmeticError(str(at))
            yield torch.full((size,), at, dtype=torch.uint8)

    seen: list[int] = []
    failed = None
    with Prefetcher(source(), depths[0], budget) as prefetcher:
        try:
            for batch in prefetcher:
                assert batch.numel() == sizes[len(seen)]
                seen.append(int(batch[0]))
                if len(seen) == leaves_at:
                    break
                prefetcher.set(depth=depths[len(seen) % len(depths)])
                used = prefetcher.describe().used_bytes or 0
                assert budget is None or used <= budget + 50
        except ArithmeticError as error:
            failed = int(str(error))
    reach = len(sizes) if fails_at is None or fails_at >= len(sizes) else fails_at
    expected = reach if leaves_at is None or leaves_at > reach else leaves_at
    assert seen == list(range(expected))
    assert (failed is not None) == (expected == reach and reach < len(sizes) and leaves_at != reach)


class Loop:
    """A loop and a source in whole ticks; both work at the same time. Tells how often the loop waited."""

    def __init__(self, rule: DepthRule, costs: list[int], step: int, room: int = 64) -> None:
        depth, stalls, ready = 1, 0, 0
        produced, work = 0, costs[0]
        self.depths: list[int] = []
        for at in range(len(costs) - 64):
            left = ready
            stalled = ready == 0 and at > 0
            while ready == 0:
                work -= 1
                if work <= 0:
                    ready, produced = ready + 1, produced + 1
                    work = costs[produced]
            stalls += stalled
            ready -= 1
            depth = rule.next(depth, left, stalled=stalled, room=room)
            self.depths.append(depth)
            for _ in range(step):
                if ready < depth and produced < len(costs) - 1:
                    work -= 1
                    if work <= 0:
                        ready, produced = ready + 1, produced + 1
                        work = costs[produced]
        self.stalls = stalls


def test_a_hiccup_makes_the_buffer_as_deep_as_it_needs_and_no_deeper() -> None:
    costs = [40 if at % 50 == 49 else 2 for at in range(1500)]
    loop = Loop(DepthRule(1, 64), costs, step=10)
    assert loop.stalls < 20
    assert 3 <= max(loop.depths) <= 6


def test_a_source_that_is_always_slower_is_not_given_memory() -> None:
    loop = Loop(DepthRule(1, 64), [20] * 600, step=10)
    assert max(loop.depths) <= 2


def test_a_budget_bounds_the_automatic_depth() -> None:
    costs = [80 if at % 50 == 49 else 2 for at in range(1000)]
    assert max(Loop(DepthRule(1, 64), costs, step=10, room=3).depths) <= 3


def test_a_calm_source_gets_a_shallower_buffer_again() -> None:
    rule, depth = DepthRule(1, 64), 8
    for _ in range(2000):
        depth = rule.next(depth, depth, stalled=False, room=64)
    assert depth < 8


class Stream:
    def __init__(self, calls: list[str]) -> None:
        self.calls = calls

    def wait_event(self, event: Any) -> None:
        self.calls.append("wait")


class Cuda:
    """What the side stream uses of `torch.cuda`, on the host."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def Stream(self, device: torch.device) -> Stream:
        return Stream(self.calls)

    def stream(self, stream: Stream) -> Any:
        self.calls.append("side")
        return torch.no_grad()

    def Event(self) -> Any:
        return type("Event", (), {"record": lambda self, stream: stream.calls.append("recorded")})()

    def current_stream(self, device: torch.device) -> Stream:
        return Stream(self.calls)


def test_batches_are_copied_on_a_side_stream_for_which_the_loops_stream_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = Cuda()
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda self: (cuda.calls.append("pinned"), self)[1])
    monkeypatch.setattr(torch.Tensor, "record_stream", lambda self, stream: cuda.calls.append("used"))
    transfer = SideStream(torch.device("cpu"), cuda)
    batch = transfer.receive(transfer.send({"x": torch.ones(2), "n": 3}))
    assert batch["n"] == 3
    assert cuda.calls == ["pinned", "side", "recorded", "wait", "used"]


def test_nested_batches_keep_their_shape() -> None:
    changed = each([torch.zeros(1), ("a", torch.zeros(1)), {"k": torch.zeros(1)}], lambda tensor: tensor + 1)
    assert changed == [torch.ones(1), ("a", torch.ones(1)), {"k": torch.ones(1)}]
