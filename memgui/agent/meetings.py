"""Changes that the ranks of a run make together: here one rank stands still, is told to change, and keeps it or not.

Whoever leads them may end at any moment, and so may each rank. So the word that counts is not a message but a file name
in the directory that the ranks' sockets share: the first that writes "keep" or "drop" there decides for all, and a rank
that hears nothing for some seconds tries "drop". Nobody can keep what another has dropped.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Callable, Deque, Mapping, Optional, Tuple

from memgui.agent import common_step, steps
from memgui.agent.actions.action import Point
from memgui.agent.common_step import Count
from memgui.agent.connection import Connection
from memgui.protocol import jsonrpc
from memgui.protocol.errors import Problem, Refused
from memgui.protocol.meeting import ORDERS, MeetParams, Met
from memgui.protocol.wire import to_wire

# How long a rank stands for ranks that are behind and for the next order: so long and a few of its own steps, or
# changes, since the other ranks take about as long for theirs.
_HOLD_S = 5.0
_OWN_TIMES = 4
_ALONE = "another rank did not come to this step in time; where each goes at its own pace, shrink each by itself"
_STATES = {"count": "counted", "stand": "standing", "change": "changed"}
_NAME = re.compile(r"[0-9a-f]{16}\Z")
_FORGOTTEN_S = 3600.0

Wake = Callable[[], None]
Place = Callable[[Point], Optional[Count]]


class Meeting:
    """One change of all ranks, on this rank.

    The agent's thread brings orders by `ask`, `drop` and `end`; the training thread stands in `stands` and `keeps`. The
    condition guards what both touch, and is never held while either works.
    """

    def __init__(self, name: str, connection: int, decision: Path, place: Place, step_s: float, wake: Wake) -> None:
        """`decision` is the file name that decides; `step_s` what a step takes here."""
        self.name = name
        self.connection = connection
        self._decision = decision
        self._place = place
        self._step_s = step_s
        self._wake = wake
        self._condition = threading.Condition()
        self._order, self._at, self._reason = "count", -1, ""
        self._met = Met("coming", place=_identity(decision.parent))
        self._asked: Optional[Tuple[int, str]] = None
        self._answers: Deque[Tuple[int, Met]] = deque()

    # On the agent's thread.

    def ask(self, request: int, wanted: MeetParams) -> Optional[Met]:
        """Bring an order; None where the answer comes when it was followed."""
        with self._condition:
            if self._met.state == "ended" or self._order in ("keep", "drop"):
                return self._met
            self._order, self._reason = wanted.order, wanted.reason or ""
            if wanted.at is not None:
                self._at = wanted.at
            self._condition.notify_all()
            if wanted.order in ("keep", "drop"):
                return self._met
            self._asked = (request, _STATES[wanted.order])
            return None

    def drop(self, reason: str) -> None:
        """Nobody leads any more."""
        with self._condition:
            if self._order not in ("keep", "drop"):
                self._order, self._reason = "drop", reason
                self._condition.notify_all()

    def end(self) -> None:
        """The run has ended; its receipt tells how."""
        with self._condition:
            self._got_to("ended")

    def answers(self) -> Deque[Tuple[int, Met]]:
        """Requests that can be answered now."""
        with self._condition:
            found, self._answers = self._answers, deque()
        return found

    # On the training thread.

    def stands(self, point: Point) -> bool:
        """Count, and stand still at this boundary if it is the one: True when it is time to change, False to run on.

        Raises:
            Refused: the ranks will not change; nothing was changed here.
        """
        here = self._place(point)
        if here is None:
            return False
        now_s = time.monotonic()
        deadline_s = now_s + _HOLD_S + _OWN_TIMES * self._step_s
        with self._condition:
            self._met = replace(self._met, count=here.steps, t_s=now_s, counted_by=here.by)
            if self._order == "count":
                self._got_to("counted")
            while self._order == "stand" and here.steps >= self._at:
                self._got_to("standing")
                if not self._condition.wait(max(0.0, deadline_s - time.monotonic())):
                    self._order, self._reason = "drop", _ALONE
            if self._order == "drop":
                raise Refused(self._reason)
            return self._order == "change"

    def keeps(self, decided: Mapping[str, str], took_s: float) -> bool:
        """Tell that the change is made, and wait for what becomes of it. False: it must be taken back.

        Args:
            decided: as `Met.decided`.
            took_s: what the change took.
        """
        deadline_s = time.monotonic() + _HOLD_S + _OWN_TIMES * took_s
        word = "drop"
        try:
            with self._condition:
                self._met = replace(self._met, decided=dict(decided))
                self._got_to("changed")
                while self._order == "change":
                    if not self._condition.wait(max(0.0, deadline_s - time.monotonic())):
                        self._order, self._reason = "drop", "the other ranks were not heard of in time"
                word = self._order
        finally:
            # Also where the wait was interrupted: a run that is begun again must not change anew.
            self._order = self._decide(word)
        return self._order == "keep"

    @property
    def has_ended(self) -> bool:
        """The run has a receipt, and whoever asked was told."""
        return self._met.state == "ended" and not self._answers

    @property
    def reason(self) -> str:
        """Why it was dropped."""
        return self._reason or "another rank did not keep the change"

    def _decide(self, word: str) -> str:
        """What the first of the ranks decided. Making a symbolic link is one step, with its text in it."""
        with suppress(FileExistsError):
            os.symlink(word, self._decision)
            return word
        return os.readlink(self._decision)

    def _got_to(self, state: str) -> None:
        self._met = replace(self._met, state=state)
        if self._asked is not None and state in (self._asked[1], "ended"):
            self._answers.append((self._asked[0], self._met))
            self._asked = None
            self._wake()


class Meetings:
    """At most one meeting at a time; on the agent's thread."""

    def __init__(self, directory: Path, clock: steps.StepClock, wake: Wake) -> None:
        """`directory` is where the socket is."""
        self._directory = directory
        self._clock = clock
        self._wake = wake
        self._meeting: Optional[Meeting] = None

    def begin(self, name: str, connection: int) -> Meeting:
        """A meeting for the run that is about to be queued.

        Raises:
            Problem: another one is under way, or the name is none.
        """
        if not _NAME.match(name):
            raise Problem("a meeting is named by 16 hexadecimal digits")
        if self._meeting is not None:
            raise Problem("another change of all ranks is under way here", "wait for its receipt")
        _forget_old(self._directory)
        step_s = self._clock.recent_step_s() or 0.0
        decision = self._directory / f"{name}.meeting"
        self._meeting = Meeting(name, connection, decision, self._count, step_s, self._wake)
        return self._meeting

    def ask(self, connection: int, request: int, wanted: MeetParams) -> Optional[Met]:
        """Bring an order; None where the answer comes later.

        Raises:
            Problem: it is no order.
        """
        if wanted.order not in ORDERS:
            raise Problem(f"MeetParams.order: one of {', '.join(ORDERS)}, not {wanted.order!r}")
        meeting = self._meeting
        if meeting is None or (meeting.name, meeting.connection) != (wanted.meeting, connection):
            return Met("ended")
        return meeting.ask(request, wanted)

    def cancel(self, connection: int) -> None:
        """A connection is closed."""
        if self._meeting is not None and self._meeting.connection == connection:
            self._meeting.drop("the client that led the ranks has gone")

    def stop(self) -> None:
        """The agent ends."""
        if self._meeting is not None:
            self._meeting.drop("the agent was stopped")

    def follow(self, peers: Callable[[int], Optional[Connection]]) -> None:
        """Hand out answers."""
        meeting = self._meeting
        if meeting is None:
            return
        peer = peers(meeting.connection)
        for request, met in meeting.answers():
            if peer is not None:
                peer.outbox.put(jsonrpc.encode(jsonrpc.Result(request, to_wire(met))))
        if meeting.has_ended:
            self._meeting = None

    def _count(self, point: Point) -> Optional[Count]:
        clock = self._clock
        told = steps.script_steps() if clock.is_scripted else None
        return common_step.count(point, clock.optimizers.live(), clock.observed, told)


def _identity(directory: Path) -> Optional[str]:
    with suppress(OSError):
        found = directory.stat()
        return f"{found.st_dev}:{found.st_ino}"
    return None


def _forget_old(directory: Path) -> None:
    """Decisions that no rank can still be waiting for."""
    with suppress(OSError):
        for path in directory.glob("*.meeting"):
            if time.time() - path.lstat().st_mtime > _FORGOTTEN_S:
                path.unlink()
