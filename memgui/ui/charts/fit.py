"""A finding as lines on a chart: fit, band, forecast. Pure functions over the axis map, GUI thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from memgui.protocol.metrics import device_of
from memgui.ui import format as fmt
from memgui.ui.charts.axismap import AxisMap
from memgui.ui.i18n import translate

if TYPE_CHECKING:
    from memgui.analysis.finding import Finding

Point = tuple[float, float]


@dataclass(frozen=True)
class Fit:
    """Lines in axis units and bytes.

    Attributes:
        device: the accelerator it is about, such as "cuda.0"; None for host memory.
        begin_words: beside the line where it begins, and where that is out of sight.
        past: the fit over the data; forecast: from now to the limit or out of sight, from higher up where the heap has
            come to keep more free memory.
        band: corners of the interval of the forecast.
    """

    metric: str
    device: str | None
    begin_x: float
    begin_words: tuple[str, str]
    past: tuple[Point, Point]
    forecast: tuple[Point, Point]
    band: tuple[Point, ...]


def fit_of(finding: Finding, axis: AxisMap, now_s: float, high_x: float, *, forecast: bool) -> Fit | None:
    """The lines of a finding up to `high_x`, of one that is over up to its end; None where it begins after now.

    Args:
        forecast: go on beyond now, as a run that has not ended does.
    """
    rate, level, until, since = (
        finding.rate_bytes_per_s, finding.level_bytes, finding.until_s, finding.since_s
    )  # fmt: skip
    if finding.state == "resolved":  # what is over is not drawn into the time after it
        now_s, forecast = min(until, now_s), False
    if since >= now_s:
        return None
    pace = _pace(finding, axis)
    now_x = axis.x_of(now_s)
    reach_s = max(0.0, (high_x - now_x) / pace) if pace and forecast else 0.0
    now_y = level + rate * (now_s - until)
    if finding.eta_s is not None:
        # The limit is often of the machine or the control group; the finding knows when it is reached.
        reach_s = min(reach_s, max(0.0, finding.eta_s - (now_s - until)))
    end_x = now_x + reach_s * pace
    found = device_of(finding.metric)
    begin_x = axis.x_of(since)
    return Fit(
        metric=finding.metric,
        device=f"{found[0]}.{found[1]}" if found else None,
        begin_x=begin_x,
        begin_words=_begin_words(finding),
        past=((begin_x, finding.fitted_bytes(since)), (now_x, finding.fitted_bytes(now_s))),
        forecast=((now_x, now_y), (end_x, now_y + rate * reach_s)),
        band=(
            (now_x, now_y),
            (end_x, now_y + finding.rate_high * reach_s),
            (end_x, now_y + finding.rate_low * reach_s),
        ),
    )


def _begin_words(finding: Finding) -> tuple[str, str]:
    if finding.since_step < 0:
        return translate("charts", "growth begins"), translate("charts", "growth goes on")
    step = fmt.count(finding.since_step)
    return (
        translate("charts", "growth begins, step {step}").format(step=step),
        translate("charts", "growth since step {step}").format(step=step),
    )


def _pace(finding: Finding, axis: AxisMap) -> float:
    """Axis units per second."""
    if axis.axis == "time":
        return 1.0
    if finding.rate_bytes_per_step and finding.rate_bytes_per_s:
        return finding.rate_bytes_per_s / finding.rate_bytes_per_step
    return 0.0
