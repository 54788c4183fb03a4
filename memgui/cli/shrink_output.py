"""Previews and receipts of shrinks as text for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from memgui.analysis.shrunk import Shrunk, shrunk
from memgui.analysis.wording import size
from memgui.protocol.payloads import Receipt
from memgui.protocol.shrinking import LayerChange, ShrinkPlan, Sizes, UndoInfo

_ROLES = ("parameters", "gradients", "state", "activations")
_TITLES = {"state": "optimizer state"}


def plan_lines(plan: ShrinkPlan) -> list[str]:
    """The layers with their bytes by role and the damage, sums, what is left out, backup, loss."""
    roles = [role for role in _ROLES if getattr(plan.before, role) or getattr(plan.after, role)]
    lines = [*_columns([_head(roles), *(_row(layer, roles) for layer in plan.layers)], len(roles))]
    if plan.layers:
        lines.append("")
    lines += sum_lines(plan.before, plan.after)
    for reason, count in Counter(one.reason for one in plan.left_out).items():
        names = [one.module for one in plan.left_out if one.reason == reason]
        shown = ", ".join(names[:4]) + (f" and {count - 4} more" if count > 4 else "")
        lines.append(f"left out: {shown}: {reason}")
    if plan.backup_bytes:
        free = "" if plan.backup_free_bytes is None else f", {size(plan.backup_free_bytes)} free there"
        lines.append(f"backup: {size(plan.backup_bytes)} to {plan.backup_dir}{free}")
    if plan.backups_left_bytes:
        lines.append(f"backups of ended processes there: {size(plan.backups_left_bytes)}")
    if plan.peak_bytes:
        free = "" if plan.free_bytes is None else f", {size(plan.free_bytes)} are free"
        lines.append(f"for a moment: {size(plan.peak_bytes)} more{free}")
    if plan.loss_before is not None and plan.loss_after is not None:
        lines.append(f"loss on the last batch, on a copy: {plan.loss_before:.4g} → {plan.loss_after:.4g}")
    elif plan.loss_note:
        lines.append(f"loss: {plan.loss_note}")
    return lines


def sum_lines(before: Sizes, after: Sizes) -> list[str]:
    """A line for each role, and one for all of it where there are several."""
    pairs = [(_TITLES.get(role, role), getattr(before, role) or 0, getattr(after, role) or 0) for role in _ROLES]
    shown = [pair for pair in pairs if pair[1] or pair[2]]
    if len(shown) > 1:
        shown.append(("total", before.total, after.total))
    return [f"{title:16} {size(was)} → {size(now)}" for title, was, now in shown]


def receipt_lines(receipt: Receipt) -> list[str]:
    """What a receipt of a shrink tells beyond the first line; nothing for other actions."""
    told = shrunk(receipt)
    if told is None:
        return []
    lines = sum_lines(told.before, told.after) if told.before is not None and told.after is not None else []
    before, after = receipt.before.get("host.rss_bytes"), receipt.after.get("host.rss_bytes")
    if before is not None and after is not None:
        lines.append(f"{'resident':16} {size(before)} → {size(after)}")
    for name in receipt.before:
        if name.endswith(".allocated_bytes") and name in receipt.after:
            lines.append(f"{name.rsplit('.', 1)[0]:16} {size(receipt.before[name])} → {size(receipt.after[name])}")
    lines += _loss_lines(told)
    if told.backup is not None:
        lines.append(f"{'backup':16} {size(told.backup_bytes or 0)} in {told.backup}")
    return lines


def undo_lines(undos: Sequence[UndoInfo]) -> list[str]:
    """What can be taken back."""
    rows = [["undo id", "action", "step", "backup"]] if undos else []
    rows += [
        [one.undo, one.action, str(one.step), f"{size(one.backup_bytes)} in {one.backup}" if one.backup else "none"]
        for one in undos
    ]
    return [*_columns(rows, 0)] or ["nothing can be taken back"]


def _loss_lines(told: Shrunk) -> Iterator[str]:
    if told.loss_before is None:
        return
    if told.losses:
        yield f"{'loss':16} {told.loss_before:.4g} → {' '.join(f'{loss:.4g}' for loss in told.losses)}"
    else:
        yield f"{'loss':16} {told.loss_before:.4g} before"


def _head(roles: Sequence[str]) -> list[str]:
    return ["layer", *(_TITLES.get(role, role) for role in roles), "damage", "change"]


def _row(layer: LayerChange, roles: Sequence[str]) -> list[str]:
    cells = [f"{size(getattr(layer.before, role) or 0)} → {size(getattr(layer.after, role) or 0)}" for role in roles]
    return [layer.module, *cells, "–" if layer.damage is None else f"{layer.damage:.1%}", layer.text]


def _columns(rows: Sequence[Sequence[str]], numbers: int) -> Iterator[str]:
    """Aligned by hand: a table that folds at the terminal's width would be no use to who reads a pipe.

    Args:
        numbers: so many columns after the first, and the one after them, stand on the right.
    """
    if len(rows) < 2:
        return
    wide = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.rjust(wide[at]) if numbers and 1 <= at <= numbers + 1 else cell.ljust(wide[at])
            for at, cell in enumerate(row)
        ]
        yield "  ".join(cells).rstrip()
