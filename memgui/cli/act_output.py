"""How `memgui act` tells what it was answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from memgui.analysis.wording import size
from memgui.cli.output import print_json
from memgui.cli.shrink_output import plan_lines, receipt_lines, undo_lines
from memgui.protocol.errors import Refused
from memgui.protocol.payloads import ActionInfo, Preview, Receipt
from memgui.protocol.shrinking import UndoInfo
from memgui.protocol.wire import to_wire

STATUS = {"done": 0, "failed": 1, "refused": 4, "timed_out": 4, "disconnected": 3}
_RECEIPT = (
    "action", "outcome", "reason", "step", "before", "after", "freed_bytes", "cost_ms", "undo", "id", "details"
)  # fmt: skip


def tell_actions(actions: tuple[ActionInfo, ...], undos: tuple[UndoInfo, ...], *, as_json: bool) -> None:
    """What the target offers, and what it can take back."""
    if as_json:
        print_json([to_wire(info) for info in actions])
        return
    for info in actions:
        expected = "run to see" if info.yield_bytes is None else f"≈ {size(info.yield_bytes)}"
        click.echo(f"{info.name:24}{info.title:32}{info.unavailable or expected}")
    if undos:
        click.echo("")
        tell_undos(undos, as_json=False)


def tell_undos(undos: tuple[UndoInfo, ...], *, as_json: bool) -> None:
    """What can be taken back, by `--undo`."""
    if as_json:
        print_json([to_wire(undo) for undo in undos])
        return
    for line in undo_lines(undos):
        click.echo(line)


def preview_document(preview: Preview) -> dict[str, Any]:
    """The JSON document of a preview."""
    document = {name: getattr(preview, name) for name in ("action", "would_free_bytes", "pause_ms", "unavailable")}
    document["changes"] = list(preview.changes)
    document["plan"] = None if preview.plan is None else to_wire(preview.plan)
    return document


def preview_lines(preview: Preview) -> list[str]:
    """A preview for people."""
    lines = plan_lines(preview.plan) if preview.plan is not None else list(preview.changes)
    if preview.would_free_bytes is not None:
        lines.append(f"would free about {size(preview.would_free_bytes)}")
    if preview.pause_ms is not None:
        lines.append(f"training would pause for about {preview.pause_ms:.0f} ms")
    return lines


def tell_preview(preview: Preview, *, as_json: bool) -> None:
    """What would change.

    Raises:
        Refused: it cannot be run, and the answer is for people.
    """
    if as_json:
        print_json(preview_document(preview))
        return
    for line in preview_lines(preview):
        click.echo(line)
    if preview.unavailable:
        raise Refused(preview.unavailable)


def receipt_document(receipt: Receipt) -> dict[str, Any]:
    """The JSON document of a receipt."""
    return {name: getattr(receipt, name) for name in _RECEIPT}


def ladder_lines(details: Mapping[str, Any]) -> list[str]:
    """The rungs of `diagnose` and the cause they name; nothing for other actions."""
    rungs = details.get("rungs")
    if not isinstance(rungs, list):
        return []
    lines = []
    for rung in rungs:
        if "skipped" in rung:
            lines.append(f"    {rung['rung']:20} left out: {rung['skipped']}")
        else:
            freed, cost = size(rung.get("freed_bytes", 0)), rung.get("cost_ms", 0.0)
            lines.append(f"    {rung['rung']:20} freed {freed:>9} in {cost:.1f} ms")
    lines.append(f"    → {details.get('cause_text') or 'no cause named: ' + str(details.get('incomplete', ''))}")
    return lines


def tell_receipt(receipt: Receipt, *, as_json: bool) -> int:
    """How a run ended; the exit status."""
    if as_json:
        print_json(receipt_document(receipt))
    elif receipt.outcome == "done":
        for line in done_lines(receipt):
            click.echo(line)
    else:
        click.echo(f"{receipt.action}: {receipt.outcome.replace('_', ' ')}: {receipt.reason}", err=True)
    return STATUS.get(receipt.outcome, 1)


def done_lines(receipt: Receipt) -> list[str]:
    """A receipt of what was done, for people."""
    freed = "" if receipt.freed_bytes is None else f", freed {size(receipt.freed_bytes)}"
    cost = "" if receipt.cost_ms is None else f" in {receipt.cost_ms:.1f} ms"
    lines = [f"{receipt.action}: done at step {receipt.step}{cost}{freed}"]
    lines += [*ladder_lines(receipt.details), *effect_lines(receipt), *receipt_lines(receipt)]
    if receipt.undo:
        lines.append(f"take it back with: --undo {receipt.undo}")
    return lines


def effect_lines(receipt: Receipt) -> list[str]:
    """What a change of a pool did, as far as it was told."""
    details = receipt.details
    lines = [str(details["change"])] if "change" in details else []
    before, after = details.get("step_before_s"), details.get("step_after_s")
    if isinstance(before, (int, float)) and isinstance(after, (int, float)):
        lines.append(f"step time {before * 1e3:.1f} → {after * 1e3:.1f} ms over {details.get('steps', 0)} steps")
    return lines
