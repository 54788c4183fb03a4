"""Which inspections there are; on the agent's thread."""

from __future__ import annotations

import math
import time
from typing import Any, Dict, Iterable, Optional

from memgui.agent.connection import Connection
from memgui.agent.inspect.inspection import Inspection
from memgui.agent.inspect.look import Look
from memgui.agent.safepoint import SafePoints
from memgui.protocol.inspection import InspectionInfo, InspectionList
from memgui.protocol.wire import WireError, from_wire

LONGEST_WAIT_S = 3600.0
LONGEST_PAUSE_MS = 10_000.0


class Inspections:
    """Queues looks, and remembers what each kind has cost."""

    def __init__(self, inspections: Iterable[Inspection], safe_points: SafePoints) -> None:
        self._inspections = {inspection.method: inspection for inspection in inspections}
        self._safe_points = safe_points
        self._pauses_ms: Dict[str, float] = {}

    def has(self, method: str) -> bool:
        """There is an inspection of that name."""
        return method in self._inspections

    def list(self) -> InspectionList:
        """All of them, with the pause to expect."""
        return InspectionList(
            tuple(InspectionInfo(method, self._expected_ms(method)) for method in sorted(self._inspections))
        )

    def start(self, peer: Connection, request: int, method: str, params: Dict[str, Any]) -> bool:
        """Queue a look; its answer comes later. False where too much waits already.

        Raises:
            WireError: the parameters are wrong.
        """
        inspection = self._inspections[method]
        name = inspection.params.__name__
        asked = from_wire(inspection.params, params)
        for field in ("timeout_s", "budget_ms"):
            if not math.isfinite(getattr(asked, field)):
                raise WireError(f"{name}.{field}: expected a finite number")
        if asked.when != "safe_point":
            raise WireError(f'{name}.when: objects are looked at at a step boundary only: "safe_point"')
        now_s = time.monotonic()

        def paused(pause_ms: float) -> None:
            self._pauses_ms[method] = pause_ms

        return self._safe_points.submit(
            Look(
                inspection.task(asked),
                method,
                min(LONGEST_PAUSE_MS, max(0.0, asked.budget_ms)) / 1e3,
                peer.number,
                request,
                now_s,
                now_s + min(LONGEST_WAIT_S, max(0.0, asked.timeout_s)),
                paused,
                self._expected_ms(method),
            )
        )

    def _expected_ms(self, method: str) -> Optional[float]:
        measured = self._pauses_ms.get(method)
        return self._inspections[method].expected_pause_ms() if measured is None else measured
