"""What `inspect.*` asks and answers: looks at the objects of the training, taken at a step boundary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple


@dataclass(frozen=True)
class InspectParams:
    """What every inspection takes.

    Attributes:
        when: "safe_point"; objects are never looked at elsewhere.
        timeout_s: how long to wait for a step boundary.
        budget_ms: how long the training may stand still; what was found until then is answered as incomplete.
    """

    when: str = "safe_point"
    timeout_s: float = 30.0
    budget_ms: float = 2000.0


@dataclass(frozen=True)
class Inspected:
    """What every inspection answers.

    Attributes:
        t_s, step: when it was looked.
        pause_ms: how long the training stood still for it.
        complete: everything was looked at; otherwise `reason` says why not, and the figures are lower bounds.
    """

    t_s: float = 0.0
    step: int = -1
    pause_ms: float = 0.0
    complete: bool = True
    reason: Optional[str] = None


@dataclass(frozen=True)
class InspectionInfo:
    """An inspection that the target offers.

    Attributes:
        method: its name on the wire.
        pause_ms: how long the last one took, or by the number of objects how long one would; None where unknown.
    """

    method: str
    pause_ms: Optional[float] = None


@dataclass(frozen=True)
class InspectionList:
    """Answer to `inspect.list`, which looks at nothing."""

    inspections: Tuple[InspectionInfo, ...]
