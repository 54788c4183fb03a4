"""The agent beside a real device."""

from __future__ import annotations

import pytest
import torch

from memgui.agent.actions.action import Outcome, Point
from memgui.agent.actions.device import EmptyDeviceCache, EmptyPinnedCache, ResetPeaks
from memgui.agent.actions.diagnose import Diagnose
from memgui.agent.actions.host import CollectGarbage
from memgui.agent.probes.accelerators import AcceleratorFinder, relaxed_capture
from memgui.agent.steps import StepClock

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")]

MIB = 1024 * 1024
AT = Point("optimizer", 1)


@pytest.fixture
def values() -> dict[str, float | None]:
    torch.ones(1, device="cuda")
    return read()


def read() -> dict[str, float | None]:
    return {
        name: value
        for probe in AcceleratorFinder().find()
        for name, value in zip(probe.names, probe.read(), strict=True)
    }


def test_counters_are_those_of_torch(values: dict[str, float | None]) -> None:
    block = torch.empty(64 * MIB, dtype=torch.uint8, device="cuda")
    found = read()
    assert found["cuda.0.allocated_bytes"] == torch.cuda.memory_allocated()
    assert found["cuda.0.reserved_bytes"] == torch.cuda.memory_reserved()
    assert found["cuda.0.allocated_peak_bytes"] == torch.cuda.max_memory_allocated()
    grown = (found["cuda.0.allocated_bytes"] or 0) - (values["cuda.0.allocated_bytes"] or 0)
    assert grown == block.numel()
    assert None not in [found[f"cuda.0.{name}"] for name in ("active_bytes", "inactive_split_bytes", "retries_count")]


def test_the_whole_device_is_read_without_breaking_captures(values: dict[str, float | None]) -> None:
    assert relaxed_capture()
    free, total = torch.cuda.mem_get_info()
    found = read()
    assert found["cuda.0.device_total_bytes"] == total
    assert found["cuda.0.device_used_bytes"] == pytest.approx(total - free, rel=0.05)


def test_a_graph_capture_survives_readings_of_another_thread(values: dict[str, float | None]) -> None:
    import threading

    stop = threading.Event()
    failures: list[BaseException] = []

    def sample() -> None:
        try:
            while not stop.is_set():
                read()
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failures.append(error)

    thread = threading.Thread(target=sample)
    x = torch.ones(1024, device="cuda")
    (x * 2).sum()
    torch.cuda.synchronize()
    thread.start()
    try:
        for _ in range(20):
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                y = x * 2 + 1
            graph.replay()
            torch.cuda.synchronize()
            assert float(y.sum()) == 3 * 1024
    finally:
        stop.set()
        thread.join()
    assert failures == []


def test_emptying_the_cache_frees_what_was_predicted(values: dict[str, float | None]) -> None:
    block = torch.empty(256 * MIB, dtype=torch.uint8, device="cuda")
    del block
    action = EmptyDeviceCache()
    predicted = action.estimate({}).would_free_bytes
    before = torch.cuda.memory_reserved()
    action.run({}, AT, Outcome())
    assert predicted is not None
    assert predicted >= 256 * MIB
    assert before - torch.cuda.memory_reserved() == pytest.approx(predicted, rel=0.05)


def test_emptying_the_pinned_cache_gives_it_back(values: dict[str, float | None]) -> None:
    action = EmptyPinnedCache()
    if action.unavailable() is not None:
        pytest.skip(action.unavailable() or "")
    pinned = torch.empty(64 * MIB, dtype=torch.uint8, pin_memory=True)
    held = read().get("pinned.reserved_bytes")
    del pinned
    action.run({}, AT, Outcome())
    if held is not None:
        assert held - (read()["pinned.reserved_bytes"] or 0) >= 64 * MIB


def test_resetting_peaks_starts_them_at_the_present_level(values: dict[str, float | None]) -> None:
    block = torch.empty(64 * MIB, dtype=torch.uint8, device="cuda")
    del block
    ResetPeaks().run({}, AT, Outcome())
    assert torch.cuda.max_memory_allocated() == torch.cuda.memory_allocated()


def test_a_fused_optimizer_on_the_device_is_counted(values: dict[str, float | None]) -> None:
    clock = StepClock(lambda _point: None, lambda: False)
    assert clock.attach()
    part = torch.nn.Parameter(torch.ones(16, device="cuda"))
    optimizer = torch.optim.AdamW([part], fused=True)
    for _ in range(3):
        part.sum().backward()
        optimizer.step()
    clock.detach()
    assert clock.step == 3


def test_the_ladder_names_cached_device_memory(values: dict[str, float | None]) -> None:
    def counters() -> dict[str, float]:
        return {name: value for name, value in read().items() if value is not None and name.endswith("_bytes")}

    block = torch.empty(256 * MIB, dtype=torch.uint8, device="cuda")
    del block
    action = Diagnose((CollectGarbage(), EmptyDeviceCache(), EmptyPinnedCache()), counters, lambda: 0.0)
    outcome = Outcome(complete=False)
    for step in range(1, 4):
        outcome = outcome.plus(action.run({}, Point("optimizer", step), outcome))
    assert outcome.complete
    assert outcome.details["cause"] == "device_cache", outcome.details
    assert outcome.details["rungs"][1]["freed"]["cuda.0.reserved_bytes"] >= 256 * MIB
    assert "skipped" not in outcome.details["rungs"][2]
