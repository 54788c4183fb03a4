"""What an agent looks at, on request and by itself; wired together here."""

from __future__ import annotations

from typing import Callable, Dict, Optional, Tuple

from memgui.agent.events import Events
from memgui.agent.inspect.birthplaces import Birthplaces
from memgui.agent.inspect.census import Census
from memgui.agent.inspect.composition import InspectComposition
from memgui.agent.inspect.deferred import Deferred
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
    models: Models,
    births: Birthplaces,
    read_bytes: Callable[[], Dict[str, float]],
    heap_mapped: Optional[Callable[[], int]],
    safe_points: SafePoints,
    events: Events,
    more: Tuple[Inspection, ...] = (),
) -> Tuple[Inspections, Census]:
    """The inspections and the census.

    Args:
        read_bytes: reads the metrics named `…_bytes`.
        heap_mapped: reads what the C heap's large blocks take in mappings of their own.
        more: inspections that others bring.
    """
    walker = Walker(optimizers, models)
    modules = InspectModules(optimizers, models)
    kinds: Tuple[Inspection, ...] = (
        InspectComposition(walker, read_bytes, heap_mapped),
        InspectTensors(walker, births),
        modules,
        Deferred("inspect.mark", "memgui.agent.inspect.marking:Mark", walker, modules, events),
        *more,
    )
    return Inspections(kinds, safe_points), Census(walker, optimizers, safe_points)
