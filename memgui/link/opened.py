"""Recordings that are shown before they are read: first what stands for each chunk, then the rest, on a worker."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from memgui.analysis.detector import Detector
from memgui.analysis.finding import Finding
from memgui.analysis.settings import DetectorSettings
from memgui.collect.facts import ProcessFacts
from memgui.collect.limits import limits_of
from memgui.link.batch import Batch
from memgui.link.judge import Judge
from memgui.link.replay import ReplayedTarget, Told, key_of, load, part_of, state_of, told_in
from memgui.protocol.errors import BadInput, Problem
from memgui.protocol.payloads import Hello
from memgui.store.events import MarkedEvent
from memgui.store.opening import is_box
from memgui.store.outline import Outline, Stretch
from memgui.store.recorded import RecordedTimeline
from memgui.store.replay import Recording
from memgui.store.table import Blocks, Table, joined_in_time

# A verdict of today's rules is known for every so many rows.
_PORTION_ROWS = 50
_LIMITS_EVERY_S = 1.0
# Blocks of a series while all of it is in sight, and most of them for a chunk.
_FINE_BLOCKS, _FINE_MOST = 5000, 32
# Whoever draws gets the interpreter this often.
_BREATH_S = 0.0001


@dataclass(frozen=True)
class Further:
    """What was read of a target behind its outline.

    Attributes:
        fine: all of it in more blocks than one a chunk; None where they were told before.
        said: what today's rules said, where that changed.
        done: share of the file's rows that have been read by now.
    """

    key: str
    fine: Blocks | None
    said: tuple[tuple[float, tuple[Finding, ...]], ...]
    done: float


@dataclass(frozen=True)
class Grown:
    """What has come into a recording: outlines and batches of events and states; `told` replaces what was known."""

    outlines: Mapping[str, Outline]
    batches: tuple[Batch, ...]
    told: Mapping[str, tuple[Told, ...]]
    is_growing: bool


def open_file(path: Path, settings: DetectorSettings | None = None) -> list[ReplayedTarget]:
    """Every process of a recording, to be drawn at once; a black box, which is small, is read whole.

    Raises:
        BadInput: the file is no recording, or it is damaged.
    """
    if is_box(path):
        return load(path)
    with Recording(path) as recording:
        targets = []
        for one, outline in recording.outlines():
            target = ReplayedTarget(key_of(one, path), path, settings, RecordedTimeline(path))
            events = recording.events(one)
            hello, facts = part_of(Hello, one.facts), part_of(ProcessFacts, one.facts)
            target.apply(Batch(target.key, hello=hello, facts=facts, events=events))
            target.show(outline)
            target.told = told_in(recording, one)
            target.apply(state_of(recording, one, path))
            targets.append(target)
        return targets


def look_further(path: Path, known: Mapping[str, Outline]) -> Grown:
    """Read what was written since the outlines that are known, by the targets' keys.

    Raises:
        BadInput: the file is gone, or it is damaged.
    """
    with Recording(path) as recording:
        before = {key.partition("@")[0]: outline for key, outline in known.items()}
        outlines, batches, told = {}, [], {}
        for one, outline in recording.outlines(before):
            key = key_of(one, path)
            if key not in known:
                continue
            if outline.last_s > known[key].last_s or len(outline.heads) > len(known[key].heads):
                outlines[key] = outline
            events = tuple(event for event in recording.events(one) if event.t_s > known[key].last_s - 1.0)
            batches += [Batch(key, events=events)] if events else []
            batches.append(state_of(recording, one, path))
            told[key] = told_in(recording, one)
        return Grown(outlines, tuple(batches), told, recording.is_growing)


class Rereading:
    """Reads all rows of a file once, for what outlines do not tell; goes on where it stopped. One thread at a time."""

    def __init__(self, path: Path, settings: DetectorSettings | None = None) -> None:
        self.path = path
        self._settings = settings
        self._verdicts: dict[str, _Verdicts] = {}

    def run(
        self,
        outlines: Mapping[str, Outline],
        deliver: Callable[[Further], None],
        cancelled: Callable[[], bool],
    ) -> Problem | None:
        """Read what is new, a target after the other; what could not be read.

        Args:
            outlines: as they are known, by the targets' keys; the first is read first.
            deliver: told of each target when it has been read, on this thread.
            cancelled: asked now and then.

        Raises:
            BadInput: the file is gone, or it is damaged.
        """
        rows = {key: sum(head.rows for head in outline.heads) for key, outline in outlines.items()}
        total, done = max(1, sum(rows.values())), 0
        damaged: list[Stretch] = []
        with _Tables(self.path) as tables:
            for key, outline in outlines.items():
                if cancelled():
                    break
                if key not in self._verdicts:
                    self._verdicts[key] = _Verdicts(self._settings)
                    fine, missing = _fine(tables, outline, cancelled)
                    damaged += missing
                    if fine is not None:
                        deliver(Further(key, fine, (), done / total))
                done += rows[key]
                said = self._verdicts[key].go_on(tables, outline, cancelled)
                deliver(Further(key, None, said, done / total))
        return _missing(self.path, damaged)


class _Tables:
    """Unpacks stretches; a file that is written is let go in between, so that its writer can close it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: Recording | None = Recording(path)
        if self._kept.is_growing:
            self._let_go()

    def __enter__(self) -> _Tables:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._let_go()

    def of(self, stretch: Stretch) -> Table | None:
        """Its rows; None where they cannot be read."""
        try:
            with self._open() as recording:
                return recording.table(stretch)
        except BadInput:
            return None

    def events(self, outline: Outline) -> tuple[MarkedEvent, ...]:
        """What happened in a target."""
        with self._open() as recording:
            return recording.events_of(outline.ident)

    def _open(self) -> AbstractContextManager[Recording]:
        return nullcontext(self._kept) if self._kept is not None else Recording(self._path)

    def _let_go(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None


class _Verdicts:
    """Today's rules over one target, as far as it has been read."""

    def __init__(self, settings: DetectorSettings | None) -> None:
        self._judge = Judge(Detector(settings))
        self._last_s = self._limits_due_s = -np.inf
        self._step = -1
        self._said: tuple[Finding, ...] = ()

    def go_on(
        self, tables: _Tables, outline: Outline, cancelled: Callable[[], bool]
    ) -> tuple[tuple[float, tuple[Finding, ...]], ...]:
        """Judge the rows later than those judged before; what was said, where that changed."""
        events = deque(event for event in tables.events(outline) if event.t_s > self._last_s - 1.0)
        said: list[tuple[float, tuple[Finding, ...]]] = []
        for stretch in (*outline.stretches, None):
            if stretch is not None and stretch.last_s <= self._last_s:
                continue
            table = tables.of(stretch) if stretch is not None else outline.tail
            if table is None:
                continue
            table = table.part(slice(int(np.searchsorted(table.t_s, self._last_s, "right")), None))
            for first in range(0, len(table.t_s), _PORTION_ROWS):
                if cancelled():
                    return tuple(said)
                self._portion(table.part(slice(first, first + _PORTION_ROWS)), events)
                if self._judge.findings != self._said:
                    self._said = self._judge.findings
                    said.append((self._last_s, self._said))
                time.sleep(_BREATH_S)
        for event in events:
            self._judge.note(event)
        return tuple(said)

    def _portion(self, table: Table, events: deque[MarkedEvent]) -> None:
        last_s = float(table.t_s[-1])
        while events and events[0].t_s <= last_s:
            self._judge.note(events.popleft())
        steps = np.maximum.accumulate(np.maximum(table.step, self._step)).tolist()
        # The detector follows the floor of a level.
        rows = table.low.T.tolist()
        has_gaps = bool(np.isnan(table.low).any())
        values: dict[str, float | None] = {}
        for t_s, step, row in zip(table.t_s.tolist(), steps, rows, strict=True):
            values = dict(zip(table.names, row, strict=True))
            if has_gaps:
                values = {name: value for name, value in values.items() if value == value}
            self._judge.sample(t_s, step, values)
        self._last_s, self._step = last_s, steps[-1]
        if last_s >= self._limits_due_s:
            self._limits_due_s = last_s + _LIMITS_EVERY_S
            for where, limit in limits_of(values).items():
                self._judge.set_limit(limit.name, limit.limit_bytes, limit.headroom_bytes, device=where)


def _fine(tables: _Tables, outline: Outline, cancelled: Callable[[], bool]) -> tuple[Blocks | None, list[Stretch]]:
    """All chunks in some blocks each, and what could not be read; None where it was given up, or would be no finer."""
    share = min(_FINE_MOST, _FINE_BLOCKS // max(1, len(outline.stretches)))
    parts: list[Blocks] = []
    damaged: list[Stretch] = []
    step = -1
    for stretch in outline.stretches if share > 1 else ():
        if cancelled():
            return None, []
        table = tables.of(stretch)
        if table is None:
            damaged.append(stretch)
            parts.append(outline.blocks.between(stretch.first_s, stretch.last_s))
        else:
            parts.append(table.blocks(gap=stretch.gap, step=step).joined(-(-stretch.rows // share)).small())
        step = stretch.last_step
        time.sleep(_BREATH_S)
    return (joined_in_time(parts, outline.names).small() if parts else None), damaged


def _missing(path: Path, damaged: list[Stretch]) -> Problem | None:
    """What to say of stretches that cannot be read."""
    if not damaged:
        return None
    first, last = min(one.first_s for one in damaged), max(one.last_s for one in damaged)
    when = " to ".join(time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(t_s)) for t_s in (first, last))
    rows = sum(one.rows for one in damaged)
    return Problem(
        f"{path} is damaged: {rows} samples from {when} cannot be read",
        "their lowest and highest values are drawn; a copy that was cut off can often be taken again",
    )
