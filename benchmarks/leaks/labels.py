"""The truth about a recording: computed from the program's ledger, and from what the process really took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Columns = Mapping[str, np.ndarray[Any, np.dtype[np.float64]]]

# What may be said of a kind of leak. Without a count of tensors a CPU's counters cannot tell what its heap holds.
_HEAP = ["native", "native or graph", "tensors, graph or native"]
ACCEPTED = {
    "tensor": ["tensor", "tensors"],
    "graph": ["graph", "tensor", "tensors", *_HEAP],
    "native": _HEAP,
    "python": ["python"],
    "shm": ["shm", "shared memory"],
    "workers": ["workers", "worker"],
    "fragmentation": ["fragmentation"],
    "gc": ["gc", "gc-deferred", "python", "tensor", "tensors"],
    "arenas": ["arenas", "fragmentation", *_HEAP],
    "pinned": ["pinned", "pinned pool", *_HEAP],
    "threads": ["threads", "python", *_HEAP],
}
STAIRCASE = ["staircase", "staircase per event"]
# Kinds of which the parts are tensors: with memgui's columns alone, on a CPU, they look like any other heap.
_TENSORS = ("tensor", "gc")


def accepted(kind: str, *, per_event: bool = False, tensors_counted: bool = True) -> list[str]:
    """The answers that are right."""
    names = list(ACCEPTED[kind])
    if per_event:
        names += STAIRCASE
    if not tensors_counted and kind in _TENSORS:
        names += ["graph", *_HEAP]
    return names


def label_of(
    family: str,
    columns: Columns,
    meta: Mapping[str, Any],
    steps: Sequence[tuple[float, float]],
    onset_s: float | None,
    grown_s: float | None,
) -> dict[str, Any]:
    """The label of one recording.

    Args:
        meta: what the program said of itself: `leaks`, `per_event`, `grows`.
        steps: (seconds, bytes in the ledger) after each step.
        onset_s: when the first byte was leaked.
        grown_s: when growth with a bound reached it; None where there was none.
    """
    times = np.array([time for time, _ in steps])
    ledger = np.array([count for _, count in steps])
    t = columns["t_seconds"]
    label: dict[str, Any] = {
        "leak": meta["leaks"] is not None, "family": family, "kind": meta["leaks"], "accept": [], "accept_memgui": [],
        "rate_bytes_per_s": 0.0, "bytes_per_step": 0.0, "onset_s": None, "growth_until_s": None,
        "t_first_step": float(times[0]), "length_s": float(t[-1]), "step_s": float(np.median(np.diff(times))),
        "steps": len(steps),
    }  # fmt: skip
    if not label["leak"]:
        # A bound that was not reached in time: it grew to the end.
        settled_s = label["length_s"] if meta.get("grows") else float(times[0]) + 5.0
        label["growth_until_s"] = grown_s if grown_s is not None else settled_s
        return label
    assert onset_s is not None
    since = times >= onset_s
    by_ledger = slope(times[since], ledger[since])
    inside = t >= onset_s + 2.0
    measured = steady_slope(t[inside], held(columns, meta["leaks"])[inside])
    label.update(
        accept=accepted(meta["leaks"], per_event=meta["per_event"]),
        accept_memgui=accepted(meta["leaks"], per_event=meta["per_event"], tensors_counted=False),
        onset_s=onset_s, ledger_rate=by_ledger, measured_rate=measured, rate_bytes_per_s=measured,
        rate_true_range=true_range(by_ledger, measured),
        bytes_per_step=measured * float(times[-1] - onset_s) / max(int(since.sum()), 1),
    )  # fmt: skip
    return label


def true_range(by_ledger: float, measured: float) -> list[float]:
    """The rates that are right: what the ledger says to what the process took.

    Where the two are far apart, the ledger leaves out what the interpreter or the heap adds, and only the measured
    rate counts, give or take what its own measurement is worth.
    """
    if 0.8 < by_ledger / max(measured, 1.0) < 1.25:
        return sorted([by_ledger, measured])
    return [0.95 * measured, 1.05 * measured]


def held(columns: Columns, kind: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """What processes hold, bytes: the part that a leak of this kind must show in.

    What the C heap keeps though it is free does not leak, unless that is what the program is about. Where the agent
    has told what is held at the end of a step, that is it.
    """
    if kind == "workers":
        return np.nan_to_num(columns["children_rss"])
    told = columns.get("host.held_bytes")
    if told is not None and kind != "arenas":
        return np.nan_to_num(told)
    taken = np.nan_to_num(columns["rss_anon"]) + np.nan_to_num(columns["shm"])
    kept = columns.get("host.heap_kept_bytes")
    return taken if kept is None or kind == "arenas" else taken - np.nan_to_num(kept)


def slope(t: np.ndarray[Any, np.dtype[np.float64]], y: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """Least squares, units of y per second; 0.0 where there are fewer than two points."""
    return float(np.polyfit(t - t[0], y, 1)[0]) if len(t) > 1 else 0.0


def steady_slope(t: np.ndarray[Any, np.dtype[np.float64]], y: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """The median slope of pairs of minima of seconds: an allocator that takes a large piece once is no leak.

    Source: P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", J. Am. Stat. Assoc. 63 (1968).
    """
    at = np.floor(t - t[0]).astype(int)
    seconds = np.unique(at)
    if len(seconds) < 3:
        return slope(t, y)
    low = np.array([y[at == second].min() for second in seconds])
    rise = low[None, :] - low[:, None]
    run = seconds[None, :] - seconds[:, None]
    return float(np.median(rise[run > 0] / run[run > 0]))
