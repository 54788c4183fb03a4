"""Goes from one target to the view of all and back: the row in the left panel, the key, and the page. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from memgui.ui.feed import Feed
from memgui.ui.left_panel import LeftPanel
from memgui.ui.middle import Middle

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget

_LEAST = 2


class AllTargets(QObject):
    """Whether all targets are shown; one alone is nothing to compare."""

    def __init__(self, feed: Feed, left: LeftPanel, middle: Middle, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._feed, self._left, self._middle = feed, left, middle
        self._span_s: float | None = 600.0
        left.all_wanted.connect(self.show)
        feed.target_removed.connect(self._removed)

    @property
    def is_shown(self) -> bool:
        """All targets are in sight."""
        return self._middle.shows_all

    @property
    def is_offered(self) -> bool:
        """There are enough targets."""
        return len(self._feed.targets) >= _LEAST

    @Slot()
    def show(self) -> None:
        """Show all targets, where there are several."""
        if self.is_offered and self._middle.charts is not None:
            self._middle.load_overview(self._targets).set_span(self._span_s)
            self._middle.show_all(all_targets=True)
        self._left.mark_all(shown=self.is_shown)

    @Slot()
    def leave(self) -> None:
        """Show the one target again."""
        self._middle.show_all(all_targets=False)
        self._left.mark_all(shown=False)

    @Slot()
    def toggle(self) -> None:
        """From one to the other."""
        (self.leave if self.is_shown else self.show)()

    def set_span(self, seconds: float | None) -> None:
        """The stretch of time that is shown, None for all there is."""
        self._span_s = seconds
        if self._middle.overview is not None:
            self._middle.overview.set_span(seconds)

    def _targets(self) -> tuple[LiveTarget, ...]:
        return self._feed.targets

    @Slot(object)
    def _removed(self, _key: object) -> None:
        if self.is_shown and not self.is_offered:
            self.leave()
