"""A run from the dialog, on one target or on all ranks, and taking it back. GUI thread."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from memgui.protocol.errors import Problem
from memgui.protocol.payloads import ActionInfo, Receipt
from memgui.ui.feed import as_problem
from memgui.ui.i18n import action_title, translate
from memgui.ui.journal import Entry
from memgui.ui.shrink.requests import parts_of

if TYPE_CHECKING:
    from memgui.link.ranks import RanksOutcome
    from memgui.link.target import LiveTarget
    from memgui.ui.action_runs import ActionRuns
    from memgui.ui.journal import Journal
    from memgui.ui.shrink.requests import Requests


class ShrinkRun(QObject):
    """At most one run, and at most one undo of it.

    Attributes:
        changed: it began, got on or ended.
        ended: None where there are receipts to show, else the Problem that stands in their place.
        entries: journal entries of the runs, one a rank.
        said: how it stands as a whole, where several ranks are concerned; empty otherwise.
        text: how far it is.
    """

    changed = Signal()
    ended = Signal(object)

    def __init__(
        self, target: LiveTarget, runs: ActionRuns, journal: Journal, requests: Requests, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._target = target
        self._runs = runs
        self._journal = journal
        self._requests = requests
        self._job: int | None = None
        self._undo_job: int | None = None
        self._action: ActionInfo | None = None
        self._everywhere = False
        self._told = ""
        self._undos: dict[str, str | None] = {}
        self._receipts: list[str] = []
        self.is_running = False
        self.said = ""
        runs.ended.connect(self._run_ended)
        runs.changed.connect(self._run_changed)

    @property
    def text(self) -> str:
        """What is being waited for."""
        if not self._everywhere and self._action is not None:
            run = self._runs.running(self._target.key, self._action.name)
            return run.text if run is not None else self._told
        return self._told

    @property
    def entries(self) -> list[Entry]:
        """As the journal has them by now."""
        return [entry for entry in self._journal.entries if entry.receipt and entry.receipt.id in self._receipts]

    def start(self, action: ActionInfo, params: Mapping[str, Any], *, everywhere: bool) -> None:
        """Begin."""
        self._action, self._everywhere = action, everywhere
        self._receipts, self.said = [], ""
        self.is_running = True
        if everywhere:
            self._told = translate("shrink", "asking every rank…")
            late = partial(_note, self._journal, self._target, action_title(action.title))
            self._requests.run(action, params, self._ranks_ended, self._got_on, late)
        else:
            self._job = self._runs.start(self._target, action, params)
            if self._job is None:
                self.is_running = False
                self.ended.emit(Problem(translate("shrink", "the same method runs already; wait for its receipt")))
        self.changed.emit()

    def stop_waiting(self) -> None:
        """Go; the run may still happen, and the journal tells of it."""
        if self._action is not None and not self._everywhere:
            self._runs.stop_waiting(self._target.key, self._action.name)

    @Slot(object)
    def undo(self, entry: Entry) -> None:
        """Take it back: on all ranks, where it was done on all."""
        if self._everywhere:
            self._told = translate("shrink", "taking it back on every rank…")
            self.is_running = True
            self._requests.undo(self._undos, self._ranks_undone, self._got_on)
        else:
            self._undo_job = self._runs.undo(entry)
            self._told = translate("shrink", "taking it back at the next step boundary…")
            self.is_running = self._undo_job is not None
        self.changed.emit()

    def _got_on(self, text: str) -> None:
        self._told = text
        self.changed.emit()

    @Slot()
    def _run_changed(self) -> None:
        if self.is_running:
            self.changed.emit()

    @Slot(int, object)
    def _run_ended(self, job: int, receipt: Receipt) -> None:
        if job == self._job:
            self._job, self.is_running = None, False
            if receipt.outcome == "done":
                self._receipts = [receipt.id]
                self.ended.emit(None)
            else:
                self.ended.emit(problem_of(receipt))
        elif job == self._undo_job:
            self._undo_job, self.is_running = None, False
            self._receipts.append(receipt.id)
            self.said = "" if receipt.outcome == "done" else problem_of(receipt).what
            self.ended.emit(None)

    def _ranks_ended(self, answer: RanksOutcome | BaseException) -> None:
        self.is_running = False
        if isinstance(answer, BaseException):
            self.ended.emit(as_problem(answer))
            return
        self._undos = {name: receipt.undo for name, receipt in answer.receipts.items()}
        self._receipts = [receipt.id for receipt in answer.receipts.values()]
        if answer.outcome != "done":
            self.ended.emit(Problem(answer.reason or answer.outcome))
            return
        self.said = translate("shrink", "Done on {n} ranks after step {step}.").format(
            n=len(answer.receipts), step=answer.at_step
        )
        self.ended.emit(None)

    def _ranks_undone(self, answer: Mapping[str, Receipt] | BaseException) -> None:
        self.is_running = False
        if isinstance(answer, BaseException):
            self.said = as_problem(answer).what
        else:
            failed = [f"{name}: {receipt.reason}" for name, receipt in answer.items() if receipt.outcome != "done"]
            self.said = "; ".join(failed) or translate("shrink", "Taken back on every rank.")
        self.ended.emit(None)


def _note(journal: Journal, target: LiveTarget, title: str, answer: RanksOutcome | BaseException) -> None:
    """The dialog is gone: what the ranks' own receipts do not tell stands in the journal."""
    if isinstance(answer, BaseException):
        journal.remark(target, title, as_problem(answer).what, "bad")
    elif answer.outcome != "done":
        journal.remark(target, title, answer.reason or answer.outcome, "bad")


def problem_of(receipt: Receipt) -> Problem:
    """Why a run did not end in `done`."""
    return Problem(*parts_of(receipt.reason or receipt.outcome))
