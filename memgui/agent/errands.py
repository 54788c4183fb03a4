"""Runs of actions and looks at objects on their way to the safe point and back; on the agent's thread."""

from __future__ import annotations

import itertools
import time
from typing import Any, Callable, Dict, List, Optional, Tuple, Union

from memgui.agent.actions.action import Action, Point
from memgui.agent.connection import Connection
from memgui.agent.events import Events
from memgui.agent.inspect.look import Look
from memgui.agent.meetings import Meeting
from memgui.agent.previews import PreviewLook
from memgui.agent.runs import RunRecord
from memgui.agent.safepoint import Errand, Run, SafePoints
from memgui.agent.sampler import Sampler
from memgui.agent.steps import StepClock
from memgui.protocol import jsonrpc
from memgui.protocol.errors import Problem
from memgui.protocol.jsonrpc import Failure, Result
from memgui.protocol.payloads import Progress, Receipt, RunParams
from memgui.protocol.wire import to_wire

SETTLE_STEPS = 20
_PROGRESS_S = 2.0
_SETTLING_ALLOWED = 32

FindPeer = Callable[[int], Optional[Connection]]


class Errands:
    """Starts runs, tells how they and the looks go, and hands out receipts and answers."""

    def __init__(
        self, safe_points: SafePoints, clock: StepClock, sampler: Sampler, events: Events, find_peer: FindPeer
    ) -> None:
        self._safe_points = safe_points
        self._clock = clock
        self._sampler = sampler
        self._events = events
        self._find_peer = find_peer
        self._numbers = itertools.count(1)
        self._settling: List[Tuple[int, Receipt, Action]] = []

    def start(
        self,
        peer: Connection,
        request: int,
        action: Action,
        params: Dict[str, Any],
        asked: RunParams,
        meeting: Optional[Meeting] = None,
    ) -> bool:
        """Queue a run, or carry it out here and now; False where too many wait."""
        now_s = time.monotonic()
        deadline_s = now_s + min(3600.0, max(0.0, asked.timeout_s))
        record = RunRecord(next(self._numbers), self._sampler.bytes_now)
        run = Run(
            action, params, record, peer.number, request, now_s, deadline_s, at_step=asked.at_step, meeting=meeting
        )
        unavailable = action.unavailable()
        if unavailable is not None:
            self._end(run, record.give_up(action, "refused", unavailable))
            return True
        try:
            action.load(params)
        except Problem as error:
            self._end(run, record.give_up(action, "refused", str(error)))
            return True
        if asked.when == "now":
            self._end(run, self._run_here(run))
            return True
        if self._safe_points.submit(run):
            return True
        if meeting is not None:
            meeting.end()
        return False

    def _run_here(self, run: Run) -> Receipt:
        action = run.action
        if action.safe_point:
            reason = (
                f"{action.name} touches objects of the training and runs at a step boundary only; nothing was changed"
            )
            return run.record.give_up(action, "refused", reason)
        receipt = run.record.carry_out(action, run.params, Point("now", self._clock.step))
        return receipt or run.record.give_up(action, "failed", "the action did not come to an end")

    @property
    def are_quiet(self) -> bool:
        """No run is on its way; the one check that every sample pays for."""
        return not self._settling and self._safe_points.is_quiet

    def follow(self, now_s: float) -> None:
        """Hand out receipts and answers, end what waited too long, tell the others that they wait."""
        if not self._safe_points.is_empty:
            self._safe_points.expire(self._overdue(now_s), "timed_out")
            for run in self._safe_points.waiting:
                if now_s - run.told_s >= _PROGRESS_S:
                    run.told_s = now_s
                    self._tell(run, now_s)
        for errand, answer in self._safe_points.take_ended():
            if isinstance(errand, Look):
                self._end_look(errand, answer)
            elif isinstance(errand, PreviewLook):
                self._answer(errand, answer)
            elif isinstance(errand, Run):
                self._end(errand, answer)
            elif isinstance(answer, Receipt):
                text = f"{answer.action}: taken back, {answer.details.get('guard', '')}"
                self._events.post("receipt", text, to_wire(answer))
        if self._settling:
            self._settle()

    def cancel(self, connection: int) -> None:
        """A connection is closed: what it asked for and nobody began is not begun any more."""
        for errand in self._safe_points.running:
            if isinstance(errand, Look) and errand.connection == connection:
                errand.cancel("the client that asked for it has gone")
        reason = "the client that asked for it has gone; nothing was changed"
        self._safe_points.expire(lambda run: reason if run.connection == connection else None, "refused")

    def cancel_looks(self, connection: int, method: str) -> int:
        """Looks of one kind that a connection asked for are not wanted any more; how many there were."""

        def is_meant(errand: Errand) -> bool:
            return isinstance(errand, Look) and errand.connection == connection and errand.method == method

        reason = "it was cancelled"
        found = 0
        for errand in self._safe_points.running:
            if is_meant(errand) and isinstance(errand, Look):
                found += 1
                errand.cancel(reason)
        found += sum(map(is_meant, self._safe_points.waiting))
        self._safe_points.expire(lambda errand: reason if is_meant(errand) else None, "refused")
        return found

    def stop(self) -> None:
        """End everything that waits, since no training thread will come by any more."""
        reason = "the agent was stopped before a step boundary came; nothing was changed"
        self._safe_points.expire(lambda _run: reason, "refused")
        self.follow(time.monotonic())

    def _overdue(self, now_s: float) -> Callable[[Errand], Optional[str]]:
        def reason(errand: Errand) -> Optional[str]:
            return errand.too_late(now_s - errand.since_s) if now_s >= errand.deadline_s else None

        return reason

    def _tell(self, errand: Errand, now_s: float) -> None:
        peer = self._find_peer(errand.connection)
        if peer is not None:
            text = f"waiting for {errand.waits_for()}, {max(0.0, now_s - errand.since_s):.0f} s"
            progress = Progress(errand.request, text)
            peer.outbox.put(jsonrpc.encode(jsonrpc.Notification("progress", to_wire(progress))))

    def _end_look(self, look: Look, answer: Union[Result, Failure]) -> None:
        ending = look.ending()
        if ending is not None:
            self._safe_points.submit(ending)
        self._answer(look, answer)

    def _answer(self, look: Union[Look, PreviewLook], answer: Union[Result, Failure]) -> None:
        peer = self._find_peer(look.connection)
        if peer is None:
            return
        if isinstance(answer, Result):
            answer = Result(answer.id, to_wire(answer.result))
        try:
            peer.outbox.put(jsonrpc.encode(answer))
        except ValueError as error:
            method = look.method if isinstance(look, Look) else "actions.preview"
            text = f"{method} found more than an answer can hold: {error}; ask for less, or for fewer at a time"
            peer.outbox.put(jsonrpc.encode(Failure(answer.id or 0, jsonrpc.TOO_LARGE, text)))

    def _end(self, run: Run, receipt: Receipt) -> None:
        wire = to_wire(receipt)
        if run.meeting is not None:
            run.meeting.end()
        peer = self._find_peer(run.connection)
        if peer is not None:
            peer.outbox.put(jsonrpc.encode(jsonrpc.Result(run.request, wire)))
        text = f"{run.action.title}: {receipt.outcome.replace('_', ' ')}"
        self._events.post("receipt", f"{text}, {receipt.reason}" if receipt.reason else text, wire)
        if receipt.outcome == "done" and receipt.step >= 0 and len(self._settling) < _SETTLING_ALLOWED:
            self._settling.append((receipt.step + SETTLE_STEPS, receipt, run.action))

    def _settle(self) -> None:
        step = self._clock.step
        due = [(receipt, action) for at, receipt, action in self._settling if step >= at]
        if not due:
            return
        self._settling = [entry for entry in self._settling if step < entry[0]]
        values = self._sampler.bytes_now()
        for receipt, action in due:
            after = {name: values[name] for name in receipt.after if name in values}
            steps = step - receipt.step
            text = f"{receipt.action}: {steps} steps later"
            told = action.settled(receipt.undo)
            self._events.post("settled", text, {"id": receipt.id, "after": after, "steps": steps, **told})
