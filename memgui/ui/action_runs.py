"""Runs, previews and undoings that are under way, each ending in exactly one line of the journal. GUI thread."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from memgui.protocol.errors import Problem
from memgui.ui import target_view as view
from memgui.ui.feed import Feed, Outcome, as_problem
from memgui.ui.i18n import action_title, translate
from memgui.ui.journal import Entry, Journal, receipt_entry
from memgui.ui.siblings import siblings

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget
    from memgui.protocol.payloads import ActionInfo, Receipt

WAIT_S = 30.0
# The agent answers by itself when its own wait is over; this side gives it a little longer than that.
_GRACE_S = 5.0
# Receipts that this side makes have ids that no agent gives.
_NUMBERS = itertools.count(1)
# By name: importing the link's errors would bring the link before the first paint.
_OUTCOMES = {"TimedOut": "timed_out", "Disconnected": "disconnected", "RemoteError": "refused"}


@dataclass
class Running:
    """A run whose result is awaited; ratio is -1 where the share done is unknown."""

    job: int
    key: Any
    action: str
    title: str
    text: str
    ratio: float
    begun_s: float


class ActionRuns(QObject):
    """Sends what the panel and the palette want done.

    Attributes:
        changed: a run began, got on or ended.
        previewed: job, and a Preview or a Problem.
        ended: job of a run or an undo, and its Receipt.
    """

    changed = Signal()
    previewed = Signal(int, object)
    ended = Signal(int, object)

    def __init__(self, feed: Feed, journal: Journal, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._feed = feed
        self._journal = journal
        self._running: dict[int, Running] = {}
        self._previews: set[int] = set()
        feed.request_progress.connect(self._got_on)
        feed.request_ended.connect(self._ended)

    @property
    def all_running(self) -> tuple[Running, ...]:
        """Every run whose result is awaited."""
        return tuple(self._running.values())

    def running(self, key: object, action: str) -> Running | None:
        """The run of an action that is under way at a target."""
        return next((run for run in self._running.values() if run.key == key and run.action == action), None)

    def start(self, target: LiveTarget, action: ActionInfo, params: Mapping[str, Any]) -> int | None:
        """Run an action with these parameters, at the safe point where it needs one.

        Returns:
            The job that `ended` will tell; None where the action is under way already.
        """
        if self.running(target.key, action.name) is not None:
            return None
        wanted = {
            "action": action.name,
            "params": dict(params),
            "when": "safe_point" if action.safe_point else "now",
            "timeout_s": WAIT_S,
        }
        text = translate("runs", "waiting for the next step…") if action.safe_point else translate("runs", "running…")
        return self._send(target.key, "actions.run", wanted, action.name, action_title(action.title), text)

    def undo(self, entry: Entry) -> int | None:
        """Take back the run of a journal entry; the job, None where it cannot be taken back."""
        receipt = entry.receipt
        return None if receipt is None or receipt.undo is None else self.take_back(entry.key, receipt.undo, entry.title)

    def take_back(self, key: Any, undo: str, title: str) -> int | None:
        """Take back the run with that undo id, on all ranks that did it together.

        Returns:
            The job; None where that is under way already.
        """
        if self.running(key, f"undo {undo}") is not None:
            return None
        title = translate("runs", "Undo: {title}").format(title=title)
        together = siblings(self._feed.targets, key, undo)
        if len(together) > 1:
            return self._take_back_together(key, undo, title, together)
        wanted = {"undo": undo, "timeout_s": WAIT_S}
        return self._send(
            key, "actions.undo", wanted, f"undo {undo}", title, translate("runs", "waiting for the next step…")
        )

    def _take_back_together(self, key: Any, undo: str, title: str, together: list[tuple[LiveTarget, str]]) -> int:
        from memgui.link.ranks import undo_together  # the link is no part of the first paint

        keys = [(target.key, view.title(target)) for target, _ in together]
        undos = {view.title(target): each for target, each in together}
        job = -next(_NUMBERS)  # no request has such a number
        text = translate("runs", "waiting for a step of all {n} ranks…").format(n=len(together))
        self._running[job] = Running(job, key, f"undo {undo}", title, text, -1.0, time.time())
        self._feed.on_ranks(
            keys,
            lambda ranks, tell: undo_together(ranks, undos, timeout_s=WAIT_S, tell=tell),
            partial(self._taken_back_together, job),
            partial(self._told_together, job),
        )
        self.changed.emit()
        return job

    def _told_together(self, job: int, text: str) -> None:
        self._got_on(job, text, -1.0)

    def _taken_back_together(self, job: int, outcome: Outcome) -> None:
        """The ranks' own receipts come as events; this one stands for all of them where something is amiss."""
        receipts = outcome.result or {}
        amiss = [f"{name}: {one.reason or one.outcome}" for name, one in receipts.items() if one.outcome != "done"]
        if outcome.error is None and not amiss:
            own = next(iter(receipts.values()))
            self._ended(job, Outcome(result=own))
        else:
            problem = as_problem(outcome.error) if outcome.error is not None else Problem("; ".join(amiss))
            self._ended(job, Outcome(error=problem))

    def preview(self, target: LiveTarget, action: ActionInfo, params: Mapping[str, Any]) -> int:
        """Ask what a run would change; the answer comes as `previewed` with the job that is returned."""
        wanted = {"action": action.name, "params": dict(params), "timeout_s": WAIT_S}
        job = self._feed.request(target.key, "actions.preview", wanted, timeout_s=WAIT_S + _GRACE_S)
        self._previews.add(job)
        return job

    def stop_waiting(self, key: object, action: str) -> None:
        """Give up waiting for a run; it may still happen, and its receipt is then taken in as any other."""
        run = self.running(key, action)
        if run is not None:
            del self._running[run.job]
            target = self._feed.target(key)
            self._journal.remark(
                target, run.title, translate("runs", "no longer waited for; it may still run at the next step")
            )
            self.changed.emit()

    def _send(self, key: Any, method: str, wanted: object, action: str, title: str, text: str) -> int:
        job = self._feed.request(key, method, wanted, timeout_s=WAIT_S + _GRACE_S)
        self._running[job] = Running(job, key, action, title, text, -1.0, time.time())
        self.changed.emit()
        return job

    @Slot(int, str, float)
    def _got_on(self, job: int, text: str, ratio: float) -> None:
        run = self._running.get(job)
        if run is not None:
            run.text, run.ratio = text or run.text, ratio
            self.changed.emit()

    @Slot(int, object)
    def _ended(self, job: int, outcome: Outcome) -> None:
        from memgui.protocol.payloads import Preview, Receipt  # no part of the first paint

        if job in self._previews:
            self._previews.discard(job)
            self.previewed.emit(job, read_answer(Preview, outcome))
            return
        run = self._running.pop(job, None)
        if run is None:
            return
        target = self._feed.target(run.key)
        answer = read_answer(Receipt, outcome)
        receipt = answer if isinstance(answer, Receipt) else _unanswered(run, answer)
        if target is not None:
            entry = receipt_entry(target, receipt)
            self._journal.add(Entry(entry.t_s, entry.key, entry.target, run.title, receipt))
        word, _, undo = run.action.partition(" ")
        if word == "undo" and receipt.outcome == "done":
            self._journal.mark_undone(run.key, undo, translate("journal", "Taken back."))
        self.changed.emit()
        self.ended.emit(job, receipt)


def read_answer(kind: type[Any], outcome: Outcome) -> Any:
    """The answer as `kind`, or the Problem that stands in its place."""
    from memgui.protocol.wire import WireError, from_wire  # no part of the first paint

    if outcome.error is not None:
        return outcome.error
    if isinstance(outcome.result, kind):
        return outcome.result
    try:
        return from_wire(kind, outcome.result)
    except WireError as error:
        return as_problem(error)


def _unanswered(run: Running, error: BaseException) -> Receipt:
    """The receipt of a run that this side has to end itself."""
    from memgui.protocol.payloads import Receipt  # no part of the first paint

    outcome = _OUTCOMES.get(type(error).__name__, "failed")
    problem = as_problem(error)
    reason = f"{problem.what}; {problem.next_step}" if problem.next_step else problem.what
    return Receipt(f"window-{next(_NUMBERS)}", run.action, outcome, reason)
