"""Pools as the agent shows and changes them, over a real socket and without one."""

from __future__ import annotations

import gc
import sys
import threading
import time
import types
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader

import memgui.agent
from memgui.agent.actions.action import Outcome, Point
from memgui.agent.actions.pools import SetPool, TrimPool
from memgui.agent.pools import blocks
from memgui.agent.pools.loaders import Loaders
from memgui.agent.pools.pools import Pools
from memgui.agent.pools.reach import instances, training_frames, variables
from memgui.agent.steps import StepClock
from memgui.protocol.errors import Refused
from memgui.runtime import BufferedBatches, Prefetcher, TensorCache, TensorPool, registry

AT = Point("optimizer", 1)
FRESH = Outcome()


@pytest.fixture(autouse=True)
def no_blocks_of_others() -> None:
    gc.collect()
    registry._blocks.clear()


@pytest.fixture
def marks() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def clock() -> StepClock:
    return StepClock(lambda point: None, lambda: True)


def set_pool(clock: StepClock, marks: list[tuple[str, str]], pools: Pools | None = None) -> SetPool:
    return SetPool(pools or Pools(lambda look: None), clock, lambda kind, text, data: marks.append((kind, text)))


def test_without_blocks_nothing_is_offered(clock: StepClock) -> None:
    assert "no pool or buffer" in (set_pool(clock, []).unavailable() or "")
    assert blocks.describe({}) == []
    assert blocks.describe({"torch": torch}) == []


def test_blocks_that_exist_are_described_and_never_kept() -> None:
    cache = TensorCache(1000, name="features")
    cache.put(1, torch.zeros(10))
    [info] = blocks.describe()
    assert (info.name, info.kind, info.used_bytes, info.limit_bytes) == ("features", "lru cache", 40, 1000)
    gone = weakref.ref(cache)
    del cache
    gc.collect()
    assert gone() is None
    assert blocks.describe() == []


def test_a_block_whose_numbers_cannot_be_read_says_so() -> None:
    batches = BufferedBatches([], 1, name="broken")
    batches.describe = lambda: 1 / 0  # type: ignore[method-assign,assignment,return-value]
    [info] = blocks.describe()
    assert "ZeroDivisionError" in info.notes[0]


def test_a_setting_is_changed_marked_and_its_effect_told_some_steps_later(
    clock: StepClock, marks: list[tuple[str, str]]
) -> None:
    prefetcher = Prefetcher([1], depth=2, name="ahead")
    action = set_pool(clock, marks)
    assert action.schema()["properties"]["name"]["enum"] == ["ahead"]
    assert action.schema()["properties"]["depth"] == {
        "type": "integer", "minimum": 0, "maximum": 64, "optional": True, "description": "ahead"
    }  # fmt: skip
    assert action.estimate({"name": "ahead", "depth": 4}).changes == ("ahead: depth 2 → 4",)
    for _ in range(3):
        clock._count()
    total = FRESH.plus(action.run({"name": "ahead", "depth": 4}, Point("optimizer", 3), FRESH))
    assert prefetcher.depth == 4
    assert marks == [("pool", "ahead: depth 2 → 4")]
    steps = 3
    while not total.complete:
        clock._count()
        steps += 1
        total = total.plus(action.run({"name": "ahead", "depth": 4}, Point("optimizer", steps), total))
    assert steps == 23
    assert len(marks) == 1
    assert total.details["change"] == "ahead: depth 2 → 4"
    assert total.details["steps"] == 20
    assert total.details["step_before_s"] >= 0
    assert total.details["step_after_s"] >= 0


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"name": "ahead", "depth": 65}, "ahead: depth must be from 0 to 64, not 65"),
        ({"name": "ahead", "size": 3}, "has no setting size; it has: depth, max_bytes, automatic"),
        ({"name": "ahead"}, "nothing was given to change"),
        ({"name": "gone", "depth": 3}, "there is no pool gone"),
    ],
)
def test_what_cannot_be_set_is_refused_with_what_can(clock: StepClock, params: dict[str, Any], words: str) -> None:
    prefetcher = Prefetcher([1], depth=2, name="ahead")
    with pytest.raises(Refused, match=words):
        set_pool(clock, []).run(params, AT, FRESH)
    assert prefetcher.depth == 2


