"""One chart of a report: an SVG with its numbers beside it, for the script that reads them out."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memgui.analysis.finding import Finding
from memgui.analysis.report.run import Run
from memgui.analysis.wording import duration, size
from memgui.store.events import MarkedEvent

WIDTH = 1080
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 12, 14, 26
_COLUMNS = 500
_BYTE_BASE = 1024.0
_TIME_STEPS_S = (
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    10800,
    21600,
    43200,
    86400,
    172800,
    604800,
)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """One series; `tone` numbers its colour, `label` is for the legend."""

    metric: str
    label: str
    tone: int


@dataclass(frozen=True)
class Plan:
    """A chart that a run could have; series that it lacks are left out."""

    title: str
    lines: Sequence[Line]
    unit: str = "bytes"
    has_limit: bool = False
    height: int = 250


@dataclass(frozen=True)
class _Scale:
    first_s: float
    last_s: float
    top: float
    height: int

    @property
    def ground(self) -> int:
        return self.height - _BOTTOM

    def x(self, t_s: float) -> float:
        span = self.last_s - self.first_s or 1.0
        return _LEFT + (t_s - self.first_s) / span * (WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        return self.ground - value / self.top * (self.ground - _TOP)


def chart(run: Run, plan: Plan) -> str:
    """Title, legend, SVG and numbers; empty where the run has none of the series."""
    timeline = run.timeline
    first, last = timeline.first_t, timeline.last_t
    lines = [line for line in plan.lines if line.metric in timeline.names]
    if first is None or last is None or not lines:
        return ""
    curves = [(line, *timeline.window(line.metric, first, last, _COLUMNS)) for line in lines]
    curves = [(line, x, y) for line, x, y in curves if len(x) and not np.isnan(y).all()]
    if not curves:
        return ""
    highest = max(float(np.nanmax(y)) for _, _, y in curves)
    if plan.unit != "bytes":  # one slow step, such as one with a checkpoint, does not flatten the rest
        middle = float(np.nanmedian(curves[0][2]))
        highest = min(highest, 4 * middle) if middle else highest
    limit = run.limit if plan.has_limit else None
    if limit is not None and limit[1] <= highest * 1.6:
        highest = max(highest, limit[1])
    marks = _value_marks(highest, plan.unit, most=max(2, plan.height // 50))
    scale = _Scale(first, last, max(highest * 1.04, marks[-1][0]), plan.height)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {plan.height}" role="img" aria-label="{html.escape(plan.title)}">',
        *(_value_mark(scale, value, text) for value, text in marks),
        *_time_marks(scale),
        *_growths(run.findings, lines, scale),
        *_event_lines(run.events, scale),
        *(_curve(line, x, y, scale, is_first=at == 0) for at, (line, x, y) in enumerate(curves)),
        _limit(limit, scale),
        f'<g class="cursor"><line y1="{_TOP}" y2="{scale.ground}"/></g>',
        "</svg>",
    ]
    legend = "".join(f'<span class="key t{line.tone}"><i></i>{html.escape(line.label)}</span>' for line, _, _ in curves)
    aside = f'<span class="aside">limit {size(limit[1])}</span>' if limit is not None else ""
    return (
        f'<figure class="chart"><figcaption><b>{html.escape(plan.title)}</b>{aside}<span class="legend">{legend}</span>'
        f"</figcaption>{''.join(parts)}{_numbers(run, curves, scale, plan.unit)}</figure>"
    )


def _numbers(run: Run, curves: Sequence[tuple[Line, Floats, Floats]], scale: _Scale, unit: str) -> str:
    """The highest value of each column, its moment and its step."""
    columns = np.linspace(scale.first_s, scale.last_s, _COLUMNS)
    steps = [run.timeline.step_at(float(t_s)) for t_s in columns]
    table = {
        "unit": unit,
        "t": [round(float(t_s), 2) for t_s in columns],
        "step": steps,
        "series": [{"label": line.label, "tone": line.tone, "v": _at(columns, x, y)} for line, x, y in curves],
        "plot": [_LEFT, WIDTH - _RIGHT, WIDTH],
    }
    text = json.dumps(table, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json">{text}</script>'


def _at(columns: Floats, x: Floats, y: Floats) -> list[float | None]:
    """The highest value that was drawn nearest to each column; None in a gap."""
    known = ~np.isnan(y)
    places, first = np.unique(x[known], return_index=True)
    highest = np.maximum.reduceat(y[known], first)
    right = np.clip(np.searchsorted(places, columns), 1, max(1, len(places) - 1))
    left = right - 1
    right = np.minimum(right, len(places) - 1)
    nearest = np.where(columns - places[left] <= places[right] - columns, left, right)
    reach = max(10.0, 2.5 * float(columns[1] - columns[0]))
    return [
        None if abs(t_s - places[place]) > reach else float(f"{highest[place]:.5g}")
        for place, t_s in zip(nearest, columns, strict=True)
    ]


def _curve(line: Line, x: Floats, y: Floats, scale: _Scale, *, is_first: bool) -> str:
    runs: list[list[str]] = [[]]
    for at_s, value in zip(x, y, strict=True):
        if value != value:
            runs.append([])
        else:
            runs[-1].append(f"{scale.x(float(at_s)):.1f},{min(max(scale.y(float(value)), -9.0), scale.height):.1f}")
    known = [points for points in runs if points]
    path = "".join("M" + "L".join(points) for points in known)
    area = ""
    if is_first:
        ground = scale.ground
        shape = "".join(
            f"M{points[0].split(',')[0]},{ground}L{'L'.join(points)}L{points[-1].split(',')[0]},{ground}Z"
            for points in known
        )
        area = f'<path class="area t{line.tone}" d="{shape}"/>'
    return f'{area}<path class="line t{line.tone}" d="{path}"/>'


def _growths(findings: Sequence[Finding], lines: Sequence[Line], scale: _Scale) -> list[str]:
    """The stretch and the fitted line of what is said to grow here."""
    made = []
    for one in findings:
        if all(one.metric != line.metric for line in lines):
            continue
        begin_s, end_s = max(one.since_s, scale.first_s), min(one.until_s, scale.last_s)
        if end_s <= begin_s:
            continue
        left, right = scale.x(begin_s), scale.x(end_s)
        high = scale.ground - _TOP
        made.append(
            f'<rect class="growth" x="{left:.1f}" y="{_TOP}" width="{right - left:.1f}" height="{high}"/>'
            f'<line class="fit" x1="{left:.1f}" y1="{scale.y(one.fitted_bytes(begin_s)):.1f}" x2="{right:.1f}" '
            f'y2="{scale.y(one.fitted_bytes(end_s)):.1f}"/>'
        )
    return made


def _event_lines(events: Sequence[MarkedEvent], scale: _Scale) -> list[str]:
    made = []
    for event in events:
        if event.kind in ("mark", "receipt") and scale.first_s <= event.t_s <= scale.last_s:
            x = scale.x(event.t_s)
            title = html.escape(f"{event.text} (step {event.step})" if event.step >= 0 else event.text)
            made.append(
                f'<g class="event {event.kind}"><line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{scale.ground}"/>'
                f'<path d="M{x:.1f},{_TOP - 9}l4,5l-4,5l-4,-5z"/><title>{title}</title></g>'
            )
    return made


def _limit(limit: tuple[str, float] | None, scale: _Scale) -> str:
    if limit is None or limit[1] > scale.top:
        return ""
    y = scale.y(limit[1])
    return f'<line class="limit" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'


def _value_mark(scale: _Scale, value: float, text: str) -> str:
    y = scale.y(value)
    return (
        f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'
    )


def _value_marks(highest: float, unit: str, *, most: int) -> list[tuple[float, str]]:
    """Up to `most` marks above zero, at 1, 2 or 5 in the unit in which the highest value is said."""
    scale, word = 1.0, {"bytes": "B", "s": "s"}.get(unit, "")
    if unit == "bytes":
        words = ("B", "KiB", "MiB", "GiB", "TiB")
        power = min(len(words) - 1, max(0, int(math.log(max(highest, 1.0), _BYTE_BASE))))
        scale, word = _BYTE_BASE**power, words[power]
    elif highest < 1.0:
        scale, word = 1e-3, "ms"
    step = _round_step(max(highest, 1e-9) / scale / most)
    count = int(highest / scale / step)
    return [(at * step * scale, f"{at * step:g} {word}" if at else "0") for at in range(count + 1)]


def _round_step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(base * power for base in (1, 2, 5, 10) if base * power >= least * (1 - 1e-9))


def _time_marks(scale: _Scale) -> list[str]:
    """Since the first sample."""
    span = scale.last_s - scale.first_s
    step = next((step for step in _TIME_STEPS_S if span / step <= 9), _TIME_STEPS_S[-1])
    made = []
    for at in range(int(span / step) + 1):
        x = scale.x(scale.first_s + at * step)
        text = duration(at * step) if step < 60 or at * step < 120 else _minutes(at * step)
        anchor = "start" if at == 0 else "end" if x > WIDTH - 40 else "middle"
        made.append(
            f'<text x="{x:.1f}" y="{scale.height - 8}" text-anchor="{anchor}">{"0" if at == 0 else text}</text>'
        )
    return made


def _minutes(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours}:{minutes:02} h" if hours else f"{minutes} min"
