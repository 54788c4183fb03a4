"""What an action is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Optional, Tuple

NO_PARAMS: Dict[str, Any] = {"type": "object", "properties": {}}


@dataclass(frozen=True)
class Point:
    """Where a run happens.

    Attributes:
        kind: "optimizer" (an optimizer has just stepped), "script" (the script called `step`), or "now" (anywhere, on
            the agent's thread).
        optimizer: the one that stepped. A point lives as long as the visit: nothing keeps a model alive by it.
        unsafe: why this is no place for an action that touches tensors; None where it is one.
    """

    kind: str
    step: int
    optimizer: Any = None
    unsafe: Optional[str] = None


@dataclass(frozen=True)
class Estimate:
    """What a run would do by the present counters; None where only a run tells."""

    would_free_bytes: Optional[int] = None
    pause_ms: Optional[float] = None
    changes: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a run did.

    Attributes:
        freed_bytes: exact, where the action knows; None to take the difference of the metrics it frees.
        complete: False to be called again at the next step boundary.
        state: what the next part of the same run needs to know; it must not hold tensors.
    """

    freed_bytes: Optional[int] = None
    details: Dict[str, Any] = field(default_factory=dict)
    complete: bool = True
    state: Any = None

    def plus(self, later: Outcome) -> Outcome:
        """The sum of two parts of a run: bytes add up, later details win."""
        parts = [part for part in (self.freed_bytes, later.freed_bytes) if part is not None]
        return Outcome(sum(parts) if parts else None, {**self.details, **later.details}, later.complete, later.state)


class Action:
    """Something that a viewer may ask for.

    `estimate`, `unavailable` and `schema` run on the agent's thread and read counters only; `run` runs on the training
    thread at a step boundary, or anywhere if `safe_point` is false.

    Attributes:
        safe_point: only at a step boundary.
    """

    name: str = ""
    title: str = ""
    group: str = "free"
    description: str = ""
    safe_point: bool = True

    def schema(self) -> Dict[str, Any]:
        """JSON Schema of the parameters, an object schema."""
        return NO_PARAMS

    def unavailable(self) -> Optional[str]:
        """Why it cannot be run now; None where it can."""
        return None

    def refusal(self, point: Point) -> Optional[str]:
        """Why it cannot be run at this very point; "" to wait for another one, None where it can."""
        return point.unsafe if self.safe_point else None

    def estimate(self, params: Dict[str, Any]) -> Estimate:
        """What a run would do."""
        raise NotImplementedError

    def frees(self, metric: str) -> bool:
        """The metric is one that the action is about."""
        return False

    def run(self, params: Dict[str, Any], point: Point, so_far: Outcome) -> Outcome:
        """Do it, or the next part of it; `so_far` is the sum of the parts before.

        Raises:
            Refused: it must not be done; nothing was changed.
            Problem: it could not be done.
        """
        raise NotImplementedError
