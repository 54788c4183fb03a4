"""What a detector says of a trace, and which series of a trace can leak: shared by the rules and the scorer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]
Columns = Mapping[str, Array]


@dataclass(frozen=True)
class Verdict:
    """The answer at the end of what was given.

    Attributes:
        spans: when it said "leak", in seconds of the trace; None as the end: still does. Empty for a rule that only
            judges what it is given; the scorer then asks it again and again.
        growing_s: when it first said that something grows, if it says so apart from "leak".
    """

    leak: bool
    kind: str | None = None
    metric: str | None = None
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    spans: tuple[tuple[float, float | None], ...] = ()
    growing_s: float | None = None


QUIET = Verdict(leak=False)


def series(columns: Columns) -> dict[str, tuple[str, Array]]:
    """The series that a leak shows in, by name, each with the kind a rule that knows no kinds would say.

    Takes short names and memgui's. Only from the first step on.
    """
    inside = columns["step"] >= 0
    anon = _either(columns, "rss_anon", "host.anon_bytes")
    if anon is None:
        anon = _either(columns, "rss", "host.rss_bytes")
    shared = _either(columns, "shm", "host.shmem_bytes")
    found: dict[str, tuple[str, Array]] = {}
    if anon is not None:
        found["host"] = ("native", anon + (0.0 if shared is None else shared))
    kids = _either(columns, "children_rss", "children.anon_bytes")
    if kids is not None and kids.max(initial=0.0) > 0:
        found["workers"] = ("workers", kids)
    reserved = _either(columns, "torch_reserved", "cuda.0.reserved_bytes")
    allocated = _either(columns, "torch_allocated", "cuda.0.allocated_bytes")
    if reserved is not None and allocated is not None:
        found["device"] = ("tensor", allocated)
        found["reserved"] = ("fragmentation", reserved)
    return {name: (kind, values[inside]) for name, (kind, values) in found.items()}


def _either(columns: Columns, short: str, ours: str) -> Array | None:
    values = columns.get(ours, columns.get(short))
    return None if values is None else np.nan_to_num(values)
