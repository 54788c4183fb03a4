"""The ladder: one rung a step boundary, and the rung that frees the memory names the cause."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from memgui.agent.actions.action import Action, Estimate, Outcome, Point
from memgui.agent.actions.device import EmptyDeviceCache, EmptyPinnedCache
from memgui.agent.actions.diagnose import Diagnose
from memgui.agent.actions.host import CollectGarbage, TrimHeap
from memgui.agent.actions.ladder import COLLECT, DEVICE_CACHE, PINNED_CACHE, TRIM, Rung, cause_of, own_bytes
from memgui.agent.allocator import Allocator, find_allocator
from memgui.agent.runs import RunRecord
from memgui.protocol.payloads import Receipt

MIB = 2**20
START = {
    "host.anon_bytes": 900.0 * MIB,
    "host.heap_used_bytes": 600.0 * MIB,
    "host.heap_kept_bytes": 100.0 * MIB,
    "cuda.0.allocated_bytes": 400.0 * MIB,
    "cuda.0.allocated_peak_bytes": 800.0 * MIB,
    "cuda.0.reserved_bytes": 700.0 * MIB,
    "pinned.reserved_bytes": 64.0 * MIB,
}


class Levels:
    """A process whose counters move as the rungs say."""

    def __init__(self) -> None:
        self.values = dict(START)

    def __call__(self) -> dict[str, float]:
        return dict(self.values)

    def fall(self, changes: dict[str, float]) -> None:
        for name, mib in changes.items():
            self.values[name] -= mib * MIB


class Step(Action):
    """A rung that lets counters fall by so many MiB."""

    def __init__(self, name: str, levels: Levels, *, gone: str | None = None, **falls: float) -> None:
        self.name = self.title = name
        self.levels, self.gone = levels, gone
        self.falls = {name.replace("__", "."): mib for name, mib in falls.items()}

    def unavailable(self) -> str | None:
        return self.gone

    def estimate(self, params: dict[str, Any]) -> Estimate:
        return Estimate(None, 10.0)

    def run(self, params: dict[str, Any], point: Point, so_far: Outcome) -> Outcome:
        self.levels.fall(self.falls)
        return Outcome(details={"did": self.name})


def quick() -> float:
    """Steps take no time."""
    return 0.0


def ladder(levels: Levels, falls: dict[str, dict[str, float]], gone: dict[str, str] | None = None) -> list[Step]:
    names = (COLLECT, DEVICE_CACHE, PINNED_CACHE, TRIM)
    return [Step(name, levels, gone=(gone or {}).get(name), **falls.get(name, {})) for name in names]


def climb(action: Action, levels: Levels, *, boundaries: int = 10) -> tuple[Receipt, int]:
    """Visit step boundaries until there is a receipt; it, and how many it took."""
    record = RunRecord(1, levels)
    for step in range(1, boundaries + 1):
        receipt = record.carry_out(action, {}, Point("optimizer", step))
        if receipt is not None:
            return receipt, step
    raise AssertionError("it never ended")


@pytest.mark.parametrize(
    ("falls", "cause"),
    [
        ({COLLECT: {"host__heap_used_bytes": 200}, TRIM: {"host__anon_bytes": 210}}, "cycles"),
        ({COLLECT: {"cuda__0__allocated_bytes": 90}, DEVICE_CACHE: {"cuda__0__reserved_bytes": 120}}, "cycles"),
        ({DEVICE_CACHE: {"cuda__0__reserved_bytes": 300}, TRIM: {"host__anon_bytes": 90}}, "device_cache"),
        ({PINNED_CACHE: {"pinned__reserved_bytes": 60}}, "pinned_pool"),
        ({TRIM: {"host__anon_bytes": 95}}, "arenas"),
        ({COLLECT: {"host__heap_used_bytes": 3}, TRIM: {"host__anon_bytes": 12}}, "held"),
    ],
)
def test_the_rung_that_frees_the_memory_names_the_cause(falls: dict[str, dict[str, float]], cause: str) -> None:
    levels = Levels()
    receipt, boundaries = climb(Diagnose(ladder(levels, falls), levels, quick), levels)
    assert receipt.outcome == "done"
    assert boundaries == 4
    assert receipt.details["cause"] == cause
    assert receipt.details["cause_text"]
    assert [rung["rung"] for rung in receipt.details["rungs"]] == [COLLECT, DEVICE_CACHE, PINNED_CACHE, TRIM]
    assert [rung["step"] for rung in receipt.details["rungs"]] == [1, 2, 3, 4]


def test_each_rung_tells_what_every_metric_fell_by_and_what_its_pause_was() -> None:
    levels = Levels()
    falls = {DEVICE_CACHE: {"cuda__0__reserved_bytes": 300, "host__anon_bytes": -2}}
    receipt, _ = climb(Diagnose(ladder(levels, falls), levels, quick), levels)
    rung = receipt.details["rungs"][1]
    assert rung["freed"] == {"cuda.0.reserved_bytes": 300 * MIB, "host.anon_bytes": -2 * MIB}
    assert rung["freed_bytes"] == 300 * MIB
    assert rung["cost_ms"] >= 0
    assert rung["did"] == DEVICE_CACHE
    assert receipt.freed_bytes == 298 * MIB


def test_rungs_that_do_not_exist_here_are_skipped_at_once_and_say_why() -> None:
    levels = Levels()
    gone = {DEVICE_CACHE: "no accelerator", PINNED_CACHE: "no accelerator"}
    receipt, boundaries = climb(Diagnose(ladder(levels, {TRIM: {"host__anon_bytes": 95}}, gone), levels, quick), levels)
    assert boundaries == 2
    assert receipt.details["rungs"][1] == {"rung": DEVICE_CACHE, "skipped": "no accelerator"}
    assert receipt.details["cause"] == "arenas"


def test_memory_that_the_collector_handed_to_the_heap_counts_for_the_collector_only() -> None:
    rungs = [
        Rung(COLLECT, 1, freed={"host.heap_used_bytes": 200.0, "host.anon_bytes": 50.0}),
        Rung(TRIM, 2, freed={"host.anon_bytes": 160.0}),
    ]
    assert own_bytes(rungs) == {COLLECT: 200.0, TRIM: 10.0}


def test_what_was_not_tried_stands_beside_the_verdict_held() -> None:
    rungs = [Rung(COLLECT, 1), Rung(DEVICE_CACHE, skipped="no accelerator"), Rung(TRIM, skipped="jemalloc")]
    cause, text = cause_of(rungs, 0.0)
    assert cause == "held"
    assert "trim_heap (jemalloc)" in text
    assert "accelerator" not in text


def test_where_steps_are_slow_all_is_climbed_at_one_boundary() -> None:
    levels = Levels()
    receipt, boundaries = climb(Diagnose(ladder(levels, {}), levels, lambda: 20.0), levels)
    assert boundaries == 1
    assert len(receipt.details["rungs"]) == 4


def test_step_boundaries_that_end_too_early_name_no_cause() -> None:
    levels = Levels()
    action = Diagnose(ladder(levels, {}), levels, quick)
    record = RunRecord(1, levels)
    assert record.carry_out(action, {}, Point("optimizer", 1)) is None
    receipt = record.give_up(action, "timed_out", "no optimizer step seen in 30 s")
    assert receipt.outcome == "done"
    assert "cause" not in receipt.details
    assert receipt.details["incomplete"] == "no optimizer step seen in 30 s"
    assert len(receipt.details["rungs"]) == 1


def test_off_a_safe_point_nothing_is_climbed() -> None:
    levels = Levels()
    falls = {COLLECT: {"host__heap_used_bytes": 200.0}}
    record = RunRecord(1, levels)
    point = Point("optimizer", 1, unsafe="the optimizer steps inside backward")
    receipt = record.carry_out(Diagnose(ladder(levels, falls), levels, quick), {}, point)
    assert receipt is not None
    assert (receipt.outcome, receipt.reason) == ("refused", "the optimizer steps inside backward")
    assert levels.values == START


def test_the_price_of_each_rung_is_told_beforehand() -> None:
    levels = Levels()
    gone = {PINNED_CACHE: "no accelerator"}
    estimate = Diagnose(ladder(levels, {}, gone), levels, quick).estimate({})
    assert estimate.pause_ms == 30.0
    assert estimate.would_free_bytes is None
    assert estimate.changes[0] == f"{COLLECT}: a pause of about 10 ms."
    assert estimate.changes[2] == f"{PINNED_CACHE}: left out, no accelerator."


def test_a_collector_that_keeps_what_it_finds_is_left_out() -> None:
    action = Diagnose((CollectGarbage(),), dict, quick)
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        receipt, _ = climb(action, Levels())
    finally:
        gc.set_debug(0)
    assert "DEBUG_SAVEALL" in receipt.details["rungs"][0]["skipped"]


def test_here_on_a_cpu_the_real_rungs_find_a_cycle() -> None:
    class Holder:
        pass

    def values() -> dict[str, float]:
        used, kept = heap()
        return {"host.heap_used_bytes": float(used), "host.heap_kept_bytes": float(kept)}

    allocator = find_allocator()
    heap = allocator.heap
    if heap is None:
        pytest.skip(f"{allocator.name} has no counters")
    action = Diagnose((CollectGarbage(), EmptyDeviceCache(), EmptyPinnedCache(), TrimHeap(allocator)), values, quick)
    gc.collect()
    gc.disable()
    try:
        holder = Holder()
        holder.me, holder.load = holder, bytearray(64 * MIB)  # type: ignore[attr-defined]
        del holder
        record = RunRecord(1, values)
        receipt = record.carry_out(action, {}, Point("script", 1)) or record.carry_out(action, {}, Point("script", 2))
    finally:
        gc.enable()
    assert receipt is not None
    assert receipt.details["cause"] == "cycles", receipt.details
    assert receipt.details["rungs"][0]["freed"]["host.heap_used_bytes"] >= 64 * MIB
    assert "skipped" in receipt.details["rungs"][1]


def test_another_allocator_is_skipped_by_its_name() -> None:
    action = Diagnose((CollectGarbage(), TrimHeap(Allocator("jemalloc"))), dict, quick)
    receipt, boundaries = climb(action, Levels())
    assert boundaries == 1
    assert "jemalloc" in receipt.details["rungs"][1]["skipped"]
