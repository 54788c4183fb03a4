"""memgui's detector on a trace, sample by sample."""

from __future__ import annotations

import math

from columns import CENSUS, DEVICE, MEMGUI
from verdict import Array, Columns, Verdict

from memgui.analysis.detector import Detector
from memgui.analysis.finding import RESOLVED


def judge(columns: Columns) -> Verdict:
    """What it says at the end, and when it said "leak"."""
    named = memgui_names(columns)
    detector = Detector()
    spans: list[tuple[float, float | None]] = []
    growing_s = None
    names = list(named)
    rows = zip(*(named[name].tolist() for name in names))
    for t_s, step, values in zip(columns["t_seconds"].tolist(), columns["step"].tolist(), rows):
        detector.add(t_s, int(step), {name: None if math.isnan(v) else v for name, v in zip(names, values)})
        findings = detector.findings
        if growing_s is None and any(finding.state != RESOLVED for finding in findings):
            growing_s = t_s
        rings, rang = any(finding.alarm for finding in findings), bool(spans) and spans[-1][1] is None
        if rings and not rang:
            spans.append((t_s, None))
        elif rang and not rings:
            spans[-1] = (spans[-1][0], t_s)
    leaks = [finding for finding in detector.findings if finding.alarm]
    if not leaks:
        return Verdict(leak=False, spans=tuple(spans), growing_s=growing_s)
    worst = max(leaks, key=lambda finding: finding.rate_bytes_per_s)
    return Verdict(
        leak=True, kind=worst.kind, metric=worst.metric, rate=worst.rate_bytes_per_s, low=worst.rate_low,
        high=worst.rate_high, spans=tuple(spans), growing_s=growing_s,
    )  # fmt: skip


def memgui_names(columns: Columns) -> dict[str, Array]:
    """The metrics of a trace by memgui's names; those that have none are left as they are."""
    names = MEMGUI | (DEVICE if "torch_reserved" in columns else CENSUS)
    return {names.get(name, name): values for name, values in columns.items() if name not in ("t_seconds", "step")}
