"""memgui's detector on a trace, sample by sample."""

from __future__ import annotations

import math

import numpy as np
from verdict import Columns, Verdict

from memgui.analysis.detector import Detector
from memgui.analysis.finding import RESOLVED

_LIMIT_BYTES = 24e9
# Short names as memgui calls the same; others are handed over as they are.
_OURS = {
    "rss": "host.rss_bytes", "shm": "host.shmem_bytes", "rss_anon": "host.anon_bytes", "uss": "host.uss_bytes",
    "children_rss": "children.rss_bytes", "n_children": "children.processes_count",
    "n_threads": "host.threads_count", "py_blocks": "python.blocks_count",
}  # fmt: skip
_DEVICE = {"torch_allocated": "cuda.0.allocated_bytes", "torch_reserved": "cuda.0.reserved_bytes"}


def judge(columns: Columns) -> Verdict:
    """What it says at the end, and when it said "leak"."""
    named = _named(columns)
    detector = Detector()
    detector.set_limit("machine", _LIMIT_BYTES, _LIMIT_BYTES)
    spans: list[tuple[float, float | None]] = []
    growing_s = None
    names = list(named)
    times, steps = columns["t_seconds"].tolist(), columns["step"].tolist()
    for t_s, step, values in zip(times, steps, zip(*(named[name].tolist() for name in names))):
        detector.add(t_s, int(step), {name: None if math.isnan(v) else v for name, v in zip(names, values)})
        findings = detector.findings
        if growing_s is None and any(finding.state != RESOLVED for finding in findings):
            growing_s = t_s
        alarm = any(finding.alarm for finding in findings)
        if alarm and (not spans or spans[-1][1] is not None):
            spans.append((t_s, None))
        elif not alarm and spans and spans[-1][1] is None:
            spans[-1] = (spans[-1][0], t_s)
    last = next((finding for finding in detector.findings if finding.alarm), None)
    if last is None:
        return Verdict(leak=False, spans=tuple(spans), growing_s=growing_s)
    return Verdict(
        leak=True, kind=last.kind, metric=last.metric, rate=last.rate_bytes_per_s, low=last.rate_low,
        high=last.rate_high, spans=tuple(spans), growing_s=growing_s,
    )  # fmt: skip


def _named(columns: Columns) -> dict[str, np.ndarray]:
    names = dict(_OURS)
    if "torch_reserved" in columns:
        names |= _DEVICE
    return {names.get(name, name): values for name, values in columns.items() if name not in ("t_seconds", "step")}
