"""Actions wait here until the training thread comes by at a step boundary.

The agent's thread submits and expires, a training thread visits. Every run that was submitted comes back exactly once
through `take_ended`, whatever happens to it.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Callable, Deque, Dict, List, Optional, Tuple

from memgui.agent.actions.action import Action, Point
from memgui.agent.runs import RunRecord
from memgui.protocol.payloads import Receipt

QUEUE_LIMIT = 16


@dataclass(eq=False)
class Run:
    """A request to run an action.

    Attributes:
        connection, request: who asked; where the receipt goes.
        deadline_s: monotonic time after which it is given up.
        since_s: when it was submitted.
    """

    action: Action
    params: Dict[str, Any]
    record: RunRecord
    connection: int
    request: int
    since_s: float
    deadline_s: float
    told_s: float = field(default=0.0)


class SafePoints:
    """The queue between the agent's thread and the training threads.

    A run is in exactly one of three places: `_waiting`, `_running`, or `_ended`; `_lock` guards the moves. It is held
    for a few operations on these, never while an action runs.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        """`wake` is called on the training thread after runs have ended."""
        self._wake = wake
        self._lock = threading.Lock()
        self._waiting: Deque[Run] = deque()
        self._running: List[Run] = []
        self._ended: List[Tuple[Run, Receipt]] = []

    @property
    def is_empty(self) -> bool:
        """Nothing waits; the one check that every step pays for."""
        return not self._waiting

    @property
    def is_quiet(self) -> bool:
        """Nothing waits, and no receipt is to be fetched."""
        return not self._waiting and not self._ended

    @property
    def is_running(self) -> bool:
        """A training thread carries out a run at this moment."""
        return bool(self._running)

    @property
    def waiting(self) -> Tuple[Run, ...]:
        """What waits."""
        with self._lock:
            return tuple(self._waiting)

    def submit(self, run: Run) -> bool:
        """Queue a run; False where too many wait already."""
        with self._lock:
            if len(self._waiting) >= QUEUE_LIMIT:
                return False
            self._waiting.append(run)
            return True

    def visit(self, point: Point) -> None:
        """Carry out what waits, on the calling thread; never raises.

        Two training threads may come by at once: each run is taken by one of them.
        """
        with self._lock:
            if self._running:
                return
            taken = self._running = list(self._waiting)
            self._waiting.clear()
        again: List[Run] = []
        ended: List[Tuple[Run, Receipt]] = []
        try:
            for run in taken:
                receipt = run.record.carry_out(run.action, run.params, point)
                if receipt is None:
                    again.append(run)
                else:
                    ended.append((run, receipt))
        finally:
            with self._lock:
                # An exception such as KeyboardInterrupt may have cut the loop short: nothing is lost by it.
                done = {id(run) for run, _ in ended}
                self._waiting.extendleft(reversed([run for run in taken if id(run) not in done]))
                self._ended.extend(ended)
                self._running = []
            self._wake()

    def expire(self, due: Callable[[Run], Optional[str]], outcome: str) -> None:
        """End every waiting run for which `due` tells a reason."""
        with self._lock:
            for run in tuple(self._waiting):
                reason = due(run)
                if reason is not None:
                    self._waiting.remove(run)
                    self._ended.append((run, run.record.give_up(run.action, outcome, reason)))

    def take_ended(self) -> List[Tuple[Run, Receipt]]:
        """Runs that ended since the last call."""
        if not self._ended:
            return []
        with self._lock:
            ended, self._ended = self._ended, []
        return ended
