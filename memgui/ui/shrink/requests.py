"""How the dialog talks to the target, or to all ranks of its run at once. GUI thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from memgui.link.actions import MARGIN_S
from memgui.link.errors import RemoteError
from memgui.link.ranks import Rank, objection, preview_on_all, run_on_all, undo_together
from memgui.protocol.errors import Problem
from memgui.protocol.inspection import Modules, ModulesParams
from memgui.protocol.jsonrpc import INTERNAL_ERROR
from memgui.protocol.payloads import ActionInfo, Preview, PreviewParams
from memgui.ui import target_view as view
from memgui.ui.action_runs import WAIT_S, read_answer
from memgui.ui.feed import Feed, Outcome

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget
    from memgui.ui.asks import Asks

Answered = Callable[[Any], None]
Told = Callable[[str], None]


class Requests(QObject):
    """Questions about one target; none is answered any more once it is closed.

    Attributes:
        everywhere: ask all ranks of the run.
    """

    def __init__(self, feed: Feed, asks: Asks, target: LiveTarget, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._feed = feed
        self._asks = asks
        self._target = target
        self._jobs: set[int] = set()
        self._closed = False
        self.everywhere = False

    @property
    def ranks(self) -> list[tuple[object, str]]:
        """The ranks of the run that an agent speaks for; empty for a process on its own."""
        run = view.run_of(self._target)
        if run is None:
            return []
        members = [each for each in self._feed.targets if view.run_of(each) == run and each.state == "connected"]
        members.sort(key=lambda each: (view.rank_of(each) or (0, None))[0])
        return [(each.key, view.title(each)) for each in members]

    def close(self) -> None:
        """Nobody listens any more."""
        self._closed = True
        for job in self._jobs:
            self._asks.forget(job)
        self._jobs.clear()

    def modules(self, answered: Answered) -> None:
        """What the target's modules take: Modules, or a Problem."""
        params = ModulesParams(timeout_s=WAIT_S)
        timeout_s = params.timeout_s + params.budget_ms / 1e3 + MARGIN_S
        self._put("inspect.modules", params, Modules, answered, None, timeout_s)

    def preview(self, action: ActionInfo, params: Mapping[str, Any], answered: Answered, told: Told) -> None:
        """What a run would change: a Preview, or a Problem."""
        if self.everywhere:
            work = partial(_preview_everywhere, action=action.name, params=dict(params))
            self._feed.on_ranks(self.ranks, work, partial(self._came, answered), partial(self._told, told))
            return
        body = PreviewParams(action.name, dict(params), WAIT_S)
        self._put("actions.preview", body, Preview, answered, told, WAIT_S + MARGIN_S)

    def run(
        self, action: ActionInfo, params: Mapping[str, Any], answered: Answered, told: Told, late: Answered
    ) -> None:
        """Run it on all ranks: a RanksOutcome, or a Problem.

        Args:
            late: told in place of `answered` where this was closed meanwhile.
        """
        work = partial(_run_everywhere, action=action.name, params=dict(params))
        self._feed.on_ranks(self.ranks, work, partial(self._came, answered, late=late), partial(self._told, told))

    def undo(self, undos: Mapping[str, str | None], answered: Answered, told: Told) -> None:
        """Take it back on all ranks: receipts by rank, or a Problem."""
        work = partial(_undo_everywhere, undos=dict(undos))
        self._feed.on_ranks(self.ranks, work, partial(self._came, answered), partial(self._told, told))

    def _put(
        self, method: str, params: object, kind: type[Any], answered: Answered, told: Told | None, timeout_s: float
    ) -> None:
        jobs: list[int] = []

        def came(outcome: Outcome) -> None:
            self._jobs.discard(jobs[0])
            answered(read_answer(kind, outcome))

        def got_on(text: str, _ratio: float) -> None:
            if told is not None:
                told(text)

        jobs.append(self._asks.ask(self._target.key, method, params, came, timeout_s=timeout_s, progressed=got_on))
        self._jobs.add(jobs[0])

    def _came(self, answered: Answered, outcome: Outcome, late: Answered | None = None) -> None:
        listener = late if self._closed else answered
        if listener is not None:
            listener(outcome.error if outcome.error is not None else outcome.result)

    def _told(self, told: Told, text: str) -> None:
        if not self._closed:
            told(text)


def is_refusal(error: BaseException) -> bool:
    """The target answered, and does not want to; nothing is broken."""
    return not isinstance(error, RemoteError) or error.code != INTERNAL_ERROR


def split(problem: Problem) -> Problem:
    """An agent's sentence, with its way out apart."""
    what, way = parts_of(problem.what)
    return problem if not way else Problem(what, problem.next_step or way)


def parts_of(text: str) -> tuple[str, str]:
    """What happened, and the way out, which an agent puts after a semicolon or onto a second line."""
    what, _, way = text.partition("\n") if "\n" in text else text.partition("; ")
    return what, way


def _preview_everywhere(
    ranks: list[Rank], tell: Callable[[str], None], action: str, params: Mapping[str, Any]
) -> Preview:
    tell("asking every rank what would change")
    previews = preview_on_all(ranks, action, params, timeout_s=WAIT_S)
    reason = objection(previews, params)
    if reason is not None:
        raise Problem(reason)
    first = previews[0].preview
    assert first is not None  # else there is an objection
    return first


def _run_everywhere(ranks: list[Rank], tell: Callable[[str], None], action: str, params: Mapping[str, Any]) -> Any:
    return run_on_all(ranks, action, params, timeout_s=WAIT_S, tell=tell)


def _undo_everywhere(ranks: list[Rank], tell: Callable[[str], None], undos: Mapping[str, str | None]) -> Any:
    return undo_together(ranks, undos, timeout_s=WAIT_S, tell=tell)
