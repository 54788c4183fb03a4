"""What changed between two moments of a history, or between two histories. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from memgui.protocol.errors import BadInput
from memgui.protocol.marking import Marked, Tally
from memgui.protocol.metrics import find
from memgui.protocol.wire import WireError, from_wire
from memgui.store.events import MarkedEvent
from memgui.store.timeline import Timeline

_UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0}
_AGO = re.compile(r"-(\d+(?:\.\d+)?)([smh])")
_GROUPS = {"composition": "role", "children": "worker"}
# What the whole machine or container takes: mostly somebody else's.
_OTHERS = ("machine.", "cgroup.")
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Moment:
    """A moment of a history; step -1 before the first."""

    t_s: float
    step: int


@dataclass(frozen=True)
class Change:
    """One figure at two moments.

    Attributes:
        group: "role", "module", "tensors", "type", "worker" or "metric".
        name: a metric's name, or the group's shape, type, device and role.
        before, after: None where there was none.
        per_step: change per step; None where no step lies between.
    """

    group: str
    name: str
    title: str
    before: float | None
    after: float | None
    per_step: float | None

    @property
    def change(self) -> float:
        """After less before; what was not there counts as 0."""
        return (self.after or 0.0) - (self.before or 0.0)


def find_moment(timeline: Timeline, word: str) -> Moment:
    """The moment that a word means: a step, `start`, `end`, `-30s` before the end, or the text of a mark.

    Raises:
        BadInput: the history is empty, or the word means no moment of it.
    """
    first, last = timeline.first_t, timeline.last_t
    if first is None or last is None:
        raise BadInput("there is no history to compare yet", "wait until some samples have come")
    ago = _AGO.fullmatch(word)
    mark = None
    if word in ("start", "end", "now"):
        found: float | None = first if word == "start" else last
    elif ago is not None:
        found = last - float(ago[1]) * _UNITS_S[ago[2]]
    elif word.isdigit():
        found = timeline.time_of_step(int(word))
    else:
        mark = next((event for event in timeline.events if word.lower() in event.text.lower()), None)
        found = mark.t_s if mark is not None else None
    if found is None or not first - 1.0 <= found <= last + 1.0:
        steps = f"steps {timeline.step_at(first)} to {timeline.last_step}, {last - first:.0f} s"
        raise BadInput(
            f"{word} is no moment of this history", f"it holds {steps}; write a step, start, end, -30s or a mark"
        )
    # The newest sample may be a moment younger than what asks for it.
    found = min(max(found, first), last)
    step = timeline.step_at(found)
    # A mark knows of the steps that were completed since the sample before it.
    return Moment(found, step if mark is None else max(step, mark.step))


def metric_changes(timeline: Timeline, start: Moment, end: Moment) -> list[Change]:
    """All metrics, by how much they changed."""
    steps = end.step - start.step
    found = []
    for name in timeline.names:
        before, after = timeline.at(name, start.t_s), timeline.at(name, end.t_s)
        if before is not None and after is not None:
            found.append(_change(_group_of(name), name, _title_of(name), before, after, steps))
    return largest_first(found)


def history_changes(one: Timeline, other: Timeline) -> list[Change]:
    """How two histories ended, and how much each step added: `before` is the first, `after` the second."""
    found = []
    for name in dict.fromkeys((*one.names, *other.names)):
        ends = [timeline.latest(name) for timeline in (one, other)]
        if ends != [None, None]:
            found.append(Change(_group_of(name), name, _title_of(name), ends[0], ends[1], None))
    return largest_first(found)


@dataclass(frozen=True)
class LookAt:
    """A look that stands in a history: the event `look`."""

    moment: Moment
    text: str
    found: Marked


def nearest_looks(timeline: Timeline, start: Moment, end: Moment) -> tuple[LookAt, LookAt] | None:
    """The looks that were taken closest to two moments; None where there are no two."""
    events = [event for event in timeline.events if event.kind == "look"]
    if len(events) < 2:
        return None
    first, last = (_nearest(events, moment.t_s) for moment in (start, end))
    if first is last:
        return None
    try:
        return _look_at(first), _look_at(last)
    except WireError:
        return None  # an agent of another version


def _nearest(events: list[MarkedEvent], t_s: float) -> MarkedEvent:
    return min(events, key=lambda event: abs(event.t_s - t_s))


def _look_at(event: MarkedEvent) -> LookAt:
    return LookAt(Moment(event.t_s, event.step), event.text, from_wire(Marked, dict(event.data)))


def look_changes(before: Marked, after: Marked, steps: int) -> list[Change]:
    """What two looks differ in: roles, groups of tensors, modules, Python types, workers."""
    sizes = [{(part.place, part.role): float(part.size_bytes) for part in found.roles} for found in (before, after)]
    changes = _changes("role", sizes[0], sizes[1], steps)
    for group, kind in (("tensors", "tensors"), ("module", "modules"), ("type", "types"), ("worker", "workers")):
        tables = [{one.name: _amount(one) for one in getattr(found, kind)} for found in (before, after)]
        for table, other, found in ((tables[0], tables[1], after), (tables[1], tables[0], before)):
            if kind in found.cut:
                # What stands on one side only may be there on the other, among what was not told.
                for name in [name for name in table if name not in other]:
                    del table[name]
        changes += _changes(group, tables[0], tables[1], steps)
    return changes


def _amount(tally: Tally) -> float:
    return float(tally.count if tally.size_bytes is None else tally.size_bytes)


def is_size(name: str, group: str) -> bool:
    """The figures of a change are bytes."""
    return name.endswith("_bytes") or group in ("role", "tensors", "module") or (group == "worker" and name.isdigit())


def largest_first(changes: Iterable[Change]) -> list[Change]:
    """By the size of the change, in the same unit first."""
    return sorted(changes, key=_order)


def _order(change: Change) -> tuple[bool, float]:
    is_others = change.name.startswith(_OTHERS)
    return not is_size(change.name, change.group) or is_others, -abs(change.change)


def _changes(group: str, before: Mapping[K, float], after: Mapping[K, float], steps: int) -> list[Change]:
    found = []
    for key in {**before, **after}:
        name = " ".join(key) if isinstance(key, tuple) else str(key)
        found.append(_change(group, name, name, before.get(key), after.get(key), steps))
    return largest_first(one for one in found if one.change)


def _change(group: str, name: str, title: str, before: float | None, after: float | None, steps: int) -> Change:
    per_step = ((after or 0.0) - (before or 0.0)) / steps if steps > 0 else None
    return Change(group, name, title, before, after, per_step)


def _group_of(name: str) -> str:
    return _GROUPS.get(name.partition(".")[0], "metric")


def _title_of(name: str) -> str:
    metric = find(name)
    return metric.title if metric is not None else name
