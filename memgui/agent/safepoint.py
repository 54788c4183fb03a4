"""Actions and inspections wait here until the training thread comes by at a step boundary.

The agent's thread submits and expires, a training thread visits. Every errand that was submitted comes back exactly
once through `take_ended`, whatever happens to it.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any, Callable, Deque, Dict, List, Optional, Protocol, Tuple

from memgui.agent.actions.action import Action, Point
from memgui.agent.meetings import Meeting
from memgui.agent.runs import RunRecord
from memgui.protocol.payloads import Receipt

QUEUE_LIMIT = 16


class Errand(Protocol):
    """What waits: a run of an action, or a look at objects.

    Attributes:
        connection, request: who asked; where the answer goes.
        since_s: when it was submitted.
        deadline_s: monotonic time after which it is given up.
        told_s: when the peer was last told that it waits.
    """

    connection: int
    request: int
    since_s: float
    deadline_s: float
    told_s: float

    def carry_out(self, point: Point) -> Optional[Any]:
        """Do it, or its next part, on the training thread; the answer, or None to go on at the next step boundary."""

    def give_up(self, outcome: str, reason: str, /) -> Any:
        """The answer of what will not go on."""

    def too_late(self, waited_s: float) -> str:
        """Why it is given up at its deadline."""

    def waits_for(self) -> str:
        """What is told while it waits."""


@dataclass(eq=False)
class Run:
    """A request to run an action.

    Attributes:
        connection, request: who asked; where the receipt goes.
        deadline_s: monotonic time after which it is given up.
        since_s: when it was submitted.
        at_step: the boundary after this step is the one; None for the next.
        meeting: with the other ranks, where they run it together.
    """

    action: Action
    params: Dict[str, Any]
    record: RunRecord
    connection: int
    request: int
    since_s: float
    deadline_s: float
    told_s: float = field(default=0.0)
    at_step: Optional[int] = None
    meeting: Optional[Meeting] = None

    def carry_out(self, point: Point) -> Optional[Receipt]:
        """Run the action, or its next part; None where it is not yet time, or not yet done."""
        if self.at_step is not None and not self.record.began:
            first = self.at_step - self.action.steps_ahead
            if point.step < first:
                return None
            if point.step > first:
                reason = (
                    f"it was to run at step {self.at_step}, and step {point.step} is over; nothing was changed. Name a "
                    "step that lies further ahead"
                )
                return self.record.give_up(self.action, "refused", reason)
        return self.record.carry_out(self.action, self.params, replace(point, together=self.meeting))

    def give_up(self, outcome: str, reason: str) -> Receipt:
        """The receipt of a run that will not go on."""
        return self.record.give_up(self.action, outcome, reason)

    def too_late(self, waited_s: float) -> str:
        """Why it is given up."""
        waited = f"no optimizer step seen in {round(waited_s, 1):g} s; nothing was changed."
        if not self.action.safe_point:
            return f'{waited} {self.action.name} is safe anywhere: ask for it with when="now"'
        return (
            f"{waited} The run may be evaluating, saving or waiting: try again when it steps. A loop without "
            "torch's optimizers can call memgui.agent.step()"
        )

    def waits_for(self) -> str:
        """What is told while it waits."""
        if self.meeting is not None:
            return "the other ranks"
        return "a step boundary" if self.at_step is None else f"step {self.at_step}"


class SafePoints:
    """The queue between the agent's thread and the training threads.

    An errand is in exactly one of three places: `_waiting`, `_running`, or `_ended`; `_lock` guards the moves. It is
    held for a few operations on these, never while one is carried out.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        """`wake` is called on the training thread after errands have ended."""
        self._wake = wake
        self._lock = threading.Lock()
        self._waiting: Deque[Errand] = deque()
        self._running: List[Errand] = []
        self._ended: List[Tuple[Errand, Any]] = []

    @property
    def is_empty(self) -> bool:
        """Nothing waits; the one check that every step pays for."""
        return not self._waiting

    @property
    def is_quiet(self) -> bool:
        """Nothing waits, and no answer is to be fetched."""
        return not self._waiting and not self._ended

    @property
    def is_running(self) -> bool:
        """A training thread carries out an errand at this moment."""
        return bool(self._running)

    @property
    def waiting(self) -> Tuple[Errand, ...]:
        """What waits."""
        with self._lock:
            return tuple(self._waiting)

    @property
    def running(self) -> Tuple[Errand, ...]:
        """What a training thread carries out at this moment, or is about to."""
        return tuple(self._running)

    def submit(self, errand: Errand) -> bool:
        """Queue an errand; False where too many wait already."""
        with self._lock:
            if len(self._waiting) >= QUEUE_LIMIT:
                return False
            self._waiting.append(errand)
            return True

    def visit(self, point: Point) -> None:
        """Carry out what waits, on the calling thread; never raises.

        Two training threads may come by at once: each errand is taken by one of them.
        """
        with self._lock:
            if self._running:
                return
            taken = self._running = list(self._waiting)
            self._waiting.clear()
        again: List[Errand] = []
        ended: List[Tuple[Errand, Any]] = []
        try:
            for errand in taken:
                answer = errand.carry_out(point)
                if answer is None:
                    again.append(errand)
                else:
                    ended.append((errand, answer))
        finally:
            with self._lock:
                # An exception such as KeyboardInterrupt may have cut the loop short: nothing is lost by it.
                done = {id(errand) for errand, _ in ended}
                self._waiting.extendleft(reversed([errand for errand in taken if id(errand) not in done]))
                self._ended.extend(ended)
                self._running = []
            if ended:
                self._wake()

    def expire(self, due: Callable[[Errand], Optional[str]], outcome: str) -> None:
        """End every waiting errand for which `due` tells a reason."""
        with self._lock:
            for errand in tuple(self._waiting):
                reason = due(errand)
                if reason is not None:
                    self._waiting.remove(errand)
                    self._ended.append((errand, errand.give_up(outcome, reason)))

    def take_ended(self) -> List[Tuple[Errand, Any]]:
        """Errands that ended since the last call."""
        if not self._ended:
            return []
        with self._lock:
            ended, self._ended = self._ended, []
        return ended
