"""`inspect.composition`: how many bytes each role takes, where, and the counters of the same moment."""

from __future__ import annotations

import sys
from typing import Any, Callable, Dict, Optional, Tuple

from memgui.agent import torch_access
from memgui.agent.actions.action import Point
from memgui.agent.inspect.budget import Budget
from memgui.agent.inspect.inspection import Inspection, Task
from memgui.agent.inspect.ledger import Ledger
from memgui.agent.inspect.mappings import OwnPages, own_pages
from memgui.agent.inspect.surplus import find_surplus
from memgui.agent.inspect.walk import Walker
from memgui.protocol.inspection import Composition, CompositionParams, RoleBytes


class InspectComposition(Inspection):
    """Walks all objects for roles, and reads the counters right before, so that both belong together."""

    method = "inspect.composition"
    params = CompositionParams

    def __init__(
        self,
        walker: Walker,
        read_bytes: Callable[[], Dict[str, float]],
        heap_mapped: Optional[Callable[[], int]],
    ) -> None:
        self._walker = walker
        self._read_bytes = read_bytes
        self._heap_mapped = heap_mapped

    def task(self, asked: Any) -> Task:
        """Reads what is dear and changes slowly on the agent's thread already."""
        return _Task(self, own_pages())

    def look_with(self, pages: Optional[OwnPages], budget: Budget) -> Composition:
        """Look, given whose the process's own pages are."""
        counters = {name: float(value) for name, value in self._read_bytes().items()}
        # Before the walk, which makes objects of its own.
        counters["python.blocks_count"] = float(sys.getallocatedblocks())
        if pages is not None:
            counters["host.libraries_bytes"] = float(pages.libraries)
            counters["host.unnamed_bytes"] = float(pages.unnamed)
        if self._heap_mapped is not None:
            counters["host.heap_mapped_bytes"] = float(self._heap_mapped())
        walked = self._walker.walk(budget, keep=True)
        counters.update(_private_pools())
        # Half a walk would take what it did not come to for missing.
        surplus = () if budget.is_spent() else tuple(find_surplus(walked))
        return Composition(roles=roles_of(walked.ledger), counters=counters, surplus=surplus)


class _Task(Task):
    def __init__(self, inspection: InspectComposition, pages: Optional[OwnPages]) -> None:
        self._inspection = inspection
        self._pages = pages

    def visit(self, point: Point, budget: Budget) -> Composition:
        return self._inspection.look_with(self._pages, budget)


def roles_of(ledger: Ledger) -> Tuple[RoleBytes, ...]:
    """Bytes of each role in each place."""
    return tuple(
        RoleBytes(place, role, size, ledger.counts[place, role]) for (place, role), size in sorted(ledger.sizes.items())
    )


def _private_pools() -> Dict[str, float]:
    """Memory that the caching allocators hold for graphs and for pools of the script's own."""
    found: Dict[str, float] = {}
    for backend, module in torch_access.initialised_backends():
        snapshot = getattr(getattr(module, "memory", module), "memory_snapshot", None)
        if snapshot is None:
            continue
        for segment in snapshot():
            if tuple(segment.get("segment_pool_id", (0, 0))) != (0, 0):
                name = f"{backend}.{segment['device']}.private_pools_bytes"
                free = segment["total_size"] - segment["allocated_size"]
                found[name] = found.get(name, 0.0) + free
    return found
