"""One run of an action: counters before and after, its time, and exactly one receipt."""

from __future__ import annotations

import math
import time
from typing import Any, Callable, Dict, Optional

from memgui.agent.actions.action import Action, Outcome, Point
from memgui.protocol.errors import Problem, Refused
from memgui.protocol.payloads import Receipt

ReadBytes = Callable[[], Dict[str, float]]
_ENTRIES_ALLOWED = 100


class RunRecord:
    """Measures a run, which may take several step boundaries to be complete.

    Used by one thread at a time: the one that has taken the run out of the queue.
    """

    def __init__(self, number: int, read_bytes: ReadBytes, *, prefix: str = "run") -> None:
        self._id = f"{prefix}-{number}"
        self._read_bytes = read_bytes
        self._before: Optional[Dict[str, float]] = None
        self._last: Optional[Point] = None
        self._cost_ms = 0.0
        self._sum = Outcome()

    @property
    def began(self) -> bool:
        """Something was changed already."""
        return self._before is not None

    def carry_out(self, action: Action, params: Dict[str, Any], point: Point) -> Optional[Receipt]:
        """Run the action, or its next part; None where it wants to go on at the next step boundary."""
        refusal = None if self.began else action.unavailable()
        if refusal is None:
            refusal = action.refusal(point)
        if refusal is not None:
            return self.give_up(action, "refused", refusal) if refusal else None
        begin = time.perf_counter()
        if self._before is None:
            self._before = self._read_bytes()
        try:
            outcome = action.run(params, point, self._sum)
        except Refused as error:
            return self._receipt(action, point, "refused", str(error), begin)
        except Problem as error:
            return self._receipt(action, point, "failed", str(error), begin)
        except Exception as error:  # noqa: BLE001 - an action must not end the training
            text = f"{action.name} raised {type(error).__name__}: {error}"
            return self._receipt(action, point, "failed", f"{text}. Training goes on.", begin)
        self._sum = self._sum.plus(outcome)
        self._last = point
        if not outcome.complete:
            self._cost_ms += (time.perf_counter() - begin) * 1e3
            return None
        return self._receipt(action, point, "done", None, begin)

    def give_up(self, action: Action, outcome: str, reason: str) -> Receipt:
        """The receipt of a run that will not go on; one that did part of its work is done with that part."""
        if self.began:
            action.give_up(self._sum)
        if self.began and self._last is not None and not action.meets:
            self._sum.details.setdefault("incomplete", reason)
            return self._receipt(action, self._last, "done", None, time.perf_counter())
        return Receipt(id=self._id, action=action.name, outcome=outcome, reason=reason, t_s=time.monotonic())

    def _receipt(self, action: Action, point: Point, outcome: str, reason: Optional[str], begin: float) -> Receipt:
        before = self._before or {}
        after = self._read_bytes()
        cost_ms = self._cost_ms + (time.perf_counter() - begin) * 1e3
        return Receipt(
            id=self._id,
            action=action.name,
            outcome=outcome,
            reason=reason,
            t_s=time.monotonic(),
            step=point.step,
            before=before,
            after=after,
            freed_bytes=self._freed(action, before, after) if outcome == "done" else None,
            cost_ms=round(cost_ms, 3),
            undo=self._sum.undo,
            details={key: value for key, value in self._sum.details.items() if _is_plain(value)},
        )

    def _freed(self, action: Action, before: Dict[str, float], after: Dict[str, float]) -> Optional[int]:
        if self._sum.freed_bytes is not None:
            return self._sum.freed_bytes
        names = [name for name in before if name in after and action.frees(name)]
        return int(sum(before[name] - after[name] for name in names)) if names else None


def _is_plain(value: Any, depth: int = 4) -> bool:
    """A script's own action may tell anything; only what JSON has a word for crosses the wire, and no masses of it."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, (dict, list, tuple)):
        if depth == 0 or len(value) > _ENTRIES_ALLOWED:
            return False
        keys, parts = (value.keys(), value.values()) if isinstance(value, dict) else ((), value)
        return all(isinstance(key, str) for key in keys) and all(_is_plain(part, depth - 1) for part in parts)
    return value is None or isinstance(value, (bool, int, str))