def test_trimming_frees_what_was_predicted(clock: StepClock, marks: list[tuple[str, str]]) -> None:
    pool = TensorPool(1 << 20, bypass_below=0, name="blocks")
    pool.take(10_000).give_back()
    cache = TensorCache(1000, name="features")
    cache.put(1, torch.zeros(10))
    action = TrimPool(Pools(lambda look: None), clock, lambda kind, text, data: marks.append((kind, text)))
    assert action.schema()["properties"]["name"]["enum"] == ["all", "blocks", "features"]
    assert action.estimate({}).would_free_bytes == 40_960 + 40
    outcome = action.run({"name": "all"}, Point("optimizer", -1), FRESH)
    assert outcome.freed_bytes == 41_000
    assert outcome.complete
    assert action.unavailable() is not None
    assert marks == [("pool", "trimmed blocks, features")]


def test_the_median_step_is_told(clock: StepClock) -> None:
    assert clock.recent_step_s() is None
    clock._ends.extend([0.0, 1.0, 2.0, 9.0, 9.5])
    assert clock.recent_step_s() == 1.0
    assert clock.recent_step_s(2) == 7.0


# Data loaders.


class Trainer:
    def __init__(self, loader: Any) -> None:
        self.loaders = {"train": loader}


def look_from_a_loop(loaders: Loaders, trainer: Trainer, batch: Any) -> None:
    assert batch is not None
    loaders.look()


def loader(workers: int = 2, **more: Any) -> DataLoader[Any]:
    made: DataLoader[Any] = DataLoader(list(range(100)), 8, num_workers=workers, **more)  # type: ignore[arg-type]
    return made


def test_a_loader_is_found_through_the_variables_of_the_loop_with_the_bytes_of_its_batch() -> None:
    loaders, trainer = Loaders(), Trainer(loader(prefetch_factor=4))
    look_from_a_loop(loaders, trainer, (torch.zeros(8, 100), torch.zeros(8, dtype=torch.int64)))
    [info] = loaders.describe()
    assert info.name == "trainer.loaders['train']"
    assert info.counters["batch_bytes"] == 8 * 100 * 4 + 64
    assert info.used_bytes == 8 * (3200 + 64)
    assert info.counters["workers_count"] == 2
    assert "next epoch" in info.notes[0]
    assert info.settings["prefetch_factor"].value == 4


def test_a_loader_without_a_batch_in_sight_has_no_bytes() -> None:
    loaders, trainer = Loaders(), Trainer(loader())
    look_from_a_loop(loaders, trainer, torch.zeros(7, 3))
    [info] = loaders.describe()
    assert info.used_bytes is None


def test_a_loaders_change_acts_at_the_next_epoch_and_is_refused_where_it_never_would() -> None:
    loaders, trainer = Loaders(), Trainer(loader())
    look_from_a_loop(loaders, trainer, torch.zeros(8, 3))
    name = loaders.describe()[0].name
    loaders.change(name, {"prefetch_factor": 5, "workers": 1})
    found = trainer.loaders["train"]
    assert (found.prefetch_factor, found.num_workers) == (5, 1)
    assert loaders.describe()[0].settings["prefetch_factor"].value == 5
    with pytest.raises(Refused, match="prefetch_factor must be from 1 to 64, not 100"):
        loaders.change(name, {"prefetch_factor": 100})
    for made, words in ((loader(persistent_workers=True), "workers persist"), (loader(0), "training thread")):
        trainer.loaders["train"] = made
        look_from_a_loop(loaders, trainer, torch.zeros(8, 3))
        name = next(info.name for info in loaders.describe() if not info.settings)
        with pytest.raises(Refused, match=words):
            loaders.change(name, {"prefetch_factor": 5})


def test_loaders_are_held_weakly() -> None:
    loaders, trainer = Loaders(), Trainer(loader())
    look_from_a_loop(loaders, trainer, torch.zeros(8, 3))
    name = loaders.describe()[0].name
    gone = weakref.ref(trainer.loaders.pop("train"))
    gc.collect()
    assert gone() is None
    with pytest.raises(Refused, match="exists no more"):
        loaders.change(name, {"prefetch_factor": 5})


class Marker:
    pass


def test_a_look_leaves_no_copy_of_the_variables_behind() -> None:
    def loop() -> bool:
        thing = Marker()
        gone = weakref.ref(thing)
        assert instances(training_frames(sys._getframe()), Marker) == [("thing", thing)]
        del thing
        return gone() is None

    assert loop()


