"""One action on every rank of a run: previewed on all, run at the same step by all, or by none. Any thread; waits.

What changes the model goes by a meeting (`memgui.link.meeting`): all stand still at the same step of the training. What
only frees memory needs no such care: it is asked for a step of the agents' own counts, which lie close together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from memgui import __version__
from memgui.link.actions import MARGIN_S, Requests, preview_of, receipt_of, sentence
from memgui.link.meeting import meet
from memgui.protocol.errors import Problem
from memgui.protocol.payloads import Hello, HelloParams, Preview, PreviewParams, Receipt, RunParams, UndoParams
from memgui.protocol.shrinking import LayerChange
from memgui.protocol.version import PROTOCOL_VERSION
from memgui.protocol.wire import WireError, from_wire

# Steps between asking and doing: what the fastest rank takes in this time, and a few for slow ones.
_LEAD_S = 1.0
_LEAD_STEPS = 3
_HELLO_S = 10.0
_NO_GUARD = (
    "a loss guard sees the loss of its own rank, and would take the change back on that one alone; leave the guard "
    "off, and take it back on all ranks by hand where the loss stays high"
)

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Rank:
    """One rank and the way to it; `name` is for people, such as "rank 3"."""

    hub: Requests
    key: str
    name: str


@dataclass(frozen=True)
class RankPreview:
    """What a run would change on a rank, or why it cannot be run there."""

    name: str
    preview: Preview | None = None
    reason: str | None = None


@dataclass(frozen=True)
class RanksOutcome:
    """How a run on all ranks ended.

    Attributes:
        outcome: "done" on all, else the outcome of the first rank that was in the way; then none keeps a change,
            unless `reason` says so.
        at_step: the step after which they ran, as the first rank's agent counts; None where it did not come to that.
        receipts: by rank, of those that were asked to run.
        count, counted_by: the same moment by a count that all ranks share, and by which; for changes of the model.
    """

    outcome: str
    reason: str | None = None
    at_step: int | None = None
    receipts: Mapping[str, Receipt] = field(default_factory=dict)
    count: int | None = None
    counted_by: str | None = None


def preview_on_all(
    ranks: Sequence[Rank], action: str, params: Mapping[str, Any], *, timeout_s: float
) -> list[RankPreview]:
    """Ask every rank at once; nothing is changed by it."""
    body = PreviewParams(action, dict(params), timeout_s)
    asked = [rank.hub.request(rank.key, "actions.preview", body, timeout_s=timeout_s + MARGIN_S) for rank in ranks]
    return [_preview(rank, future) for rank, future in zip(ranks, asked, strict=True)]


def run_on_all(
    ranks: Sequence[Rank],
    action: str,
    params: Mapping[str, Any],
    *,
    timeout_s: float = 30.0,
    tell: Tell = lambda _text: None,
) -> RanksOutcome:
    """Run an action on every rank after the same step, or on none.

    Args:
        timeout_s: how long a rank may wait for a step boundary, for the preview and again for the run.
        tell: is told what is being waited for.
    """
    try:
        before = _steps(ranks)
        tell("asking every rank what would change")
        previews = preview_on_all(ranks, action, params, timeout_s=timeout_s)
        reason = objection(previews, params)
        if reason is not None:
            return RanksOutcome("refused", f"{reason}; no rank was changed")
        if any(_layers(one) for one in previews):
            return _changed(ranks, action, params, timeout_s, tell)
        at_step = _agree(before, _steps(ranks))
    except Problem as error:
        return RanksOutcome("refused", f"{sentence(error)}; no rank was changed")
    tell(f"waiting for step {at_step} on every rank")
    body = RunParams(action, dict(params), "safe_point", timeout_s, at_step)
    asked = [rank.hub.request(rank.key, "actions.run", body, timeout_s=timeout_s + MARGIN_S) for rank in ranks]
    receipts = {rank.name: receipt_of(future, action) for rank, future in zip(ranks, asked, strict=True)}
    for name, receipt in receipts.items():
        if receipt.outcome != "done":
            return RanksOutcome(receipt.outcome, f"{name}: {receipt.reason or receipt.outcome}", at_step, receipts)
    return RanksOutcome("done", None, at_step, receipts)


def undo_together(
    ranks: Sequence[Rank], undos: Mapping[str, str | None], *, timeout_s: float = 30.0, tell: Tell = lambda _text: None
) -> dict[str, Receipt]:
    """Take back, after the same step on every rank or on none, the run whose id stands under the rank's name.

    Returns:
        Receipts by the ranks' names; ranks without an id are left alone.

    Raises:
        Problem: a rank has an agent that is too old for it; none was asked.
    """

    def begin(rank: Rank, meeting: str, wait_s: float) -> Future[Any]:
        body = UndoParams(undos[rank.name] or "", timeout_s, meeting=meeting)
        return rank.hub.request(rank.key, "actions.undo", body, timeout_s=wait_s)

    members = [rank for rank in ranks if undos.get(rank.name) is not None]
    return dict(meet(members, begin, timeout_s=timeout_s, tell=tell).receipts)


def _changed(
    ranks: Sequence[Rank], action: str, params: Mapping[str, Any], timeout_s: float, tell: Tell
) -> RanksOutcome:
    def begin(rank: Rank, meeting: str, wait_s: float) -> Future[Any]:
        body = RunParams(action, dict(params), timeout_s=timeout_s, meeting=meeting)
        return rank.hub.request(rank.key, "actions.run", body, timeout_s=wait_s)

    ended = meet(ranks, begin, timeout_s=timeout_s, tell=tell)
    first = next(iter(ended.receipts.values()))
    at_step = first.step if ended.outcome == "done" else None
    return RanksOutcome(ended.outcome, ended.reason, at_step, ended.receipts, ended.count, ended.counted_by)


def objection(previews: Sequence[RankPreview], params: Mapping[str, Any]) -> str | None:
    """Why a run should not be begun on these ranks; None where all agree."""
    for one in previews:
        if one.reason is not None:
            return f"{one.name}: {one.reason}"
    if any(_layers(one) for one in previews) and float(params.get("guard_ratio") or 0.0) > 0:
        return _NO_GUARD
    first = previews[0]
    for other in previews[1:]:
        layer = _differing(_layers(first), _layers(other))
        if layer is not None:
            return (
                f"{other.name} would change {layer} in another way than {first.name}, so they would no longer fit "
                "together; choose a criterion that depends on what all ranks share, such as the weights"
            )
    return None


def _layers(one: RankPreview) -> tuple[LayerChange, ...]:
    plan = one.preview.plan if one.preview is not None else None
    return plan.layers if plan is not None else ()


def _differing(one: Sequence[LayerChange], other: Sequence[LayerChange]) -> str | None:
    """A layer that both hold and would change differently; ranks of a pipeline hold different ones."""
    ours = {layer.module: layer for layer in one}
    for layer in other:
        mine = ours.get(layer.module)
        if mine is not None and mine.before == layer.before and mine.after != layer.after:
            return layer.module
    return None


def _preview(rank: Rank, future: Future[Any]) -> RankPreview:
    try:
        preview = preview_of(future)
    except Problem as error:
        return RankPreview(rank.name, None, sentence(error))
    return RankPreview(rank.name, preview, preview.unavailable)


def _steps(ranks: Sequence[Rank]) -> list[Hello]:
    """Where each rank is, at once.

    Raises:
        Problem: a rank does not answer, or has not stepped yet.
    """
    body = HelloParams(PROTOCOL_VERSION, f"memgui {__version__}")
    asked = [rank.hub.request(rank.key, "hello", body, timeout_s=_HELLO_S) for rank in ranks]
    hellos = []
    for rank, future in zip(ranks, asked, strict=True):
        try:
            hello = from_wire(Hello, future.result())
        except Problem as error:
            raise Problem(f"{rank.name}: {error.what}", error.next_step) from error
        except WireError as error:
            raise Problem(f"{rank.name}: the agent's answer cannot be read: {error}") from error
        if hello.step is None:
            raise Problem(f"{rank.name}: no optimizer step was seen there yet", "wait until every rank trains")
        hellos.append(hello)
    return hellos


def _agree(before: Sequence[Hello], now: Sequence[Hello]) -> int:
    """A step that no rank has reached, by how fast they went since."""
    fastest = max(
        ((b.step or 0) - (a.step or 0)) / max(1e-3, b.monotonic_s - a.monotonic_s)
        for a, b in zip(before, now, strict=True)
    )
    return max(hello.step or 0 for hello in now) + _LEAD_STEPS + math.ceil(fastest * _LEAD_S)
