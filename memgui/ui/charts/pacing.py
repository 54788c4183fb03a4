"""When a frame is due: only if something moved that can be seen. GUI thread, no widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memgui.ui.charts.viewport import Viewport

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget

# A live view moves by whole pixel columns; between two columns only its last column changes, so that once a second is
# enough for the eye.
_SLOWEST_S = 1.0
# Samples and looks at them come in their own time: a frame may be as much too early.
_SLACK_S = 0.05
# Samples come by the two or three; only after so many looks without any have they stopped.
_STALLED_LOOKS = 3
# Figures that change more often cannot be read.
_FIGURES_S = 1.0
# A minute on 800 columns would be worth 13 frames a second by that rule; four are as good to the eye and cost a third.
_FASTEST_S = 0.25


class Pacing:
    """Remembers what the last frame showed."""

    def __init__(self) -> None:
        self._drawn: tuple[object, ...] = ()
        self._drawn_revision = -1
        self._drawn_last_t = 0.0
        self._seen_revision = -1
        self._looks_without = 0
        self._told: tuple[object, ...] = ()
        self._told_last_t = 0.0

    def drawn(self, target: LiveTarget | None, viewport: Viewport, columns: int) -> None:
        """A frame of this was drawn."""
        if target is None:
            self._drawn = ()
            return
        self._drawn = self._state(target, viewport, columns)
        self._drawn_revision = self._seen_revision = target.timeline.revision
        self._drawn_last_t = target.timeline.last_t or 0.0

    def is_due(self, target: LiveTarget, viewport: Viewport, columns: int) -> bool:
        """True where a new frame would look different, and enough has come for one."""
        if self._state(target, viewport, columns) != self._drawn:
            return True
        timeline = target.timeline
        if timeline.revision == self._drawn_revision or timeline.last_t is None:
            return False
        self._looks_without = self._looks_without + 1 if timeline.revision == self._seen_revision else 0
        self._seen_revision = timeline.revision
        span = viewport.span_s if viewport.span_s is not None else _SLOWEST_S * columns
        wait = min(max(span / columns, _FASTEST_S), _SLOWEST_S)
        return self._is_stalled or timeline.last_t - self._drawn_last_t >= wait - _SLACK_S

    def told(self, target: LiveTarget | None) -> None:
        """The figures of this were told."""
        self._told = self._standing(target)
        self._told_last_t = (target.timeline.last_t if target is not None else None) or 0.0

    def is_to_be_told(self, target: LiveTarget) -> bool:
        """True where, with a frame that is due, the figures are to be told as well."""
        age_s = abs((target.timeline.last_t or 0.0) - self._told_last_t)
        return self._is_stalled or age_s >= _FIGURES_S - _SLACK_S or self._standing(target) != self._told

    @property
    def _is_stalled(self) -> bool:
        """Nothing comes any more: what had not been worth a frame of its own gets one now."""
        return self._looks_without >= _STALLED_LOOKS

    @staticmethod
    def _standing(target: LiveTarget | None) -> tuple[object, ...]:
        return () if target is None else (id(target), target.state, target.limit)

    def _state(self, target: LiveTarget, viewport: Viewport, columns: int) -> tuple[object, ...]:
        return (
            id(target), columns, viewport.version, target.timeline.events.revision,
            target.timeline.first_t, target.state, target.limit,
        )  # fmt: skip
