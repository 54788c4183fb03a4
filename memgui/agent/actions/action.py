"""What an action is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional, Protocol, Tuple

from memgui.protocol.payloads import Preview

NO_PARAMS: Dict[str, Any] = {"type": "object", "properties": {}}


class Together(Protocol):
    """The other ranks, for an action that all do at the same step or none."""

    name: str

    def stands(self, point: Point) -> bool:
        """Wait here for them: True when it is time to change, False to be called again at the next boundary.

        Raises:
            Refused: they will not change.
        """

    def keeps(self, decided: Mapping[str, str], took_s: float) -> bool:
        """The change is made; True where all keep it, False where it must be taken back."""

    @property
    def reason(self) -> str:
        """Why it must be taken back."""


@dataclass(frozen=True)
class Point:
    """Where a run happens.

    Attributes:
        kind: "optimizer" (an optimizer has just stepped), "script" (the script called `step`), or "now" (anywhere, on
            the agent's thread).
        optimizer: the one that stepped. A point lives as long as the visit: nothing keeps a model alive by it.
        unsafe: why this is no place for an action that touches tensors; None where it is one.
        together: the other ranks, where the run is one of theirs too.
    """

    kind: str
    step: int
    optimizer: Any = None
    unsafe: Optional[str] = None
    together: Optional[Together] = None


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
        undo: id by which the run can be taken back.
        state: what the next part of the same run needs to know; it must not hold tensors.
    """

    freed_bytes: Optional[int] = None
    details: Dict[str, Any] = field(default_factory=dict)
    complete: bool = True
    state: Any = None
    undo: Optional[str] = None

    def plus(self, later: Outcome) -> Outcome:
        """The sum of two parts of a run: bytes add up, later details win."""
        parts = [part for part in (self.freed_bytes, later.freed_bytes) if part is not None]
        details = {**self.details, **later.details}
        return Outcome(sum(parts) if parts else None, details, later.complete, later.state, later.undo or self.undo)


class PreviewTask(Protocol):
    """A look at the model before a run; changes nothing."""

    def visit(self, point: Point) -> Optional[Preview]:
        """Look, on the training thread; None to be called again at the next step boundary.

        Raises:
            Refused: a run would be refused; the text tells the way out.
        """

    def drop(self) -> None:
        """It will not go on: what it has installed must do nothing any more. On any thread, short."""


class Action:
    """Something that a viewer may ask for.

    `estimate`, `unavailable` and `schema` run on the agent's thread and read counters only; `run` runs on the training
    thread at a step boundary, or anywhere if `safe_point` is false.

    Attributes:
        safe_point: only at a step boundary.
        undoable: a run can be taken back.
        requires: distributions that the target's environment must have.
        steps_ahead: boundaries that a run needs before the one at which it acts.
        meets: it can be done by all ranks together; its run changes nothing before its last part.
    """

    name: str = ""
    title: str = ""
    group: str = "free"
    description: str = ""
    safe_point: bool = True
    undoable: bool = False
    requires: Tuple[str, ...] = ()
    steps_ahead: int = 0
    meets: bool = False

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

    def load(self, params: Dict[str, Any]) -> None:
        """Import what a run needs, on the agent's thread: the training thread is not to wait for it.

        Raises:
            Problem: it cannot be loaded.
        """

    def preview(self, params: Dict[str, Any]) -> Optional[PreviewTask]:
        """What looks at the model for a preview, at step boundaries; None where `estimate` says all.

        Raises:
            Problem: what it needs cannot be loaded.
        """
        return None

    def settled(self, undo: Optional[str]) -> Dict[str, Any]:
        """What there is to tell of a run some steps later, beside memory."""
        return {}

    def give_up(self, so_far: Outcome) -> None:
        """A run that had begun will not go on; on any thread, short."""

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
