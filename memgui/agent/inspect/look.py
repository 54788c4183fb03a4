"""One look on its way through the safe-point queue."""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass, field, replace
from typing import Callable, Optional, Union

from memgui.agent.actions.action import Point
from memgui.agent.inspect.budget import Budget
from memgui.agent.inspect.inspection import Task
from memgui.protocol import jsonrpc
from memgui.protocol.errors import Problem
from memgui.protocol.inspection import Inspected
from memgui.protocol.jsonrpc import Failure, Result

# Who asks for the end of a look that nobody waits for.
NOBODY = -1


@dataclass(eq=False)
class Look:
    """An errand whose answer is what a task sees.

    Attributes:
        pause: is told the milliseconds that a finished look has cost.
        expected_pause_ms: told while it waits.
    """

    task: Task
    method: str
    budget_s: float
    connection: int
    request: int
    since_s: float
    deadline_s: float
    pause: Callable[[float], None]
    expected_pause_ms: Optional[float] = None
    told_s: float = 0.0
    _pause_s: float = 0.0
    _begun: bool = False
    _cancelled: Optional[str] = None
    _budget: Optional[Budget] = field(default=None, repr=False)

    def carry_out(self, point: Point) -> Optional[Union[Result, Failure]]:
        """Look; None where the task wants to go on at the next step boundary."""
        if point.unsafe is not None:
            if self._begun:
                self._end()
            return self._failure(point.unsafe)
        begin_s = time.perf_counter()
        self._budget = budget = Budget(max(0.0, self.budget_s - self._pause_s))
        # A collection amid a walk would run finalizers of the training's objects, and visit all that the walk holds.
        collects = gc.isenabled()
        gc.disable()
        try:
            self._begun = True
            seen = self.task.visit(point, budget)
            if seen is None and self._cancelled is None:
                return None
            self._end()
            if seen is None:
                return self._failure(self._cancelled or "")
        except Problem as error:
            self._end()
            return self._failure(f"{error.what}; {error.next_step}" if error.next_step else error.what)
        except Exception as error:  # noqa: BLE001 - a look must not end the training
            self._end()
            return self._failure(f"{self.method} raised {type(error).__name__}: {error}. Training goes on.")
        finally:
            self._budget = None
            if collects:
                gc.enable()
            self._pause_s += time.perf_counter() - begin_s
        return Result(self.request, self._told(seen, point, budget))

    def give_up(self, _outcome: str, reason: str) -> Failure:
        """The answer to a look that will not go on."""
        self.task.drop()
        return self._failure(reason)

    def cancel(self, reason: str) -> None:
        """Nobody waits for the answer of a look that is under way; on the agent's thread."""
        self._cancelled = reason
        budget = self._budget
        if budget is not None:
            budget.cut(reason)

    def too_late(self, waited_s: float) -> str:
        """Why it is given up."""
        return (
            f"no optimizer step seen in {round(waited_s, 1):g} s, and objects are looked at between steps only. The "
            "run may be evaluating, saving or waiting: try again when it steps. A loop without torch's optimizers can "
            "call memgui.agent.step()"
        )

    def waits_for(self) -> str:
        """What is told while it waits."""
        so_far = self.task.so_far()
        if so_far:
            return f"the next look, {so_far}"
        if self.expected_pause_ms is None:
            return "a step boundary"
        return f"a step boundary, where training will pause for about {self.expected_pause_ms:.0f} ms"

    def ending(self) -> Optional[Look]:
        """What remains to be done on the training thread after it was given up amid; None where nothing does."""
        if not self._begun:
            return None
        self._begun = False
        forever = float("inf")
        return Look(_End(self.task), self.method, 1.0, NOBODY, NOBODY, self.since_s, forever, _ignore, _begun=True)

    def _end(self) -> None:
        self._begun = False
        try:
            self.task.end()
        except Exception:  # noqa: BLE001 - the look itself is told; what it leaves behind does nothing
            self.task.drop()

    def _told(self, seen: Inspected, point: Point, budget: Budget) -> Inspected:
        pause_ms = round(self._pause_s * 1e3, 3)
        self.pause(pause_ms)
        reason = seen.reason or budget.reason
        return replace(
            seen, t_s=time.monotonic(), step=point.step, pause_ms=pause_ms, complete=reason is None, reason=reason
        )

    def _failure(self, reason: str) -> Failure:
        return Failure(self.request, jsonrpc.NOT_INSPECTED, reason)


class _End(Task):
    """Ends a task that was given up."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def visit(self, point: Point, budget: Budget) -> Optional[Inspected]:
        return Inspected()

    def end(self) -> None:
        self._task.end()


def _ignore(_pause_ms: float) -> None:
    """Nobody wants to know."""
