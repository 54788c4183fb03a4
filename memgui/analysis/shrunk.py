"""What the receipt of a run that changed the model tells beyond the counters; read leniently, since agents differ."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from memgui.protocol.payloads import Receipt
from memgui.protocol.shrinking import Sizes
from memgui.protocol.wire import WireError, from_wire


@dataclass(frozen=True)
class Shrunk:
    """One run, as far as its receipt tells.

    Attributes:
        before, after: bytes by role of what it touched.
        backup, backup_bytes: where what was lost can be had back from.
        loss_before: of the last step before it; losses: of the steps after it.
        settled_steps: so many steps later `settled` was measured; None until then.
        settled: metrics at that time.
        step_before_s, step_after_s: time of a step before it, and over the steps after it.
        undo_of: the run that this one took back; guard: why the loss guard did it, None where somebody asked for it.
    """

    before: Sizes | None = None
    after: Sizes | None = None
    backup: str | None = None
    backup_bytes: int | None = None
    loss_before: float | None = None
    losses: tuple[float, ...] = ()
    settled_steps: int | None = None
    settled: Mapping[str, float] | None = None
    step_before_s: float | None = None
    step_after_s: float | None = None
    undo_of: str | None = None
    guard: str | None = None

    @property
    def loss_after(self) -> float | None:
        """The last loss that was seen."""
        return self.losses[-1] if self.losses else None


def shrunk(receipt: Receipt) -> Shrunk | None:
    """What the receipt tells of a shrink or of taking one back; None for other actions."""
    details = receipt.details
    before, after = _sizes(details.get("roles_before")), _sizes(details.get("roles_after"))
    undo_of = _text(details.get("undone"))
    if before is None and undo_of is None and "backup" not in details:
        return None
    settled = details.get("settled")
    later: Mapping[str, Any] = settled if isinstance(settled, Mapping) else {}
    measured = later.get("after")
    losses = later.get("losses", details.get("losses"))
    return Shrunk(
        before=before,
        after=after,
        backup=_text(details.get("backup")),
        backup_bytes=_whole(details.get("backup_bytes")),
        loss_before=_number(details.get("loss_before", later.get("loss_before"))),
        losses=tuple(x for x in map(_number, losses) if x is not None) if isinstance(losses, list | tuple) else (),
        settled_steps=_whole(later.get("steps")),
        settled=_metrics(measured) if isinstance(measured, Mapping) else None,
        step_before_s=_number(later.get("step_before_s", details.get("step_before_s"))),
        step_after_s=_number(later.get("step_after_s", details.get("step_after_s"))),
        undo_of=undo_of,
        guard=_text(details.get("guard")),
    )


def _sizes(told: object) -> Sizes | None:
    try:
        return from_wire(Sizes, told) if told is not None else None
    except WireError:
        return None


def _metrics(told: Mapping[Any, Any]) -> dict[str, float]:
    read = {str(name): _number(value) for name, value in told.items()}
    return {name: value for name, value in read.items() if value is not None}


def _number(told: object) -> float | None:
    if isinstance(told, bool) or not isinstance(told, int | float):
        return None
    return float(told) if math.isfinite(told) else None


def _whole(told: object) -> int | None:
    number = _number(told)
    return None if number is None else int(number)


def _text(told: object) -> str | None:
    return told if isinstance(told, str) and told else None
