"""What `actions.meet` carries: the ranks of a run make one change together, each standing still at the same step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, Optional

ORDERS = ("count", "stand", "change", "keep", "drop")


@dataclass(frozen=True)
class MeetParams:
    """`actions.meet`: an order to the run that was begun with the same `meeting`.

    Attributes:
        order: "count" the steps at the next boundary; "stand" still at one; make the "change", which can still be taken
            back; "keep" it, or "drop" everything.
        at: with "stand", the first boundary where so many steps by `Met.counted_by` are done.
        reason: with "drop", why, for the receipt.
    """

    meeting: str
    order: str
    at: Optional[int] = None
    reason: Optional[str] = None


@dataclass(frozen=True)
class Met:
    """Answer to `actions.meet`: at once for "keep" and "drop", else when the run has got there or has ended.

    Attributes:
        state: "coming", "counted", "standing", "changed" or "ended"; how it ended is told by its receipt.
        count: steps that are done, by a count that means the same on all ranks; None before they were counted.
        t_s: monotonic time at that boundary.
        counted_by: what counts them, in words. Only counts by the same can be compared.
        place: the directory in which ranks that meet find what was decided; equal where they share it.
        decided: what must be the same on all ranks that hold the module, as a fingerprint by module.
    """

    state: str
    count: Optional[int] = None
    t_s: Optional[float] = None
    counted_by: Optional[str] = None
    place: Optional[str] = None
    decided: Dict[str, str] = field(default_factory=dict)
