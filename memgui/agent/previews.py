"""Previews that have to look at the model, on their way through the safe-point queue."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Optional, Union

from memgui.agent.actions.action import Action, Point, PreviewTask
from memgui.protocol import jsonrpc
from memgui.protocol.errors import Problem
from memgui.protocol.jsonrpc import Failure, Result
from memgui.protocol.payloads import Preview


@dataclass(eq=False)
class PreviewLook:
    """An errand whose answer is a preview."""

    action: Action
    task: PreviewTask
    connection: int
    request: int
    since_s: float
    deadline_s: float
    told_s: float = 0.0
    _begun: bool = field(default=False, repr=False)

    def carry_out(self, point: Point) -> Optional[Union[Result, Failure]]:
        """Look; None where the task wants to go on at the next step boundary."""
        if point.unsafe is not None:
            return self._unavailable(point.unsafe)
        try:
            seen = self.task.visit(point)
        except Problem as error:
            return self._unavailable(f"{error.what}; {error.next_step}" if error.next_step else error.what)
        except Exception as error:  # noqa: BLE001 - a look must not end the training
            self.task.drop()
            text = f"the preview of {self.action.name} raised {type(error).__name__}: {error}. Training goes on."
            return Failure(self.request, jsonrpc.INTERNAL_ERROR, text)
        return None if seen is None else Result(self.request, seen)

    def give_up(self, _outcome: str, reason: str) -> Failure:
        """The answer to a look that will not go on."""
        self.task.drop()
        return Failure(self.request, jsonrpc.NOT_INSPECTED, reason)

    def too_late(self, waited_s: float) -> str:
        """Why it is given up."""
        return (
            f"no optimizer step seen in {round(waited_s, 1):g} s, and a model is looked at between steps only. The run "
            "may be evaluating, saving or waiting: try again when it steps. A loop without torch's optimizers can call "
            "memgui.agent.step()"
        )

    def waits_for(self) -> str:
        """What is told while it waits."""
        return "a step boundary"

    def _unavailable(self, reason: str) -> Result:
        self.task.drop()
        return Result(self.request, Preview(self.action.name, unavailable=reason))


def look(action: Action, task: PreviewTask, connection: int, request: int, timeout_s: float) -> PreviewLook:
    """An errand that waits from now on."""
    now_s = time.monotonic()
    return PreviewLook(action, task, connection, request, now_s, now_s + min(3600.0, max(0.0, timeout_s)))
