"""Composition of a real device."""

from __future__ import annotations

import gc
from typing import Any

import pytest
import torch

from memgui.agent.actions.action import Point
from memgui.agent.inspect.budget import Budget
from memgui.agent.inspect.composition import InspectComposition
from memgui.agent.inspect.models import Models
from memgui.agent.inspect.walk import Walker
from memgui.agent.optimizers import Optimizers
from memgui.agent.probes.accelerators import AcceleratorFinder
from memgui.analysis.composition import bands
from memgui.protocol.inspection import CompositionParams

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")]

F32 = 4
WIDE = 512
PARAMETERS = (WIDE * WIDE + WIDE) * F32


def counters() -> dict[str, float]:
    read = {
        name: value
        for probe in AcceleratorFinder().find()
        for name, value in zip(probe.names, probe.read(), strict=True)
    }
    return {name: float(value) for name, value in read.items() if value is not None and name.endswith("_bytes")}


def look() -> Any:
    model = torch.nn.Linear(WIDE, WIDE, device="cuda")
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.randn(8, WIDE, device="cuda")).square().sum().backward()
    optimizer.step()
    optimizers = Optimizers()
    optimizers.saw(optimizer)
    gc.collect()
    inspection = InspectComposition(Walker(optimizers, Models(optimizers)), counters, None)
    return inspection.task(CompositionParams()).visit(Point("optimizer", 1), Budget(60.0))


def test_roles_on_the_device_are_exact() -> None:
    told = look()
    sizes = {part.role: part.size_bytes for part in told.roles if part.place == "cuda.0"}
    assert sizes["parameters"] == sizes["gradients"] == PARAMETERS
    assert sizes["optimizer"] == 2 * PARAMETERS


def test_the_bands_add_up_to_what_the_driver_counts() -> None:
    told = look()
    used = told.counters["cuda.0.reserved_bytes"] + 300 * 2**20
    (device,) = [place for place in bands(told, {"cuda.0.process_used_bytes": used}) if place.place == "cuda.0"]
    assert device.total_bytes == used
    assert sum(device.parts.values()) + device.unexplained_bytes - device.not_resident_bytes == device.total_bytes
    assert device.parts["context"] == 300 * 2**20
    # The caching allocator rounds each block up to 512 bytes, and keeps workspaces of its libraries.
    assert device.unexplained_bytes < 64 * 2**20


def test_free_memory_of_a_private_pool_is_told_apart() -> None:
    pool = torch.cuda.MemPool()
    with torch.cuda.use_mem_pool(pool):
        block = torch.empty(32 * 2**20, dtype=torch.uint8, device="cuda")
    del block
    told = look()
    assert told.counters["cuda.0.private_pools_bytes"] >= 32 * 2**20
    del pool
