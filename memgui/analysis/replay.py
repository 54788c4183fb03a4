"""A recording through the detector, as if it were live: verdicts that at each time know only what was before."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from memgui.analysis.csv_table import STEP, TIME
from memgui.analysis.detector import Detector
from memgui.analysis.finding import Finding
from memgui.analysis.pyramid import Floats
from memgui.analysis.settings import DetectorSettings
from memgui.collect.limits import LastLimits


@dataclass(frozen=True)
class Replay:
    """What was said when.

    Attributes:
        alarms: from when to when there was an alarm; None for the end where it lasts.
        findings: what is said at the end, the most urgent first.
    """

    alarms: tuple[tuple[float, float | None], ...]
    findings: tuple[Finding, ...]

    @property
    def leak(self) -> Finding | None:
        """The finding that raises the alarm at the end; None where there is none."""
        return max((finding for finding in self.findings if finding.alarm), key=_rate, default=None)


class Listener:
    """Notes from when to when a detector rings."""

    def __init__(self, detector: Detector) -> None:
        self.detector = detector
        self._alarms: list[tuple[float, float | None]] = []
        self._began_s: float | None = None
        self._last_s = 0.0

    def note(self, t_s: float) -> None:
        """Call after each sample."""
        self._last_s = t_s
        if self.detector.rings and self._began_s is None:
            self._began_s = t_s
        elif not self.detector.rings and self._began_s is not None:
            self._alarms.append((self._began_s, t_s))
            self._began_s = None

    def heard(self) -> Replay:
        """What was said up to now."""
        findings = self.detector.findings
        # The rate is fitted up to now for whoever asks, and the last word on the alarm is by that.
        self.note(self._last_s)
        lasting = [(self._began_s, None)] if self._began_s is not None else []
        return Replay((*self._alarms, *lasting), findings)


def replay(table: Mapping[str, Floats], settings: DetectorSettings | None = None) -> Replay:
    """Run a table of columns through a detector, in order of time."""
    listener = Listener(Detector(settings))
    names = [name for name in table if name not in (TIME, STEP)]
    columns = [[None if value != value else value for value in table[name].tolist()] for name in names]
    step, limits = -1, LastLimits()
    for t_s, stepped, *values in zip(table[TIME].tolist(), table[STEP].tolist(), *columns, strict=True):
        if t_s != t_s:
            continue
        step = int(stepped) if math.isfinite(stepped) else step
        sample = dict(zip(names, values, strict=True))
        for where, limit in limits.take(sample).items():
            listener.detector.set_limit(limit.name, limit.limit_bytes, limit.headroom_bytes, device=where)
        listener.detector.add(t_s, step, sample)
        listener.note(t_s)
    return listener.heard()


def _rate(finding: Finding) -> float:
    return finding.rate_bytes_per_s
