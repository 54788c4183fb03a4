"""Events as the charts show them: which ones, their colour, their words. Pure functions, any thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from memgui.protocol.metrics import device_of
from memgui.ui import format as fmt
from memgui.ui.i18n import translate
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.store.events import MarkedEvent

# Book-keeping between agent and viewer: true, and of no interest on a chart.
_SILENT = frozenset({"metrics", "actions", "settled"})


@dataclass(frozen=True)
class ReceiptMark:
    """What an action changed, for the line across the charts.

    Attributes:
        on_device: the change is in accelerator memory, so its text belongs to that chart.
    """

    x: float
    text: str
    freed: bool
    on_device: bool


def is_shown(event: MarkedEvent) -> bool:
    """False for what only keeps the two ends in step, and for what another event tells already."""
    return event.kind not in _SILENT and event.data.get("by") != "watch"


def label_of(event: MarkedEvent) -> str:
    """A word or two beside the diamond."""
    if event.kind == "receipt":
        action = str(event.data.get("action", "")).replace("_", " ")
        return action or event.text
    if event.kind == "watch":
        return translate("marks", "watch on") if event.data.get("on") else translate("marks", "watch off")
    if event.kind == "survivors":
        return translate("marks", "explained")
    return event.text or event.kind


def colour_of(event: MarkedEvent, theme: Theme) -> str:
    """Grey for marks, their own colours for evaluations and checkpoints, green for what an action did."""
    if event.kind == "receipt":
        return theme.good if event.data.get("outcome", "done") == "done" else theme.warn
    if event.kind == "probe":
        return theme.warn
    if event.kind == "exit":
        return theme.bad
    word = event.text.lower()
    if word.startswith(("eval", "valid", "test")):
        return theme.series["parameters"]
    if "checkpoint" in word or word.startswith(("save", "ckpt")):
        return theme.series["optimizer"]
    return theme.muted


def hover_of(event: MarkedEvent) -> str:
    """Everything that is known of an event, a line each."""
    where = fmt.clock(event.t_s) + (f" · step {fmt.count(event.step)}" if event.step >= 0 else "")
    lines = [f"<b>{label_of(event)}</b>", where]
    if event.kind == "receipt":
        data = event.data
        outcome = str(data.get("outcome", "done"))
        freed = _number(data, "freed_bytes")
        lines.append(outcome.replace("_", " ") + (f", {change_text(freed)}" if freed else ""))
        cost = _number(data, "cost_ms")
        if cost is not None:
            lines.append(f"training stood still for {fmt.duration(cost / 1000)}")
        if data.get("reason"):
            lines.append(str(data["reason"]))
    elif event.text and event.text != label_of(event):
        lines.append(event.text)
    return "<br>".join(lines)


def change_text(freed_bytes: float) -> str:
    """Freed memory as the change that it is: "−420 MiB"."""
    return fmt.size_change(-freed_bytes)


def receipt_mark(event: MarkedEvent, x: float) -> ReceiptMark | None:
    """The line of a receipt that changed memory; None for other events, and where nothing worth a line changed."""
    if event.kind != "receipt" or event.data.get("outcome", "done") != "done":
        return None
    freed = _number(event.data, "freed_bytes")
    if freed is None or abs(freed) < 64 * 1024:
        return None
    return ReceiptMark(x, change_text(freed), freed > 0, _is_on_device(event.data))


def _is_on_device(data: Mapping[str, Any]) -> bool:
    before, after = data.get("before"), data.get("after")
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return "device" in str(data.get("action", ""))
    change = {True: 0.0, False: 0.0}
    for name, value in before.items():
        if name in after:
            side = device_of(str(name)) is not None
            change[side] = max(change[side], abs(float(after[name]) - float(value)))
    return change[True] > change[False]


def _number(data: Mapping[str, Any], name: str) -> float | None:
    value = data.get(name)
    return float(value) if isinstance(value, (int, float)) else None