def test_a_dictionary_that_the_function_asked_for_keeps_its_contents() -> None:
    def loop() -> dict[str, Any]:
        one, two = 1, 2
        assert one < two
        mine = locals()
        variables(sys._getframe())
        return mine

    assert loop().items() >= {"one": 1, "two": 2}.items()


def test_a_look_is_bounded_and_runs_no_code_of_the_objects() -> None:
    class Trap:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError("looked at by getattr")

        @property
        def __class__(self) -> Any:  # type: ignore[override]
            raise AssertionError("asked for its class")

    def loop() -> list[tuple[str, Any]]:
        trap = Trap()
        many = [Marker() for _ in range(100_000)]
        assert type(trap) is Trap
        assert len(many) == 100_000
        return instances([sys._getframe()], Marker)

    assert len(loop()) == 64


def test_a_look_that_fails_does_not_reach_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    loaders = Loaders()
    look = loaders.wanted()
    assert look is not None
    assert loaders.wanted() is None
    monkeypatch.setattr(loaders, "look", lambda: 1 / 0)
    assert look.carry_out(AT)


# Over the socket.


@pytest.fixture
def stepping() -> Iterator[threading.Event]:
    """A thread that trains as long as the test lasts."""
    stop = threading.Event()

    def train() -> None:
        data = loader(0)
        part = torch.nn.Parameter(torch.zeros(1))
        optimizer = torch.optim.SGD([part], lr=0.1)
        while not stop.is_set():
            for batch in data:
                part.grad = batch[:1].float()
                optimizer.step()
                if stop.wait(0.001):
                    break

    thread = threading.Thread(target=train)
    thread.start()
    yield stop
    stop.set()
    thread.join()


def test_pools_are_listed_and_changed_over_the_wire(viewer: Any, stepping: threading.Event) -> None:
    prefetcher = Prefetcher([1], depth=2, name="ahead")
    pools = viewer.call("inspect.pools")["pools"]
    assert [pool["name"] for pool in pools] == ["ahead"]
    assert pools[0]["settings"]["depth"] == {"value": 2, "min": 0, "max": 64, "unit": "", "whole": True}
    asked = viewer.send("actions.run", action="set_pool", params={"name": "ahead", "depth": 6})
    mark = viewer.event("pool")
    assert mark["text"] == "ahead: depth 2 → 6"
    receipt = viewer.answer(asked)["result"]
    assert receipt["outcome"] == "done"
    assert prefetcher.depth == 6
    assert {"step_after_s", "steps", "change"} <= set(receipt["details"])
    assert "host.rss_bytes" in receipt["before"]
    fault = viewer.fail("actions.run", action="set_pool", params={"name": "ahead", "depth": 1000})
    assert "'depth' must be at most 64" in fault["message"]


def test_a_data_loader_shows_up_after_a_step(viewer: Any, stepping: threading.Event) -> None:
    deadline_s = time.monotonic() + 10
    found: list[Any] = []
    while not found and time.monotonic() < deadline_s:
        answer = viewer.call("inspect.pools")
        found = [pool for pool in answer["pools"] if pool["kind"] == "data loader"]
    [info] = found
    assert info["name"] == "data"
    assert info["counters"]["batch_size_count"] == 8
    assert answer["looked_s"] > 0


def test_what_a_block_holds_becomes_a_metric(agent: Path, viewer: Any) -> None:
    cache = TensorCache(1000, name="features")
    cache.put(1, torch.zeros(10))
    viewer.call("subscribe", hz=20)
    names = viewer.note("event", lambda note: "pool.features.used_bytes" in note["data"].get("names", []))["data"]
    at = names["names"].index("pool.features.used_bytes")
    sample = viewer.note("sample", lambda note: note["generation"] == names["generation"] and note["v"][at] is not None)
    assert sample["v"][at] == 40


def test_an_agent_that_comes_after_the_blocks_finds_them(agent: Path) -> None:
    memgui.agent.stop()
    cache = TensorCache(1000, name="early")
    memgui.agent.start(in_worker=True)
    assert [info.name for info in blocks.describe()] == [cache.name]


def test_a_registry_of_another_version_is_no_harm() -> None:
    strange = types.SimpleNamespace(live=lambda: [types.SimpleNamespace(name="x", kind="y", describe=lambda: None)])
    [info] = blocks.describe({"memgui.runtime.registry": strange})
    assert "NoneType" in info.notes[0]
