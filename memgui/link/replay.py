"""Targets from a recording, for a window that shows them as it shows live ones. On any one thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from memgui.collect.facts import ProcessFacts
from memgui.collect.observer import EndReason
from memgui.link.batch import ENDED, Batch
from memgui.link.target import LiveTarget
from memgui.protocol.payloads import Hello
from memgui.store.opening import open_recorded
from memgui.store.replay import RecordedTarget
from memgui.store.timeline import Row

_PORTION_ROWS = 500
_Kind = TypeVar("_Kind")


def load(
    path: Path,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[LiveTarget]:
    """Every process of a recording, with its history, its events, and what today's rules find in it.

    Args:
        progress: told the share done, now and then.
        cancelled: asked now and then; what was read so far is returned.

    Raises:
        BadInput: the file is no recording, or it is damaged.
    """
    with open_recorded(path) as recording:
        recorded = [target for target in recording.targets if target.rows]
        total = max(1, sum(target.rows for target in recorded))
        done = 0
        targets = []
        for one in recorded:
            target = LiveTarget(f"{one.key}@{path}")
            target.recording = path.name
            target.apply(Batch(target.key, hello=_part(Hello, one.facts), facts=_part(ProcessFacts, one.facts)))
            events = deque(recording.events(one))
            for rows in _portions(recording.rows(one)):
                if cancelled is not None and cancelled():
                    break
                # The judge takes what happened before the samples that followed it.
                due = [events.popleft() for _ in range(sum(event.t_s <= rows[-1].t_s for event in events))]
                target.apply(Batch(target.key, events=tuple(due)))
                target.apply(_batch(target.key, rows))
                done += len(rows)
                if progress is not None:
                    progress(done / total)
            target.apply(Batch(target.key, events=tuple(events)))
            target.apply(_end(target.key, one, path))
            targets.append(target)
        return targets


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


def _end(key: str, one: RecordedTarget, path: Path) -> Batch:
    end = _part(EndReason, one.facts.get("end"))
    text = end.text if end is not None else f"still ran when {path.name} ends"
    return Batch(key, state=ENDED, state_text=text, end=end)


def _part(kind: type[_Kind], facts: Mapping[str, Any] | Any) -> _Kind | None:
    """What the facts hold of a dataclass; None where they lack a part of it, as for a target without an agent."""
    try:
        return msgspec.convert(facts, kind)
    except msgspec.ValidationError:
        return None
