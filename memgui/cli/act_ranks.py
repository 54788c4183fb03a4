"""`memgui act` on several ranks: after the same step on all of them, or on none."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import click

from memgui.cli.act import find_action, parse_parameters
from memgui.cli.act_output import STATUS, done_lines, preview_document, preview_lines, receipt_document
from memgui.cli.live import Live
from memgui.cli.output import print_json
from memgui.link.ranks import Rank, RanksOutcome, objection, preview_on_all, run_on_all, undo_together
from memgui.protocol.errors import BadInput, Refused


def act_on_ranks(
    targets: Sequence[tuple[int, str]],
    action: str,
    parameters: tuple[str, ...],
    *,
    preview: bool,
    wait_s: float,
    as_json: bool,
) -> int:
    """Preview or run an action on all; the exit status.

    Args:
        targets: pid of each rank and what to call it.

    Raises:
        Refused: a preview for people to which a rank objects.
    """
    with ExitStack() as stack:
        lives = [stack.enter_context(Live(pid)) for pid, _ in targets]
        ranks = []
        chosen: dict[str, Any] = {}
        for live, (_, name) in zip(lives, targets, strict=True):
            live.wait_for_agent()
            chosen = parse_parameters(find_action(live.target.actions, action), parameters)
            ranks.append(Rank(live.hub, live.target.key, name))
        if preview:
            return _preview(ranks, action, chosen, wait_s=wait_s, as_json=as_json)
        outcome = run_on_all(ranks, action, chosen, timeout_s=wait_s, tell=_say if not as_json else _say_nothing)
    if as_json:
        print_json(document(action, outcome))
    else:
        _tell(action, outcome)
    return STATUS.get(outcome.outcome, 1)


def undo_on_ranks(targets: Sequence[tuple[int, str]], undo: str, *, wait_s: float, as_json: bool) -> int:
    """Take a run back on every rank that did it together, after the same step; the exit status.

    Args:
        undo: id at one of the ranks; at the others the run that was made together with it is meant.

    Raises:
        BadInput: none of the ranks knows the id.
    """
    with ExitStack() as stack:
        lives = [stack.enter_context(Live(pid)) for pid, _ in targets]
        for live in lives:
            live.wait_for_agent()
        every = [info for live in lives for info in live.target.undos]
        meant = next((info for info in every if info.undo == undo), None)
        if meant is None:
            raise BadInput(f"no rank can take back {undo}", "see what each can: memgui act TARGET --undos")
        ranks, undos = [], {}
        for live, (_, name) in zip(lives, targets, strict=True):
            for info in live.target.undos:
                if info is meant or (info.meeting is not None and info.meeting == meant.meeting):
                    ranks.append(Rank(live.hub, live.target.key, name))
                    undos[name] = info.undo
        receipts = undo_together(ranks, undos, timeout_s=wait_s, tell=_say if not as_json else _say_nothing)
    failed = next((one for one in receipts.values() if one.outcome != "done"), None)
    if as_json:
        outcome = "done" if failed is None else failed.outcome
        print_json({"action": "undo", "outcome": outcome,
                    "ranks": {name: receipt_document(one) for name, one in receipts.items()}})  # fmt: skip
    else:
        for name, one in receipts.items():
            click.echo(f"{name}:")
            for line in done_lines(one) if one.outcome == "done" else [f"{one.outcome}: {one.reason}"]:
                click.echo(f"    {line}")
    return 0 if failed is None else STATUS.get(failed.outcome, 1)


def document(action: str, outcome: RanksOutcome) -> dict[str, Any]:
    """The JSON document of a run on all ranks."""
    return {
        "action": action,
        "outcome": outcome.outcome,
        "reason": outcome.reason,
        "at_step": outcome.at_step,
        "count": outcome.count,
        "counted_by": outcome.counted_by,
        "ranks": {name: receipt_document(receipt) for name, receipt in outcome.receipts.items()},
    }


def _preview(ranks: list[Rank], action: str, chosen: dict[str, Any], *, wait_s: float, as_json: bool) -> int:
    previews = preview_on_all(ranks, action, chosen, timeout_s=wait_s)
    reason = objection(previews, chosen)
    if as_json:
        answers = {
            one.name: {"reason": one.reason, **(preview_document(one.preview) if one.preview is not None else {})}
            for one in previews
        }
        print_json({"action": action, "reason": reason, "ranks": answers})
        return 0 if reason is None else STATUS["refused"]
    for one in previews:
        click.echo(f"{one.name}:")
        for line in preview_lines(one.preview) if one.preview is not None else []:
            click.echo(f"    {line}" if line else "")
    if reason is not None:
        raise Refused(reason, "as long as one rank objects, none is changed")
    return 0


def _tell(action: str, outcome: RanksOutcome) -> None:
    if outcome.outcome != "done":
        click.echo(f"{action}: {outcome.outcome.replace('_', ' ')}: {outcome.reason}", err=True)
        return
    for name, receipt in outcome.receipts.items():
        click.echo(f"{name}:")
        for line in done_lines(receipt):
            click.echo(f"    {line}")


def _say(text: str) -> None:
    click.echo(f"{text}…", err=True)


def _say_nothing(_text: str) -> None:
    """JSON is for programs."""
