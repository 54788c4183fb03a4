"""Samples in, findings out: what grows from step to step and does not come back. Streaming, single-threaded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from memgui.analysis.events import Marks, Staircase
from memgui.analysis.evidence import Diagnosis, Evidence, Survivors
from memgui.analysis.finding import Finding
from memgui.analysis.growth import Growth, slope
from memgui.analysis.patience import has_lasted
from memgui.analysis.pyramid import LEAD, Pyramid
from memgui.analysis.settings import DetectorSettings
from memgui.analysis.signals import (
    BATCHES,
    HEAP,
    HEAP_KEPT,
    HELD,
    HOST,
    PARTS,
    Held,
    device_of,
    is_judged,
    plainness,
    series_of,
    subject_of,
    value_of,
)
from memgui.analysis.telling import Limit, tell
from memgui.analysis.track import Track, since

WARM_UP_STEPS = 20
# Attaching itself takes a few MB, and so does the first look of a profiler; the first seconds are left out.
WARM_UP_S = 2.0
# Where steps take long, fewer of them: each may take as much of what arrives at first.
LONG_STEPS, LONG_S = 5, 10.0
# Where nobody knows how much is free, no less than this share of the limit is taken to be.
_FREE_AT_LEAST = 0.25
# What is held is told rather than all that is taken, unless it is less than this share of it.
_MINOR = 0.2


class Detector:
    """Judges host memory, the workers' memory, and each device's allocated and reserved memory."""

    def __init__(self, settings: DetectorSettings | None = None) -> None:
        self._settings = settings or DetectorSettings()
        self._pyramid = Pyramid()
        self._tracks: dict[str, Track] = {}
        # Columns of batches, and the largest batch so far.
        self._records: list[int] = []
        self._record: dict[int, float] = {}
        self._names: frozenset[str] = frozenset()
        self._alarms: dict[str, float] = {}
        # Sure to grow, but seen for too short a time for an alarm.
        self._waiting: set[str] = set()
        self._told: dict[str, Finding | None] = {}
        self._evidence = Evidence()
        self._marks = Marks()
        self._limits: dict[str, Limit] = {}
        self._first: tuple[float, int] | None = None
        self._warm = False
        self._last_s = 0.0
        self._held = Held()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is to be said at present: alarms first, then by the time to the limit."""
        for name, track in self._tracks.items():
            if name not in self._told:
                self._told[name] = self._finding(track)
        said = [found for name, found in self._told.items() if found is not None and not self._is_echo(name)]
        return tuple(sorted(said, key=_urgency))

    @property
    def rings(self) -> bool:
        """There is an alarm; costs nothing."""
        return bool(self._alarms)

    @property
    def state_bytes(self) -> int:
        """What the history of all series takes."""
        return sum(level.table.nbytes for level in self._pyramid.levels)

    def set_limit(self, name: str, limit_bytes: float, headroom_bytes: float, *, device: str | None = None) -> None:
        """Tell what binds: host memory, or a device such as "cuda.0"."""
        self._limits[device or "host"] = Limit(name, limit_bytes, headroom_bytes)

    def mark(self, t_s: float, step: int, text: str) -> None:
        """Something happened, such as "checkpoint": what is left after each of its kind is compared."""
        self._marks.add(t_s, text)

    def take_diagnosis(self, t_s: float, step: int, freed_bytes: Mapping[str, float], cause: str | None = None) -> None:
        """Take in what the ladder freed: raises or lowers the verdicts on what it is about.

        Args:
            freed_bytes: by rung: "gc", "device_cache", "pinned_cache", "trim"; one that did not run is absent.
            cause: the cause that it names, in its words; None where it names none.
        """
        self._evidence.diagnosis = Diagnosis(t_s, step, dict(freed_bytes), cause)
        self._told.clear()

    def take_survivors(
        self,
        t_s: float,
        step: int,
        per_step: float,
        bytes_per_step: float,
        *,
        device: str = "cpu",
        has_graph: bool = False,
        born: str | None = None,
        expected_bytes_per_step: float = 0.0,
    ) -> None:
        """Take in a census of tensors that outlive their step.

        Args:
            per_step, bytes_per_step: how many more, and how many bytes more, survive with each step; 0 where none do.
            device: where they are: "cpu", "cuda.0".
            has_graph: they hold an autograd graph.
            born: `file:line` that made most of them.
            expected_bytes_per_step: bytes more of what the script has declared as expected.
        """
        known = self._evidence.survivors.get(device)
        if born is None and per_step > 0 and known is not None:
            # Whoever counts again need not record lines.
            born = known.born
        self._evidence.survivors[device] = Survivors(
            t_s, step, per_step, bytes_per_step, device, has_graph, born, expected_bytes_per_step
        )
        self._told.clear()

    def add(self, t_s: float, step: int, values: Mapping[str, float | None]) -> None:
        """Take in one sample; None and absent values are gaps, and what is older than the last sample is left out."""
        if not math.isfinite(t_s) or not self._is_warm(t_s, step) or t_s <= self._last_s:
            return
        self._last_s = t_s
        if not self._names.issuperset(values):
            self._meet(values)
        row = [value_of(name, values) for name in self._pyramid.names]
        if HELD in self._tracks:
            row[self._tracks[HELD].column] = self._held.take(t_s, values)
        for at in self._records:
            # A comparison with NaN is false, so that a record stays where a value is missing.
            if row[at] > self._record.get(at, -math.inf):
                self._record[at] = row[at]
            row[at] = self._record.get(at, math.nan)
        if self._pyramid.add(t_s, step, row):
            assert self._first is not None
            for track in self._tracks.values():
                if track.look(self._pyramid, t_s - self._first[0]):
                    self._weigh(track)

    def _meet(self, values: Mapping[str, float | None]) -> None:
        self._names |= frozenset(values)
        for name in series_of(self._names):
            if name not in self._pyramid.names and len(self._pyramid.names) < self._settings.most_series:
                column = self._pyramid.name(name)
                if name in BATCHES:
                    self._records.append(column)
                elif is_judged(name):
                    at_ends = name in (HEAP, HELD) and HELD in self._names
                    self._tracks[name] = Track(name, column, self._records, at_ends=at_ends)

    def _is_warm(self, t_s: float, step: int) -> bool:
        if step < 0:
            return False
        if self._first is None:
            self._first = (t_s, step)
            self._last_s = t_s
        began, at = self._first
        # Attached in the middle of a run, the steps before count as its warm-up.
        steps = WARM_UP_STEPS if t_s < began + LONG_S else LONG_STEPS
        self._warm = self._warm or (t_s >= began + WARM_UP_S and step >= min(at + steps, max(at, steps)))
        return self._warm

    def _weigh(self, track: Track) -> None:
        """Keep what the alarm depends on; the words are made when somebody asks."""
        self._told.pop(track.name, None)
        self._waiting.discard(track.name)
        growth = track.growth
        # A rate whose interval holds 0 is no reason to alarm anybody.
        if growth is not None and track.is_sure and growth.rate_low > 0:
            limit = self._limit(track.name, growth)
            if limit.headroom_bytes <= growth.rate * self._settings.horizon_s:
                if track.name in self._alarms:
                    return
                kept = self._share(track, growth, HEAP_KEPT) if track.name == HOST else 0.0
                if has_lasted(track, self._tracks, self._pyramid, limit.headroom_bytes, kept=kept):
                    self._alarms[track.name] = self._last_s
                    return
                self._waiting.add(track.name)
        self._alarms.pop(track.name, None)

    def _finding(self, track: Track) -> Finding | None:
        track.refit(self._pyramid)
        self._weigh(track)
        growth = track.growth
        if growth is None:
            return None
        metric = track.name
        shares = self._shares(track, growth)
        judgement = self._evidence.judge(metric, growth, shares, track.began_s)
        kept = 0.0
        if metric == HELD:
            # A person sees it on the curve of the host's memory, which lies higher by what the heap keeps.
            metric, growth = HOST, replace(growth, level=growth.level + self._latest(HEAP_KEPT))
            kept = max(0.0, shares.get(HEAP_KEPT, 0.0)) * growth.rate * (growth.until_s - growth.since_s)
        elif metric in PARTS and HOST in self._names:
            metric, growth = HOST, replace(growth, level=growth.level + self._latest(HOST) - self._latest(metric))
        found = tell(
            metric,
            growth,
            judgement,
            shares,
            is_sure=track.is_sure and track.name not in self._waiting,
            has_stopped=track.has_stopped,
            rings_since=self._rings_since(track.name),
            limit=self._limit(track.name, growth),
            stairs=self._staircase(track, growth),
        )
        return replace(found, kept_bytes=kept)

    def _is_minor(self, name: str) -> bool:
        """Nearly all of what the host's memory grows by is free, and the rest is not worth telling beside it."""
        held, taken = (self._tracks[one].growth if one in self._tracks else None for one in (name, HOST))
        return name == HELD and held is not None and taken is not None and held.rate < _MINOR * taken.rate

    def _rings_since(self, name: str) -> float | None:
        """Since when anything about the same does, where this one does."""
        if name not in self._alarms:
            return None
        return min(since_s for other, since_s in self._alarms.items() if subject_of(other) == subject_of(name))

    def _latest(self, name: str) -> float:
        level = self._pyramid.levels[0]
        value = float(level.table[level.count - 1, LEAD + self._pyramid.names.index(name)])
        return value if value == value else 0.0

    def _is_echo(self, name: str) -> bool:
        """What it is about is told by the series that shows it best of those that ring, or of all where none does."""

        def rank(other: str) -> tuple[bool, bool, bool, int]:
            return other not in self._alarms, self._tracks[other].has_stopped, self._is_minor(other), plainness(other)

        subject = subject_of(name)
        same = (other for other, found in self._told.items() if found is not None and subject_of(other) == subject)
        return name != min(same, key=rank)

    def _limit(self, metric: str, growth: Growth) -> Limit:
        device = device_of(metric) or "host"
        known = self._limits.get(device)
        if known is not None:
            return known
        limit = self._settings.host_limit_bytes if device == "host" else self._settings.device_limit_bytes
        free = max(limit - growth.level, _FREE_AT_LEAST * limit)
        return Limit("machine" if device == "host" else "device", limit, free)

    def _shares(self, track: Track, growth: Growth) -> dict[str, float]:
        """What each other series rose by over the same time, per byte of the growth; a part is all of its own."""
        others = (name for name in self._pyramid.names if name != track.name or name in PARTS)
        return {name: self._share(track, growth, name) for name in others}

    def _share(self, track: Track, growth: Growth, name: str) -> float:
        if name not in self._pyramid.names:
            return 0.0
        column = self._pyramid.names.index(name)
        t, _, low = since(self._pyramid, column, growth.since_s)
        return slope(t, low) / growth.rate if len(t) >= 6 and growth.rate > 0 else 0.0

    def _staircase(self, track: Track, growth: Growth) -> Staircase | None:
        if not track.is_sure:
            return None
        # Events may be too close for the level that sees all of the growth; a finer one sees the last of them.
        for level in reversed(self._pyramid.levels):
            table = level.table[: level.count]
            low = table[:, LEAD + track.column]
            inside = (table[:, 0] >= growth.since_s) & ~np.isnan(low)
            floor = np.minimum.accumulate(low[inside][::-1])[::-1]
            found = self._marks.staircase(table[inside, 0], floor) if len(floor) >= 20 else None
            if found is not None:
                return found
        return None


def _urgency(finding: Finding) -> tuple[bool, bool, float]:
    eta = finding.eta_s if finding.eta_s is not None else float("inf")
    return (not finding.alarm, finding.state == "resolved", eta)
