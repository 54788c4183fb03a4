"""Targets from a recording, for a window that shows them as it shows live ones. On any one thread."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from memgui.analysis.finding import Finding
from memgui.analysis.settings import DetectorSettings
from memgui.collect.facts import ProcessFacts
from memgui.collect.observer import EndReason
from memgui.link.batch import ENDED, FOLLOWED, REPLAYED, Batch
from memgui.link.target import LiveTarget
from memgui.protocol.payloads import Hello
from memgui.store.events import MarkedEvent
from memgui.store.opening import Recorded, open_recorded
from memgui.store.outline import Outline
from memgui.store.recorded import RecordedTimeline
from memgui.store.replay import RecordedTarget
from memgui.store.replayed import ReplayedTimeline
from memgui.store.timeline import Row

# A verdict of today's rules is known for every so many rows.
_PORTION_ROWS = 50
# What the rules said is kept at so many moments; between two of them it stands still.
_MOMENTS = 2000
_QUIET_KINDS = ("metrics", "actions", "probe")
_Kind = TypeVar("_Kind")


@dataclass(frozen=True)
class Told:
    """A finding as it was told while the recording was made."""

    t_s: float
    finding: Finding


class ReplayedTarget(LiveTarget):
    """A process of a recording, to be looked at as it was at any moment.

    Attributes:
        told: what was found while it was recorded, oldest first.
    """

    timeline: ReplayedTimeline

    def __init__(
        self,
        key: str,
        path: Path,
        settings: DetectorSettings | None = None,
        timeline: ReplayedTimeline | None = None,
    ) -> None:
        super().__init__(key, settings)
        self.path = path
        self.recording = path.name
        self.timeline = timeline if timeline is not None else ReplayedTimeline()
        self.told: tuple[Told, ...] = ()
        self._past: list[tuple[float, tuple[Finding, ...]]] = []
        self._past_s: list[float] = []
        self._end_state = ENDED

    @property
    def moment_s(self) -> float | None:
        """The moment that is looked at, Unix seconds; None for the end of the recording."""
        return self.timeline.until_s

    @property
    def span_s(self) -> tuple[float, float] | None:
        """First and last moment; None where nothing was recorded."""
        first, last = self.timeline.first_t, self.timeline.whole_last_t
        return None if first is None or last is None else (first, last)

    def look_at(self, t_s: float | None) -> None:
        """Go to a moment; None, and what is at or behind the last one, for the end."""
        span = self.span_s
        if span is None:
            return
        if t_s is not None:
            t_s = None if t_s >= span[1] else max(t_s, span[0])
        self.timeline.read_until(t_s)
        self.state = self._end_state if t_s is None else REPLAYED

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What today's rules say at the moment that is looked at, the most urgent first."""
        moment = math.inf if self.moment_s is None else self.moment_s
        at = bisect_right(self._past_s, moment) - 1
        return self._past[at][1] if at >= 0 else ()

    @property
    def told_by_now(self) -> tuple[Told, ...]:
        """What had been told by the moment that is looked at: the last word on each metric, oldest first."""
        until = self.moment_s
        last = {(one.finding.rule, one.finding.metric): one for one in self.told if until is None or one.t_s <= until}
        return tuple(sorted(last.values(), key=lambda one: one.t_s))

    def moments(self) -> tuple[float, ...]:
        """Where something happened: marks, receipts, what was told, what today's rules began to say."""
        log, until = self.timeline.events, self.moment_s
        self.timeline.read_until(None)
        found = {event.t_s for event in log if event.kind not in _QUIET_KINDS}
        self.timeline.read_until(until)
        found.update(one.t_s for one in self.told)
        known: set[tuple[str, str, str]] = set()
        for t_s, findings in self._past:
            now = {(one.rule, one.metric, one.state) for one in findings}
            if now - known:
                found.add(t_s)
            known |= now
        return tuple(sorted(found))

    def apply(self, batch: Batch) -> None:
        """Take in what was read; where an earlier moment is looked at, that stays as it is."""
        until = self.moment_s
        if until is not None:
            self.timeline.read_until(None)
        super().apply(batch)
        if not isinstance(self.timeline, RecordedTimeline):
            self._keep_findings(self.timeline.whole_last_t, self._judge.findings)
        if batch.state is not None:
            self._end_state = batch.state
        if until is not None:
            self.look_at(until)

    def show(self, outline: Outline) -> None:
        """Take in what was read of its file, where that is read as it is looked at."""
        assert isinstance(self.timeline, RecordedTimeline)
        until = self.moment_s
        self.timeline.show(outline)
        self.timeline.read_until(None)
        self._note_limits({name: self.timeline.latest(name) for name in self.timeline.names})
        self.look_at(until)

    def take_findings(self, said: Iterable[tuple[float, tuple[Finding, ...]]]) -> None:
        """Take in what today's rules said at moments that are later than those known."""
        for t_s, findings in said:
            self._keep_findings(t_s, findings)

    def _keep_findings(self, last: float | None, findings: tuple[Finding, ...]) -> None:
        if last is None or (self._past and self._past[-1][1] == findings):
            return
        if len(self._past) >= _MOMENTS:
            # What changes a verdict stays; of what only refines one, every second.
            self._past = [
                one
                for at, one in enumerate(self._past)
                if at % 2 == 0 or _states(one[1]) != _states(self._past[at - 1][1])
            ][-_MOMENTS:]
        self._past.append((last, findings))
        self._past_s = [t_s for t_s, _ in self._past]


