"""Between time and the unit of the axis, by a timeline. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memgui.ui import format as fmt
from memgui.ui.charts.ticks import Tick, step_ticks, time_ticks
from memgui.ui.charts.viewport import Extent

if TYPE_CHECKING:
    from memgui.store.events import MarkedEvent
    from memgui.store.timeline import Timeline


class AxisMap:
    """Positions on the time axis (Unix seconds) or on the step axis (step numbers)."""

    def __init__(self, timeline: Timeline, axis: str) -> None:
        self._timeline = timeline
        self.axis = axis

    def x_of(self, t_s: float) -> float:
        """Where a moment is."""
        return t_s if self.axis == "time" else float(self._timeline.step_at(t_s))

    def x_of_event(self, event: MarkedEvent) -> float:
        """Where an event is; its own step counts, since samples are taken between steps."""
        if self.axis == "step" and event.step >= 0:
            return float(event.step)
        return self.x_of(event.t_s)

    def time_of(self, x: float) -> float | None:
        """The moment that a position stands for, None where the run was not yet."""
        if self.axis == "time":
            return x
        return self._timeline.time_of_step(round(x)) if x <= self._timeline.last_step + 0.5 else None

    def extent(self, span_s: float | None) -> Extent | None:
        """How far the data reach; None while there are none."""
        first, last = self._timeline.first_t, self._timeline.last_t
        if first is None or last is None:
            return None
        if self.axis == "time":
            return Extent(first, last, span_s)
        newest = float(max(self._timeline.last_step, 0))
        oldest = float(max(self._timeline.step_at(first), 0))
        if span_s is None or last - first <= span_s:
            # The span in steps at the mean pace so far, so that a young run does not fill the width at once.
            pace = (newest - oldest) / (last - first) if last > first else 0.0
            return Extent(oldest, newest, None if span_s is None else max(2.0, pace * span_s))
        return Extent(oldest, newest, max(2.0, newest - max(0, self._timeline.step_at(last - span_s))))

    def ticks(self, low: float, high: float, width_px: float) -> tuple[Tick, ...]:
        """Marks of the axis, about one every 100 pixels."""
        most = max(2, int(width_px // 95))
        return time_ticks(low, high, most) if self.axis == "time" else step_ticks(low, high, most)

    def text_of(self, x: float) -> str:
        """A position in words: "12:04:11 · step 1 198"."""
        t_s = self.time_of(x)
        step = self._timeline.step_at(t_s) if self.axis == "time" and t_s is not None else round(x)
        words = [fmt.clock(t_s)] if t_s is not None else []
        if step >= 0:
            words.append(f"step {fmt.count(step)}")
        return " · ".join(words)
