"""The slow timer: now and then the known models and optimizers are looked at, for metrics that everybody can plot.

Only while somebody is subscribed and an optimizer was seen, at a step boundary, and for at most one hundredth of the
time: the pause of a look sets when the next one is due.
"""

from __future__ import annotations

import time
from typing import Dict, List, Optional, Sequence, Tuple

from memgui.agent.actions.action import Point
from memgui.agent.inspect.budget import Budget
from memgui.agent.inspect.inspection import Task
from memgui.agent.inspect.look import NOBODY, Look
from memgui.agent.inspect.walk import Walker
from memgui.agent.optimizers import Optimizers
from memgui.agent.probes.probe import Number, Probe
from memgui.agent.safepoint import SafePoints
from memgui.protocol.inspection import Inspected

COST_SHARE = 1 / 100
PERIOD_S = 5.0
_WAIT_S = 60.0
_BUDGET_S = 1.0
# Roles that known roots tell; the others take a full walk.
ROLES = ("parameters", "gradients", "optimizer", "buffers")
_HOST_PLACES = ("host", "shared", "mapped")

Sizes = Dict[str, int]


class Census:
    """Queues looks; on the agent's thread, but for what the training thread hands over by one assignment."""

    def __init__(self, walker: Walker, optimizers: Optimizers, safe_points: SafePoints) -> None:
        self._walker = walker
        self._optimizers = optimizers
        self._safe_points = safe_points
        self._due_s = 0.0
        self._waits = False
        self._found: Optional[Sizes] = None

    def follow(self, now_s: float, *, is_watched: bool) -> None:
        """Queue a look where one is due; called about once a second."""
        if not is_watched or self._waits or now_s < self._due_s or not self._optimizers.live():
            return
        # One that is given up without a look is due again after its wait.
        self._due_s = now_s + _WAIT_S
        look = Look(_Count(self), "census", _BUDGET_S, NOBODY, NOBODY, now_s, now_s + _WAIT_S, self._paused)
        # Before it is queued: the training thread may be through with it when `submit` returns.
        self._waits = True
        if not self._safe_points.submit(look):
            self._waits = False

    def probes(self) -> List[Probe]:
        """A probe for each place that was found so far."""
        found = self._found or {}
        places = sorted({name.rsplit(".", 1)[0] for name in found})
        return [_CensusProbe(self, place) for place in places]

    def value(self, name: str) -> Optional[int]:
        """The last look's; None before the first, or where one was cut short."""
        found = self._found
        return None if found is None else found.get(name, 0)

    def look(self, budget: Budget) -> None:
        """On the training thread."""
        ledger = self._walker.look_at_known(budget)
        if budget.is_spent():
            self._found = None
            return
        found: Sizes = {}
        for (place, role), size in ledger.sizes.items():
            name = f"{'composition' if place in _HOST_PLACES else place}.{role}_bytes"
            found[name] = found.get(name, 0) + size
        self._found = found

    def stop_waiting(self) -> None:
        """The look has ended, or was given up; on any thread."""
        self._waits = False

    def _paused(self, pause_ms: float) -> None:
        self._due_s = time.monotonic() + max(PERIOD_S, pause_ms / 1e3 / COST_SHARE)


class _Count(Task):
    def __init__(self, census: Census) -> None:
        self._census = census

    def visit(self, point: Point, budget: Budget) -> Inspected:
        self._census.look(budget)
        return Inspected()

    def drop(self) -> None:
        self._census.stop_waiting()

    def end(self) -> None:
        self._census.stop_waiting()


class _CensusProbe(Probe):
    """The sizes of one place."""

    name = "composition"
    period_s = 1.0
    for_receipts = False

    def __init__(self, census: Census, place: str) -> None:
        self._census = census
        self.names: Tuple[str, ...] = tuple(f"{place}.{role}_bytes" for role in ROLES)

    def read(self) -> Sequence[Optional[Number]]:
        """One value a role."""
        return [self._census.value(name) for name in self.names]
