"""From a target and a viewport to a frame: what all charts draw. GUI thread, no widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memgui.protocol.metrics import device_of
from memgui.ui import format as fmt
from memgui.ui.charts.axismap import AxisMap
from memgui.ui.charts.fit import Fit, fit_of
from memgui.ui.charts.frame import Frame
from memgui.ui.charts.marks import is_shown, receipt_mark
from memgui.ui.charts.viewport import Viewport
from memgui.ui.i18n import translate
from memgui.ui.target_view import finding_id

if TYPE_CHECKING:
    from memgui.analysis.finding import Finding
    from memgui.link.target import LiveTarget
    from memgui.store.events import MarkedEvent

_FORECAST_RATIO = 0.2
_END_RATIO = 0.14

PlacedEvents = tuple[tuple[float, "MarkedEvent"], ...]


def chosen_finding(target: LiveTarget, chosen: Finding | None, device: str | None) -> Finding | None:
    """The finding to draw: the chosen one as it stands now, else the most urgent one; None where no chart shows it."""
    if chosen is not None:
        same = (one for one in target.findings if finding_id(one) == finding_id(chosen))
        return next(same, chosen) if is_charted(chosen.metric, device) else None
    return next(
        (one for one in target.findings if one.state != "resolved" and is_charted(one.metric, device)),
        None,
    )


def is_charted(metric: str, device: str | None) -> bool:
    """True for memory that one of the charts is about."""
    found = device_of(metric)
    if fmt.metric_unit(metric) != "bytes":
        return False
    return found is None or f"{found[0]}.{found[1]}" == device


def end_of(target: LiveTarget) -> tuple[float, str] | None:
    """When the data ended and why; None while they come."""
    last = target.timeline.last_t
    if last is None or target.state not in ("ended", "lost"):
        return None
    if target.state == "ended":
        if target.end is not None and target.end.kind == "oom_killed":
            return last, translate("charts", "killed for lack of memory")
        reason = target.end.text if target.end is not None else target.state_text
        return last, reason or translate("charts", "ended")
    return last, target.state_text or translate("charts", "connection lost")


def follow(viewport: Viewport, target: LiveTarget, columns: int, *, forecast: bool) -> AxisMap | None:
    """Tell the viewport how far the data reach; None where there are none."""
    axis = AxisMap(target.timeline, viewport.axis)
    extent = axis.extent(viewport.span_s)
    if extent is None:
        return None
    ended = target.state in ("ended", "lost")
    viewport.follow(extent, columns, _END_RATIO if ended else _FORECAST_RATIO if forecast else 0.0)
    return axis


def frame_of(
    target: LiveTarget, viewport: Viewport, axis: AxisMap, width_px: float, finding: Finding | None
) -> tuple[Frame, PlacedEvents]:
    """Everything the charts draw of the visible stretch, and the events in it."""
    seen = viewport.stretch()
    timeline = target.timeline
    events = _events(target, axis, seen.low, seen.high)
    end = end_of(target)
    now = timeline.last_t or 0.0
    fit: Fit | None = fit_of(finding, axis, now, seen.high, forecast=end is None) if finding is not None else None
    receipts = (receipt_mark(event, x) for x, event in events)
    frame = Frame(
        timeline=timeline,
        axis=viewport.axis,
        low=seen.low,
        high=seen.high,
        x_ticks=axis.ticks(seen.low, seen.high, width_px),
        fit=fit,
        now_x=axis.x_of(now) if end is None else None,
        end=(axis.x_of(end[0]), end[1]) if end is not None else None,
        receipts=tuple(mark for mark in receipts if mark is not None),
    )
    return frame, events


def _events(target: LiveTarget, axis: AxisMap, low: float, high: float) -> PlacedEvents:
    t0, t1 = axis.time_of(low), axis.time_of(high)
    found = target.timeline.events.between(
        float("-inf") if t0 is None else t0, float("inf") if t1 is None else t1
    )  # fmt: skip
    return tuple((axis.x_of_event(event), event) for event in found if is_shown(event))
