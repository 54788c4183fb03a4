"""What comes after the model was changed: the loss of the next steps, and the guard that takes the change back."""

from __future__ import annotations

import math
import time
from typing import Any, Callable, Dict, List, Optional

from memgui.agent.actions.action import Action, Point
from memgui.agent.runs import ReadBytes, RunRecord
from memgui.protocol.payloads import Receipt

STEPS = 20
# A guard watches for so many times the steps that it wants to see in a row.
_GUARD_TIMES = 20
NOBODY = -1


class Aftermath:
    """An errand of the agent's own that goes on for some steps; on the training thread but for the marked methods.

    Attributes:
        losses: of the steps after the change, None where no loss was seen.
    """

    def __init__(
        self,
        step: int,
        loss_before: Optional[float],
        step_before_s: Optional[float],
        params: Dict[str, Any],
        loss: Callable[[], Optional[float]],
        take_back: Callable[[], Optional[Action]],
        read_bytes: ReadBytes,
        end: Callable[[], None],
    ) -> None:
        """`loss` gives the loss of the step that has just ended; `take_back` the action that undoes the change."""
        self.connection = self.request = NOBODY
        self.since_s = self.told_s = time.monotonic()
        self.deadline_s = math.inf
        self._step = self._last = step
        self._before = loss_before
        self._step_before_s = step_before_s
        self._bound = float(params.get("guard_ratio", 0.0))
        self._row_wanted = int(params.get("guard_steps", 1))
        self._row = 0
        self._loss = loss
        self._take_back = take_back
        self._read_bytes = read_bytes
        self._end = end
        self._times_s: List[float] = []
        self._last_s: Optional[float] = None
        self.losses: List[Optional[float]] = []

    def carry_out(self, point: Point) -> Optional[Any]:
        """Note the step; a receipt where the guard has taken the change back, True at the end."""
        if point.step <= self._last or point.unsafe is not None:
            return None
        self._last = point.step
        now_s = time.monotonic()
        if self._last_s is not None:
            self._times_s.append(now_s - self._last_s)
        self._last_s = now_s
        action = self._take_back()
        if action is None:
            return self._over()
        try:
            loss = self._loss()
        except Exception:  # noqa: BLE001 - the script's own tensor
            loss = None
        if len(self.losses) < STEPS:
            self.losses.append(loss if loss is None or math.isfinite(loss) else None)
        if self._is_beyond(loss):
            self._row += 1
            if self._row >= self._row_wanted:
                self._over()
                return self._undone(action, point, loss)
        else:
            self._row = 0
        horizon = max(STEPS, _GUARD_TIMES * self._row_wanted if self._bound else 0)
        return self._over() if point.step - self._step >= horizon else None

    def told(self) -> Dict[str, Any]:
        """For the event some steps later; on any thread."""
        times = sorted(self._times_s)
        return {
            "loss_before": self._before,
            "losses": list(self.losses),
            "step_before_s": self._step_before_s,
            "step_after_s": round(times[len(times) // 2], 6) if times else None,
        }

    def give_up(self, _outcome: str, _reason: str) -> Any:
        """The agent ends; on its thread."""
        return self._over()

    def too_late(self, _waited_s: float) -> str:
        """It has no deadline."""
        return ""

    def waits_for(self) -> str:
        """Nobody asks."""
        return "the steps after a change"

    def _is_beyond(self, loss: Optional[float]) -> bool:
        if not self._bound or loss is None or self._before is None:
            return False
        return not math.isfinite(loss) or loss > self._bound * self._before

    def _undone(self, action: Action, point: Point, loss: Optional[float]) -> Receipt:
        receipt = RunRecord(point.step, self._read_bytes, prefix="guard").carry_out(action, {}, point)
        assert receipt is not None
        receipt.details.update(
            {
                "guard": f"the loss was above {self._bound:g} x {self._before:.4g} for {self._row} steps in a row",
                "loss": loss if loss is None or math.isfinite(loss) else None,
                "loss_before": self._before,
            }
        )
        return receipt

    def _over(self) -> bool:
        self._end()
        return True
