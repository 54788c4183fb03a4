"""What an inspection is."""

from __future__ import annotations

import sys
from typing import Any, Callable, Optional, Type

from memgui.agent.actions.action import Point
from memgui.agent.inspect.budget import Budget
from memgui.protocol.inspection import Inspected, InspectParams

# Before the first look of a kind there is only the number of objects to go by.
_S_PER_BLOCK = 0.4e-6


class Task:
    """One request on its way over one or more step boundaries."""

    def visit(self, point: Point, budget: Budget) -> Optional[Inspected]:
        """Look, on the training thread; None to be called again at the next step boundary.

        Raises:
            Refused, Problem: there is nothing to look at, or it must not be; the text says why.
        """
        raise NotImplementedError

    def so_far(self) -> str:
        """How far it has got, for those who wait; empty before the first visit. On the agent's thread."""
        return ""

    def drop(self) -> None:
        """The request was given up: what the task has installed must do nothing any more. On any thread, short."""

    def end(self) -> None:
        """Take back what the task has installed; on the training thread, once, after a visit or a `drop`."""


class Inspection:
    """A method of the wire whose answer is looked up on the training thread at a step boundary.

    The training stands still meanwhile, so a look asks its budget every few hundred objects, keeps nothing alive, makes
    no tensors, and returns plain data.

    Attributes:
        method: its name on the wire.
        params: what is asked.
        walks: visits all objects of the process, so that its pause grows with their number.
    """

    method: str = ""
    params: Type[InspectParams] = InspectParams
    walks: bool = True

    def look(self, asked: Any, point: Point, budget: Budget) -> Inspected:
        """Look once; `asked` is an instance of `params`.

        Raises:
            Refused, Problem: there is nothing to look at, or it must not be; the text says why.
        """
        raise NotImplementedError

    def task(self, asked: Any) -> Task:
        """A request; to be overridden by what needs more than one boundary."""
        return _Once(self.look, asked)

    def expected_pause_ms(self) -> Optional[float]:
        """The pause by the number of objects, before one was measured; None where that says nothing."""
        return round(sys.getallocatedblocks() * _S_PER_BLOCK * 1e3, 1) if self.walks else None


class _Once(Task):
    def __init__(self, look: Callable[[Any, Point, Budget], Inspected], asked: Any) -> None:
        self._look = look
        self._asked = asked

    def visit(self, point: Point, budget: Budget) -> Optional[Inspected]:
        return self._look(self._asked, point, budget)
