"""What an agent looks at, on request and by itself; wired together here."""

from __future__ import annotations

from typing import Callable, Dict, Tuple

from memgui.agent.inspect.census import Census
from memgui.agent.inspect.composition import InspectComposition
from memgui.agent.inspect.inspection import Inspection
from memgui.agent.inspect.inspections import Inspections
from memgui.agent.inspect.models import Models
from memgui.agent.inspect.modules import InspectModules
from memgui.agent.inspect.tensors import InspectTensors
from memgui.agent.inspect.walk import Walker
from memgui.agent.optimizers import Optimizers
from memgui.agent.safepoint import SafePoints


def looking_at(
    optimizers: Optimizers,
    read_bytes: Callable[[], Dict[str, float]],
    safe_points: SafePoints,
    more: Tuple[Inspection, ...] = (),
) -> Tuple[Inspections, Census]:
    """The inspections, with those that others bring, and the census; `read_bytes` reads the metrics named `…_bytes`."""
    models = Models(optimizers)
    walker = Walker(optimizers, models)
    kinds: Tuple[Inspection, ...] = (
        InspectComposition(walker, read_bytes),
        InspectTensors(walker),
        InspectModules(optimizers, models),
        *more,
    )
    return Inspections(kinds, safe_points), Census(walker, optimizers, safe_points)