def load(
    path: Path,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[ReplayedTarget]:
    """Every process of a recording or a black box, with its history, its events, and what today's rules find in it.

    Args:
        progress: told the share done, now and then.
        cancelled: asked now and then; what was read so far is returned.

    Raises:
        BadInput: the file is no recording, or it is damaged.
    """
    with open_recorded(path) as recording:
        recorded = [target for target in recording.targets if target.rows]
        total = max(1, sum(target.rows for target in recorded))
        done, said = 0, -1
        targets = []
        for one in recorded:
            target = ReplayedTarget(key_of(one, path), path)
            target.apply(Batch(target.key, hello=part_of(Hello, one.facts), facts=part_of(ProcessFacts, one.facts)))
            for batch in _batches(recording, one, target.key, None):
                if cancelled is not None and cancelled():
                    break
                target.apply(batch)
                done += len(batch.rows) + len(batch.history)
                if progress is not None and 100 * done // total != said:
                    said = 100 * done // total
                    progress(done / total)
            target.told = told_in(recording, one)
            target.apply(state_of(recording, one, path))
            targets.append(target)
        return targets


@dataclass(frozen=True)
class News:
    """What has come into a recording since it was looked at; `told` replaces what was known."""

    batches: tuple[Batch, ...]
    told: Mapping[str, tuple[Told, ...]]
    is_growing: bool


def look_again(path: Path, after_s: Mapping[str, float]) -> News:
    """Read what was written later than the moments that are known, by the targets' keys.

    Raises:
        BadInput: the file is gone, or it is damaged.
    """
    with open_recorded(path) as recording:
        batches: list[Batch] = []
        told = {}
        for one in recording.targets:
            key = key_of(one, path)
            if key not in after_s:
                continue
            batches += _batches(recording, one, key, after_s[key])
            batches.append(state_of(recording, one, path))
            told[key] = told_in(recording, one)
        return News(tuple(batches), told, recording.is_growing)


def key_of(one: RecordedTarget, path: Path) -> str:
    """The key of a recorded target in this program: several files may hold the same process."""
    return f"{one.key}@{path}"


def _batches(recording: Recorded, one: RecordedTarget, key: str, after_s: float | None) -> Iterator[Batch]:
    """Rows and events by portions: the judge takes what happened before the samples that followed it."""
    events: deque[MarkedEvent] = deque(
        event for event in recording.events(one) if after_s is None or event.t_s > after_s - 1.0
    )
    for rows in _portions(recording.rows(one, after_s)):
        due = [events.popleft() for _ in range(sum(event.t_s <= rows[-1].t_s for event in events))]
        if due:
            yield Batch(key, events=tuple(due))
        yield _batch(key, rows)
    if events:
        yield Batch(key, events=tuple(events))


def _batch(key: str, rows: tuple[Row, ...]) -> Batch:
    """Summaries go in as history; both kinds come in order of time."""
    if any(row.low is not None for row in rows):
        return Batch(key, history=rows)
    return Batch(key, rows=rows)


def _portions(rows: Iterable[Row]) -> Iterator[tuple[Row, ...]]:
    """Some hundred rows at a time, all of one kind."""
    source = iter(rows)
    while portion := list(islice(source, _PORTION_ROWS)):
        start = 0
        for at in range(1, len(portion) + 1):
            if at == len(portion) or (portion[at].low is None) != (portion[start].low is None):
                yield tuple(portion[start:at])
                start = at


def told_in(recording: Recorded, one: RecordedTarget) -> tuple[Told, ...]:
    """What was found while it was recorded."""
    made = ((t_s, part_of(Finding, finding)) for t_s, finding in recording.findings(one))
    return tuple(Told(t_s, finding) for t_s, finding in made if finding is not None)


def state_of(recording: Recorded, one: RecordedTarget, path: Path) -> Batch:
    """How it ended, or that it is still written."""
    end = part_of(EndReason, one.facts.get("end"))
    key = key_of(one, path)
    if end is None and recording.is_growing:
        return Batch(key, state=FOLLOWED, state_text=f"{path.name} is still being written")
    text = end.text if end is not None else f"still ran when {path.name} ends"
    return Batch(key, state=ENDED, state_text=text, end=end)


def _states(findings: tuple[Finding, ...]) -> set[tuple[str, str, str]]:
    return {(one.rule, one.metric, one.state) for one in findings}


def part_of(kind: type[_Kind], facts: Mapping[str, Any] | Any) -> _Kind | None:
    """What the facts hold of a dataclass; None where they lack a part of it, as for a target without an agent."""
    try:
        return msgspec.convert(facts, kind)
    except msgspec.ValidationError:
        return None
