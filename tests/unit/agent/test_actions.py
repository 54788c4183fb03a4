"""What each action does, predicts and refuses."""

from __future__ import annotations

import functools
import gc
import linecache
import sys
import types
import weakref
from typing import Any

import pytest
import torch

from memgui.agent.actions import schema
from memgui.agent.actions.action import Outcome, Point
from memgui.agent.actions.caches import ClearCache
from memgui.agent.actions.device import EmptyDeviceCache, EmptyPinnedCache, ResetPeaks
from memgui.agent.actions.gradients import ReleaseGradients
from memgui.agent.actions.host import CollectGarbage, TrimHeap
from memgui.agent.actions.registry import Registry, ScriptActions
from memgui.agent.actions.script import ScriptAction
from memgui.agent.allocator import Allocator
from memgui.protocol.errors import Refused

AT = Point("optimizer", 1)
FRESH = Outcome()


def trained(elements: int = 1000) -> torch.optim.Optimizer:
    part = torch.nn.Parameter(torch.ones(elements))
    part.grad = torch.ones(elements)
    return torch.optim.SGD([part], lr=0.1)


def gradients(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    return [part.grad for group in optimizer.param_groups for part in group["params"] if part.grad is not None]


def test_collecting_garbage_destroys_circles_and_tells_how_many() -> None:
    class Node:
        pass

    node = Node()
    node.me = node  # type: ignore[attr-defined]
    gone = weakref.ref(node)
    gc.disable()
    try:
        del node
        outcome = CollectGarbage().run({}, AT, FRESH)
    finally:
        gc.enable()
    assert gone() is None
    assert outcome.details["collected_count"] >= 1
    assert (CollectGarbage().estimate({}).pause_ms or 0) > 0


def test_the_pause_of_a_collection_is_learned_from_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    action = CollectGarbage()
    times = iter([10.0, 12.0])
    monkeypatch.setattr("memgui.agent.actions.host.time.perf_counter", lambda: next(times))
    action.run({}, AT, FRESH)
    assert action.estimate({}).pause_ms == pytest.approx(2000, rel=0.2)


def test_trimming_predicts_what_the_heap_keeps() -> None:
    action = TrimHeap(Allocator("glibc", heap=lambda: (10, 240_000_000), trim=lambda: True))
    estimate = action.estimate({})
    assert (estimate.would_free_bytes, estimate.pause_ms) == (240_000_000, 45.0)
    assert action.unavailable() is None
    assert action.run({}, AT, FRESH).details == {"gave_back": True}
    assert not action.safe_point


def test_trimming_another_allocator_is_refused_by_its_name() -> None:
    reason = TrimHeap(Allocator("jemalloc")).unavailable()
    assert reason is not None
    assert "jemalloc" in reason


def test_releasing_gradients_frees_exactly_them() -> None:
    optimizer = trained()
    action = ReleaseGradients(lambda: [optimizer])
    assert action.estimate({}).would_free_bytes == 4000
    outcome = action.run({}, Point("optimizer", 1, optimizer), FRESH)
    assert (outcome.freed_bytes, outcome.details, outcome.complete) == (4000, {"tensors_count": 1}, True)
    assert gradients(optimizer) == []


def test_another_optimizers_gradients_wait_for_its_own_step() -> None:
    first, second = trained(10), trained(20)
    action = ReleaseGradients(lambda: [first, second])
    one = action.run({}, Point("optimizer", 1, first), FRESH)
    assert not one.complete
    assert len(gradients(second)) == 1
    two = action.run({}, Point("optimizer", 1, second), FRESH.plus(one))
    assert two.complete
    total = one.plus(two)
    assert (total.freed_bytes, total.details) == (120, {"tensors_count": 2})


def test_an_optimizer_that_never_steps_again_is_not_waited_for_without_end() -> None:
    active, idle = trained(), trained()
    action = ReleaseGradients(lambda: [active, idle])
    sum_ = FRESH
    for visits in range(200):
        sum_ = sum_.plus(action.run({}, Point("optimizer", visits, active), sum_))
        if sum_.complete:
            break
    assert sum_.complete
    assert visits < 100
    assert len(gradients(idle)) == 1


def test_gradients_that_are_views_of_a_bucket_free_nothing_by_themselves() -> None:
    optimizer = trained(10)
    bucket = torch.zeros(100)
    optimizer.param_groups[0]["params"][0].grad = bucket[:10]
    outcome = ReleaseGradients(lambda: [optimizer]).run({}, Point("optimizer", 1, optimizer), FRESH)
    assert (outcome.freed_bytes, outcome.details) == (0, {"tensors_count": 1})


def test_gradients_are_released_only_right_after_an_optimizers_step() -> None:
    action = ReleaseGradients(list)
    assert action.refusal(Point("script", 3)) == ""
    assert action.refusal(AT) is None
    assert action.unavailable() is not None


@functools.cache
def remembered(number: int) -> str:
    return "x" * number


class Keeper:
    @staticmethod
    @functools.lru_cache
    def kept(number: int) -> int:
        return number


@pytest.fixture
def this_module() -> str:
    # pytest's importlib mode does not put test modules into sys.modules under their __name__ in every version.
    name = remembered.__module__
    sys.modules.setdefault(name, types.ModuleType(name)).__dict__.update(remembered=remembered, Keeper=Keeper)
    return name


def test_caches_are_found_by_name_and_cleared(this_module: str) -> None:
    remembered(3)
    Keeper.kept(4)
    linecache.getlines(__file__)
    action = ClearCache()
    names = action.schema()["properties"]["cache"]["enum"]
    assert {f"{this_module}.remembered", f"{this_module}.Keeper.kept", "linecache"} <= set(names)
    for name in (f"{this_module}.remembered", f"{this_module}.Keeper.kept", "linecache"):
        assert action.run({"cache": name}, AT, FRESH).details["entries_count"] >= 1
    assert remembered.cache_info().currsize == Keeper.kept.cache_info().currsize == 0
    assert f"{this_module}.remembered" not in action.schema()["properties"]["cache"]["enum"]


def test_a_cache_that_is_gone_is_refused() -> None:
    with pytest.raises(Refused, match="no cache named"):
        ClearCache().run({"cache": "nobody.nothing"}, AT, FRESH)


@pytest.mark.parametrize("kind", [EmptyDeviceCache, EmptyPinnedCache, ResetPeaks])
def test_without_an_accelerator_device_actions_say_why(kind: Any, backend: Any, fake_modules: Any) -> None:
    assert kind({}).unavailable() == "torch is not imported in this process"
    backend.initialised = False
    assert "no accelerator" in (kind(fake_modules).unavailable() or "")


def test_emptying_the_device_cache_waits_for_the_device_first(backend: Any, fake_modules: Any) -> None:
    action = EmptyDeviceCache(fake_modules)
    assert action.unavailable() is None
    assert action.estimate({}).would_free_bytes == 48_234_496 - 25_362_944 - 7_143_424
    action.run({}, AT, FRESH)
    assert backend.calls == ["synchronize 0", "empty_cache"]
    assert action.frees("cuda.0.reserved_bytes")
    assert not action.frees("pinned.reserved_bytes")


def test_emptying_the_pinned_cache(backend: Any, fake_modules: Any) -> None:
    action = EmptyPinnedCache(fake_modules)
    assert action.estimate({}).would_free_bytes == 4_194_304
    action.run({}, AT, FRESH)
    assert backend.calls == ["synchronize 0", "host_emptyCache"]
    del fake_modules["torch"]._C
    assert "no call" in (action.unavailable() or "")


def test_resetting_peaks_touches_devices_in_use_only(backend: Any, fake_modules: Any) -> None:
    assert ResetPeaks(fake_modules).run({}, AT, FRESH).freed_bytes == 0
    assert backend.calls == ["reset_peak 0"]


def script_action(function: Any, **changes: Any) -> ScriptAction:
    options: dict[str, Any] = {"name": "mine", "title": "Mine", "params": {}, "description": "", "group": "script"}
    options |= {"safe_point": True, "gone": lambda: None}
    return ScriptAction(function, **(options | changes))


def test_a_scripts_function_may_tell_bytes_or_details() -> None:
    def frees(count: int) -> int:
        return count * 2

    def tells() -> dict[str, int]:
        return {"dropped": 3}

    assert script_action(frees, params={"count": 1}).run({"count": 4}, AT, FRESH).freed_bytes == 8
    assert script_action(tells).run({}, AT, FRESH).details == {"dropped": 3}


def test_a_scripts_action_keeps_no_model_alive() -> None:
    class Trainer:
        def drop(self) -> None: ...

    told: list[int] = []
    trainer = Trainer()
    action = script_action(trainer.drop, gone=lambda: told.append(1))
    assert action.is_alive
    del trainer
    gc.collect()
    assert not action.is_alive
    assert told == [1]
    with pytest.raises(Refused):
        action.run({}, AT, FRESH)


def test_a_script_cannot_replace_an_action_of_memgui() -> None:
    def mine() -> None: ...

    offered = ScriptActions()
    offered.add(script_action(mine, name="collect_garbage"))
    offered.add(script_action(mine, name="other"))
    own = CollectGarbage()
    registry = Registry([own], offered)
    assert registry.find("collect_garbage") is own
    assert registry.names() == ["collect_garbage", "other"]


def test_parameters_described_by_defaults_become_a_schema() -> None:
    def mine(**_: Any) -> None: ...

    described = script_action(mine, params={"count": 3, "share": 0.5, "deep": True, "word": {"enum": ["a"]}}).schema()
    assert described["properties"] == {
        "count": {"type": "integer", "default": 3},
        "share": {"type": "number", "default": 0.5},
        "deep": {"type": "boolean", "default": True},
        "word": {"enum": ["a"]},
    }
    with pytest.raises(TypeError):
        script_action(mine, params={"odd": object()})


SCHEMA = {
    "type": "object",
    "properties": {
        "size": {"type": "integer", "minimum": 1, "maximum": 9, "default": 2},
        "name": {"type": "string", "enum": ["a", "b"]},
        "share": {"type": "number"},
    },
    "required": ["name"],
}


def test_defaults_are_filled_in() -> None:
    assert schema.complete(SCHEMA, {"name": "a"}) == {"size": 2, "name": "a"}


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({}, "'name' is missing; one of: a, b"),
        ({"name": "c"}, "'name' has no choice 'c'; one of: a, b"),
        ({"name": "a", "size": 0}, "'size' must be at least 1, got 0"),
        ({"name": "a", "size": 10}, "'size' must be at most 9, got 10"),
        ({"name": "a", "size": True}, "'size' must be of type integer, got True"),
        ({"name": "a", "share": "x"}, "'share' must be of type number, got 'x'"),
        ({"name": "a", "other": 1}, "unknown parameter 'other'; known: size, name, share"),
    ],
)
def test_wrong_parameters_are_named(params: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        schema.complete(SCHEMA, params)
