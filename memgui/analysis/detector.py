"""The rule «steady growth»: memory that rises from step to step and does not come back. Streaming, single-threaded.

An interface behind which a better rule can stand: samples in, findings out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from memgui.analysis.blocks import Blocks
from memgui.analysis.finding import CONFIRMED, GROWING, PROBABLE, RESOLVED, Finding
from memgui.analysis.forecast import time_to_limit
from memgui.analysis.growth import SURE_WINDOW_S, Growth, find_growth, slope
from memgui.analysis.settings import DetectorSettings
from memgui.analysis.wording import describe

WARM_UP_STEPS = 20
# Attaching itself takes a few MB, and so does the first look of a profiler; the first seconds are left out.
WARM_UP_S = 2.0
_HOST = "host.anon_bytes"
_WORKERS = "children.anon_bytes"
_DEVICE = re.compile(r"(?!host|pinned)\w+\.\d+\.allocated_bytes\Z")
_WITNESSES = ("host.heap_used_bytes", "host.heap_kept_bytes", "host.shmem_bytes", "python.blocks_count")
# Steps that have not advanced for this long: evaluation, a checkpoint, or a standstill. Nothing is judged meanwhile.
_STANDSTILL_S = 15.0


@dataclass
class _Track:
    """What is kept of one metric that is judged."""

    blocks: Blocks
    passes: int = 0
    misses: int = 0
    finding: Finding | None = None


class Detector:
    """Judges anonymous and shared memory, the workers' memory, and each device's allocated memory."""

    def __init__(self, settings: DetectorSettings | None = None) -> None:
        self._settings = settings or DetectorSettings()
        self._tracks: dict[str, _Track] = {}
        self._witnesses: dict[str, Blocks] = {}
        self._first: tuple[float, int] | None = None
        self._warm = False
        self._last_step = -1
        self._stepped_at = 0.0
        self._limits: dict[str, tuple[str, float, float]] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is to be said at present: alarms first, then by the time to the limit."""
        found = [track.finding for track in self._tracks.values() if track.finding is not None]
        return tuple(sorted(found, key=_urgency))

    def set_limit(self, name: str, limit_bytes: float, headroom_bytes: float, *, device: str | None = None) -> None:
        """Tell what binds: host memory, or a device such as "cuda.0"."""
        self._limits[device or "host"] = (name, limit_bytes, headroom_bytes)

    def mark(self, t_s: float, step: int, text: str) -> None:
        """Something happened, such as "checkpoint": what is left after each of its kind is compared."""

    def take_diagnosis(self, t_s: float, step: int, freed_bytes: Mapping[str, float], cause: str | None = None) -> None:
        """Take in what the ladder freed: raises or lowers the verdicts on what it is about.

        Args:
            freed_bytes: by rung: "gc", "device_cache", "pinned_cache", "trim"; one that did not run is absent.
            cause: the cause that it names, in its words; None where it names none.
        """

    def take_survivors(
        self,
        t_s: float,
        step: int,
        per_step: float,
        bytes_per_step: float,
        *,
        device: str = "cpu",
        has_graph: bool = False,
    ) -> None:
        """Take in a census of tensors that outlive their step.

        Args:
            per_step, bytes_per_step: how many more, and how many bytes more, survive with each step; 0 where none do.
            device: where they are: "cpu", "cuda.0".
            has_graph: they hold an autograd graph.
        """

    def add(self, t_s: float, step: int, values: Mapping[str, float | None]) -> None:
        """Take in one sample, times ascending; None and absent values are gaps."""
        if not self._is_warm(t_s, step) or self._stands_still(t_s, step):
            return
        for name in _WITNESSES:
            value = values.get(name)
            if value is not None:
                self._witnesses.setdefault(name, Blocks()).add(t_s, step, value)
        for name, value in _judged(values):
            track = self._tracks.get(name)
            if track is None:
                track = self._tracks[name] = _Track(Blocks())
            if track.blocks.add(t_s, step, value):
                self._judge(name, track)

    def _is_warm(self, t_s: float, step: int) -> bool:
        if step < 0:
            return False
        if self._first is None:
            self._first = (t_s, step)
        began, at = self._first
        # Attached in the middle of a run, the steps before count as its warm-up.
        self._warm = self._warm or (
            t_s >= began + WARM_UP_S and step >= min(at + WARM_UP_STEPS, max(at, WARM_UP_STEPS))
        )
        return self._warm

    def _stands_still(self, t_s: float, step: int) -> bool:
        if step != self._last_step:
            self._last_step, self._stepped_at = step, t_s
        return t_s - self._stepped_at > _STANDSTILL_S

    def _judge(self, name: str, track: _Track) -> None:
        growth = find_growth(*track.blocks.arrays())
        if growth is None:
            track.passes = 0
            track.misses += 1
            # Two looks in a row, so that one odd block ends no finding.
            if track.finding is not None and track.misses >= 2:
                resolved = track.finding.state in (PROBABLE, CONFIRMED, RESOLVED)
                track.finding = replace(track.finding, state=RESOLVED, alarm=False) if resolved else None
            return
        track.passes, track.misses = track.passes + 1, 0
        track.finding = self._finding(name, growth, sure=track.passes >= 2 and growth.seconds >= SURE_WINDOW_S)

    def _finding(self, name: str, growth: Growth, *, sure: bool) -> Finding:
        shares = self._shares(growth) if name == _HOST else {}
        witnessed = max(shares.get("host.heap_used_bytes", 0.0), shares.get("host.shmem_bytes", 0.0)) > 0.6
        state = GROWING if not sure else CONFIRMED if witnessed else PROBABLE
        device = name.rsplit(".", 1)[0] if _DEVICE.match(name) else "host"
        limit = self._limits.get(device)
        eta = time_to_limit(limit[2], growth.rate, growth.rate_low, growth.rate_high) if limit else None
        alarm = sure and (eta is None or eta[0] <= self._settings.horizon_s)
        words = describe(name, growth, shares, state, limit[0] if limit else None, eta[0] if eta else None)
        return Finding(
            "steady-growth", name, words.kind, state, alarm, words.title, words.sentence,
            min(0.3 + 0.1 * (growth.rising - 5) + min(growth.seconds, 60.0) / 150.0 + 0.1 * witnessed, 0.99),
            growth.rate, growth.rate_low, growth.rate_high,
            growth.per_step, growth.step_low, growth.step_high,
            growth.since_step, growth.since_s, growth.until_s, growth.level,
            limit[0] if limit else None, limit[1] if limit else None,
            eta[0] if eta else None, eta[1] if eta else None, eta[2] if eta else None,
            words.evidence, words.advice, words.action,
        )  # fmt: skip

    def _shares(self, growth: Growth) -> dict[str, float]:
        """What each witness rose by over the same time, as a share of the growth (blocks: per block, not a share)."""
        shares = {}
        for name, blocks in self._witnesses.items():
            t, _, low = blocks.arrays()
            inside = t >= growth.since_s
            if inside.sum() >= 4:
                shares[name] = slope(t[inside], low[inside]) / growth.rate
        return shares


def _judged(values: Mapping[str, float | None]) -> list[tuple[str, float]]:
    judged = []
    anon = values.get(_HOST)
    if anon is not None:
        # What is swapped out is still held; tensors of workers are shared memory of the parent.
        judged.append((_HOST, anon + (values.get("host.shmem_bytes") or 0.0) + (values.get("host.swap_bytes") or 0.0)))
    for name, value in values.items():
        if value is not None and (name == _WORKERS or _DEVICE.match(name)):
            judged.append((name, value))
    return judged


def _urgency(finding: Finding) -> tuple[bool, bool, float]:
    eta = finding.eta_s if finding.eta_s is not None else float("inf")
    return (not finding.alarm, finding.state == RESOLVED, eta)
