"""What changed between two moments of a history, or between two histories. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from memgui.protocol.errors import BadInput
from memgui.protocol.inspection import Composition, TensorGroup
from memgui.protocol.metrics import find
from memgui.store.timeline import Timeline

_UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0}
_AGO = re.compile(r"-(\d+(?:\.\d+)?)([smh])")
_GROUPS = {"composition": "role", "children": "worker"}
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
    if word in ("start", "end", "now"):
        found: float | None = first if word == "start" else last
    elif ago is not None:
        found = last - float(ago[1]) * _UNITS_S[ago[2]]
    elif word.isdigit():
        found = timeline.time_of_step(int(word))
    else:
        found = next((event.t_s for event in timeline.events if word.lower() in event.text.lower()), None)
    if found is None or not first - 1.0 <= found <= last + 1.0:
        steps = f"steps {timeline.step_at(first)} to {timeline.last_step}, {last - first:.0f} s"
        raise BadInput(
            f"{word} is no moment of this history", f"it holds {steps}; write a step, start, end, -30s or a mark"
        )
    # The newest sample may be a moment younger than what asks for it.
    found = min(max(found, first), last)
    return Moment(found, timeline.step_at(found))


def metric_changes(timeline: Timeline, start: Moment, end: Moment) -> list[Change]:
    """All metrics, by how much they changed."""
    steps = end.step - start.step
    found = []
    for name in timeline.names:
        before, after = timeline.at(name, start.t_s), timeline.at(name, end.t_s)
        if before is not None or after is not None:
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


def role_changes(before: Composition, after: Composition) -> list[Change]:
    """Bytes of each role, by place."""
    sizes = [{(part.place, part.role): part.size_bytes for part in found.roles} for found in (before, after)]
    return _changes("role", sizes[0], sizes[1], after.step - before.step)


def tensor_changes(before: Iterable[TensorGroup], after: Iterable[TensorGroup], steps: int) -> list[Change]:
    """Bytes of each group of tensors."""
    sizes: list[dict[tuple[str, ...], float]] = []
    for groups in (before, after):
        table: dict[tuple[str, ...], float] = {}
        for group in groups:
            shape = f"({', '.join(map(str, group.shape))})"
            key = (shape, group.dtype, group.device, group.role)
            table[key] = table.get(key, 0.0) + group.bytes
        sizes.append(table)
    return _changes("tensors", sizes[0], sizes[1], steps)


def largest_first(changes: Iterable[Change]) -> list[Change]:
    """By the size of the change, in the same unit first."""
    return sorted(changes, key=_order)


def _order(change: Change) -> tuple[bool, float]:
    return not change.name.endswith("_bytes") and change.group == "metric", -abs(change.change)


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
