"""memgui's detector on a trace, sample by sample."""

from __future__ import annotations

import math

from verdict import Columns, Verdict

from memgui.analysis.csv_table import STEP, TIME, known_names
from memgui.analysis.detector import Detector
from memgui.analysis.finding import RESOLVED


def judge(columns: Columns) -> Verdict:
    """What it says at the end, when it said "leak", and when first that something grows.

    The same as `memgui analyze`, which tells no first sign of growth.
    """
    table = known_names(dict(columns))
    names = [name for name in table if name not in (TIME, STEP)]
    detector = Detector()
    spans: list[tuple[float, float | None]] = []
    growing_s = None
    for t_s, step, *values in zip(*(table[name].tolist() for name in (TIME, STEP, *names))):
        detector.add(t_s, int(step), {name: None if math.isnan(v) else v for name, v in zip(names, values)})
        if growing_s is None and any(finding.state != RESOLVED for finding in detector.findings):
            growing_s = t_s
        rang = bool(spans) and spans[-1][1] is None
        if detector.rings and not rang:
            spans.append((t_s, None))
        elif rang and not detector.rings:
            spans[-1] = (spans[-1][0], t_s)
    leaks = [finding for finding in detector.findings if finding.alarm]
    if not leaks:
        return Verdict(leak=False, spans=tuple(spans), growing_s=growing_s)
    worst = max(leaks, key=lambda finding: finding.rate_bytes_per_s)
    return Verdict(
        leak=True, kind=worst.kind, metric=worst.metric, rate=worst.rate_bytes_per_s, low=worst.rate_low,
        high=worst.rate_high, spans=tuple(spans), growing_s=growing_s,
    )  # fmt: skip
