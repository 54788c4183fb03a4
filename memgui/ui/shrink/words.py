"""Previews and receipts of shrinks in words: pairs of a title and a value. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from memgui.analysis.shrunk import Shrunk
from memgui.protocol.metrics import device_of
from memgui.protocol.payloads import Preview, Receipt
from memgui.protocol.shrinking import ShrinkPlan
from memgui.ui import format as fmt
from memgui.ui.i18n import translate

_LONG_PAUSE_MS = 1000.0
# A loss that rises by more than this share is told in another tone.
_WORSE = 1.1
_DEVICE_METRICS = (".allocated_bytes", ".process_used_bytes", ".reserved_bytes")


@dataclass(frozen=True)
class Fact:
    """A line; tone is a colour's role."""

    title: str
    text: str
    tone: str = ""
    tip: str = ""


def loss(value: float) -> str:
    """Four significant figures, as people compare losses."""
    return f"{value:.4g}".replace("-", fmt.MINUS)


def gain(preview: Preview) -> str:
    """ "Would free 256 MiB of 512 MiB (50 %)"."""
    freed = preview.would_free_bytes
    plan = preview.plan
    if freed is None and plan is not None and plan.layers:
        freed = plan.before.total - plan.after.total
    if freed is None:
        return translate("shrink", "What it frees is known after the run")
    if freed <= 0:
        return translate("shrink", "Would free nothing")
    if plan is None or not plan.before.total:
        return translate("shrink", "Would free {size}").format(size=fmt.size(freed))
    return translate("shrink", "Would free {size} of {whole} ({share})").format(
        size=fmt.size(freed), whole=fmt.size(plan.before.total), share=fmt.ratio(freed / plan.before.total)
    )


def facts(preview: Preview, plan: ShrinkPlan) -> list[Fact]:
    """Pause, backup and loss."""
    made = [_pause(preview.pause_ms), _backup(plan)]
    made += [told for told in (_peak(plan), _loss(plan)) if told is not None]
    made += [Fact("", change) for change in preview.changes] if not plan.layers else []
    return made


def _pause(pause_ms: float | None) -> Fact:
    title = translate("shrink", "Pause")
    if pause_ms is None:
        return Fact(title, translate("shrink", "not known beforehand"))
    about = translate("shrink", "about {time}, between two steps").format(time=fmt.duration(pause_ms / 1e3))
    return Fact(title, about, "warn" if pause_ms > _LONG_PAUSE_MS else "")


def _backup(plan: ShrinkPlan) -> Fact:
    title = translate("shrink", "Backup")
    if not plan.backup_bytes:
        return Fact(title, translate("shrink", "none is needed: nothing is lost"))
    text = fmt.size(plan.backup_bytes)
    if plan.backup_dir:
        text = translate("shrink", "{size} to {place}").format(size=text, place=plan.backup_dir)
    free = plan.backup_free_bytes
    if free is None:
        return Fact(title, text, tip=plan.backup_dir or "")
    text += " · " + translate("shrink", "{size} free there").format(size=fmt.size(free))
    if plan.backups_left_bytes:
        left = fmt.size(plan.backups_left_bytes)
        text += " · " + translate("shrink", "{size} of ended processes").format(size=left)
    return Fact(title, text, "bad" if free < plan.backup_bytes else "", plan.backup_dir or "")


def _peak(plan: ShrinkPlan) -> Fact | None:
    if not plan.peak_bytes:
        return None
    text = translate("shrink", "{size} more for a moment").format(size=fmt.size(plan.peak_bytes))
    if plan.free_bytes is not None:
        text += " · " + translate("shrink", "{size} free").format(size=fmt.size(plan.free_bytes))
    return Fact(translate("shrink", "Memory"), text)


def _loss(plan: ShrinkPlan) -> Fact | None:
    title = translate("shrink", "Loss")
    if plan.loss_before is not None and plan.loss_after is not None:
        text = translate("shrink", "{before} → {after} on the last batch, on a copy").format(
            before=loss(plan.loss_before), after=loss(plan.loss_after)
        )
        worse = plan.loss_after > max(plan.loss_before * _WORSE, plan.loss_before)
        return Fact(title, text, "warn" if worse else "good")
    if plan.loss_note:
        return Fact(title, translate("shrink", "not computed: {reason}").format(reason=plan.loss_note))
    return None


def receipt_facts(receipt: Receipt, told: Shrunk) -> list[Fact]:
    """Everything that a receipt tells beside the bytes by role."""
    made = _memory(receipt, told)
    if receipt.cost_ms is not None:
        made.append(Fact(translate("shrink", "Pause"), fmt.duration(receipt.cost_ms / 1e3)))
    made += _losses(told)
    if told.step_before_s is not None and told.step_after_s is not None:
        text = f"{fmt.duration(told.step_before_s)} → {fmt.duration(told.step_after_s)}"
        made.append(Fact(translate("shrink", "Step time"), text))
    if told.backup is not None:
        size = f"{fmt.size(told.backup_bytes)} · " if told.backup_bytes else ""
        made.append(Fact(translate("shrink", "Backup"), f"{size}{told.backup}", tip=told.backup))
    return made


def _memory(receipt: Receipt, told: Shrunk) -> list[Fact]:
    """Resident memory, and each device's; the last figure is some steps later."""
    made = []
    for name, before in receipt.before.items():
        after = receipt.after.get(name)
        device = device_of(name)
        if after is None or not (name == "host.rss_bytes" or (device and name.endswith(_DEVICE_METRICS[0]))):
            continue
        title = translate("shrink", "Resident") if device is None else f"{device[0]}:{device[1]}"
        sizes = [before, after]
        tip = translate("shrink", "before and right after the run")
        later = told.settled.get(name) if told.settled is not None else None
        if later is not None and told.settled_steps:
            sizes.append(later)
            tip = translate("shrink", "before, right after, and {n} steps later").format(n=told.settled_steps)
        last = later if later is not None else after
        made.append(Fact(title, _in_one_unit(sizes), "good" if last < before else "", tip))
    return made


def _in_one_unit(sizes: Sequence[float]) -> str:
    """ "8.38 → 5.77 → 5.49 GiB"."""
    unit, scale = fmt.unit_of(max(sizes))
    *first, last = (fmt.size_in(size, unit, scale) for size in sizes)
    return " → ".join([*(text.split("\u00a0")[0] for text in first), last])


def _losses(told: Shrunk) -> Sequence[Fact]:
    if told.loss_before is None:
        return ()
    title = translate("shrink", "Loss")
    if not told.losses:
        before = translate("shrink", "{loss} before; the next steps are awaited").format(loss=loss(told.loss_before))
        return (Fact(title, before),)
    text = translate("shrink", "{before} → {first}, {n} steps later {last}").format(
        before=loss(told.loss_before),
        first=loss(told.losses[0]),
        n=fmt.count(len(told.losses)),
        last=loss(told.losses[-1]),
    )
    return (Fact(title, text, "warn" if told.losses[-1] > told.loss_before * _WORSE else ""),)
