"""What the read-out and the marked interval say. Pure functions, GUI thread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memgui.ui import format as fmt
from memgui.ui.charts.axismap import AxisMap
from memgui.ui.charts.series import Series, words_of
from memgui.ui.i18n import translate
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.store.timeline import Timeline

# The ends of an interval are taken over this long, so that a sawtooth's phase does not pass for a change.
_END_RATIO = 0.05
_LAST_STEP_S = 10.0


@dataclass(frozen=True)
class Line:
    """One row of a read-out: colour of its square (empty for none), name, value and a second value."""

    colour: str
    name: str
    value: str
    second: str = ""


@dataclass(frozen=True)
class Reading:
    """A small table with a heading."""

    title: str
    lines: tuple[Line, ...]

    def text(self) -> str:
        """In words, for assistive technology."""
        rows = [" ".join(part for part in (line.name, line.value, line.second) if part) for line in self.lines]
        return "; ".join([self.title, *rows])


def at_cursor(timeline: Timeline, axis: AxisMap, x: float, series: Iterable[Series], theme: Theme) -> Reading | None:
    """Time, step and the value of each series at a place; None where there is nothing to read."""
    t_s = axis.time_of(x)
    first, last = timeline.first_t, timeline.last_t
    if t_s is None or first is None or last is None:
        return None
    inside = first <= t_s <= last
    lines = []
    for item in series:
        value = _value_at(timeline, item, t_s) if inside else None
        lines.append(Line(theme.series_colour(item.metric), words_of(item), fmt.quantity(value, _unit(item))))
    return Reading(axis.text_of(x), tuple(lines))


def _unit(item: Series) -> str:
    return fmt.metric_unit(item.metric) if item.value is None else "bytes"


def _value_at(timeline: Timeline, item: Series, t_s: float) -> float | None:
    if item.value is not None:
        return item.value(timeline, t_s)
    metric = item.metric
    value = timeline.at(metric, t_s)
    if value is not None or _unit(item) == "bytes":
        return value
    # Between two steps there is no step time; that of the last step is meant.
    _, recent = timeline.window(metric, t_s - _LAST_STEP_S, t_s, 200)
    known = recent[~np.isnan(recent)]
    return float(known[-1]) if len(known) else None


def over_interval(
    timeline: Timeline, axis: AxisMap, ends: tuple[float, float], series: Iterable[Series], theme: Theme
) -> Reading | None:
    """What changed between two places: by how much, and per step."""
    t0, t1 = (axis.time_of(x) for x in sorted(ends))
    if timeline.first_t is None or timeline.last_t is None:
        return None
    t0 = timeline.first_t if t0 is None else max(t0, timeline.first_t)
    t1 = timeline.last_t if t1 is None else min(t1, timeline.last_t)
    if t1 <= t0:
        return None
    steps = max(0, timeline.step_at(t1) - max(0, timeline.step_at(t0)))
    lines = []
    for item in series:
        change = _change(timeline, item, t0, t1)
        colour, label = theme.series_colour(item.metric), words_of(item)
        if change is None:
            lines.append(Line(colour, label, fmt.MISSING))
        elif _unit(item) != "bytes":
            sign = "+" if change >= 0 else ""
            lines.append(Line(colour, label, sign + fmt.duration(change)))
        else:
            per_step = f"{fmt.size_change(change / steps)}/step" if steps else ""
            lines.append(Line(colour, label, fmt.size_change(change), per_step))
    words = [fmt.span(t1 - t0) if t1 - t0 >= 10 else fmt.duration(t1 - t0)]
    if steps:
        words.append(translate("charts", "{n} steps").format(n=fmt.count(steps)))
    return Reading(" · ".join(words), tuple(lines))


def _change(timeline: Timeline, item: Series, t0: float, t1: float) -> float | None:
    """Between the lows of both ends, each a twentieth of the interval long; of a band, between the ends."""
    if item.value is not None:
        low, high = item.value(timeline, t0), item.value(timeline, t1)
        return None if low is None or high is None else high - low
    metric = item.metric
    part = (t1 - t0) * _END_RATIO
    before, after = timeline.range(metric, t0, t0 + part), timeline.range(metric, t1 - part, t1)
    if before is None or after is None:
        first, last = timeline.at(metric, t0), timeline.at(metric, t1)
        return None if first is None or last is None else last - first
    return after[0] - before[0]
