"""The middle: header, charts and dock of the shown target, all targets at once, or the empty state. GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from memgui.ui.dock import Dock
from memgui.ui.empty_state import EmptyState
from memgui.ui.header import Header
from memgui.ui.notices import Notices
from memgui.ui.pages.page import Desk
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.analysis.finding import Finding
    from memgui.link.target import LiveTarget
    from memgui.ui.charts import ChartArea
    from memgui.ui.overview.overview import Overview
    from memgui.ui.transport import Transport

_DOCK_PX = 190
_LOW_DOCK_PX = 128
_LARGE_DOCK_SHARE = 0.68


class Middle(QFrame):
    """Shows one target; the charts are brought in after the first paint, since they cost the most to import.

    Attributes:
        live_changed, interval_marked: as of the charts.
        target_opened: the key of a target that was chosen among all.
        shows_all: all targets are to be shown, and not one.
    """

    live_changed = Signal(bool)
    interval_marked = Signal(float, float)
    target_opened = Signal(object)

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("middle")
        self._theme = theme
        self._target: LiveTarget | None = None
        self.charts: ChartArea | None = None
        self.transport: Transport | None = None
        self._upper: QVBoxLayout | None = None
        self.overview: Overview | None = None
        self.shows_all = False
        self._dock_px = _DOCK_PX
        self.header = Header()
        self.notices = Notices()
        self.empty = EmptyState()
        self.dock = Dock(desk, theme)
        self.interval_marked.connect(self.dock.show_interval)
        self.dock.room_wanted.connect(self._share_height)
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._split.setChildrenCollapsible(False)
        self._split.setHandleWidth(8)
        self.dock.setMinimumHeight(_LOW_DOCK_PX)
        self._split.addWidget(self.dock)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self._split)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 11, 14, 10)
        column.setSpacing(9)
        column.addWidget(self.notices)
        column.addWidget(self.header)
        column.addWidget(self._stack, 1)
        self.show_target(None)

    def load_charts(self) -> ChartArea:
        """Import the charts and put them above the dock; once."""
        if self.charts is None:
            from memgui.ui.charts import ChartArea

            self.charts = ChartArea(self._theme)
            self.charts.live_changed.connect(self.live_changed)
            self.charts.interval_marked.connect(self.interval_marked)
            upper = QWidget()
            self._upper = QVBoxLayout(upper)
            self._upper.setContentsMargins(0, 0, 0, 0)
            self._upper.setSpacing(8)
            self._upper.addWidget(self.charts, 1)
            self._split.insertWidget(0, upper)
            self._split.setStretchFactor(0, 1)
            self._split.setStretchFactor(1, 0)
            height = self.height()
            dock = _DOCK_PX if height > 640 else _LOW_DOCK_PX
            self._split.setSizes([max(200, height - dock), dock])
            self.charts.show_target(self._target)
            self._show_transport()
        return self.charts

    def _show_transport(self) -> None:
        """Give the charts of a recording the bar to play it by; the first one makes it."""
        is_recording = self._target is not None and self._target.recording is not None
        if self.transport is None and self._upper is not None and is_recording:
            from memgui.ui.transport import Transport

            self.transport = Transport(self._theme)
            self.transport.moved.connect(self._moment_moved)
            self._upper.addWidget(self.transport)
        if self.transport is not None:
            self.transport.show_target(self._target)

    def load_overview(self, targets: Callable[[], tuple[LiveTarget, ...]]) -> Overview:
        """Make the page of all targets; once."""
        if self.overview is None:
            from memgui.ui.overview.overview import Overview

            self.overview = Overview(targets, self._theme)
            self.overview.opened.connect(self.target_opened)
            self._stack.addWidget(self.overview)
        return self.overview

    def show_all(self, *, all_targets: bool) -> None:
        """Show all targets, or the one."""
        self.shows_all = all_targets
        self._choose_page()

    def _choose_page(self) -> None:
        shows_all = self.shows_all and self.overview is not None and self._target is not None
        self.header.setVisible(self._target is not None and not shows_all)
        self._stack.setCurrentIndex(0 if self._target is None else 2 if shows_all else 1)

    def show_target(self, target: LiveTarget | None, end_text: str = "") -> None:
        """Show a target, or the empty state."""
        self._target = target
        self.header.show_target(target, end_text)
        self._choose_page()
        self.dock.show_target(target)
        if self.charts is not None:
            self.charts.setVisible(target is not None)
            self.charts.show_target(target)
        self._show_transport()

    def show_pages(self) -> None:
        """Where nothing is watched, show what needs no target instead of the empty state."""
        if self._target is None and self.charts is not None:
            self.charts.hide()
            self._stack.setCurrentIndex(1)

    def show_finding(self, finding: Finding | None) -> None:
        """Have the charts draw a finding's fit."""
        if self.charts is not None:
            self.charts.show_finding(finding)

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._theme = theme
        self.dock.set_theme(theme)
        for part in (self.charts, self.transport, self.overview):
            if part is not None:
                part.set_theme(theme)

    def refresh(self) -> None:
        """Called by the window's timer: charts and tables, or all targets."""
        if self.overview is not None and self.shows_all:
            self.overview.refresh()
            return
        if self.charts is not None and self._target is not None:
            # The pages take as long to import as the charts: they come once there is something to see.
            if self.charts.has_drawn:
                self.dock.load()
            self.charts.refresh()
        if self.transport is not None:
            self.transport.refresh()
        self.dock.refresh()

    @Slot()
    def _moment_moved(self) -> None:
        """The charts follow the moment, also where a person had stopped them elsewhere."""
        if self.charts is not None and self._target is not None:
            self.charts.set_paused(False)
            self.charts.refresh()

    @Slot(bool)
    def _share_height(self, more: bool) -> None:  # noqa: FBT001 - Qt's signature
        """Give the dock most of the height, or as much as it had before."""
        sizes = self._split.sizes()
        if len(sizes) < 2:
            return
        total = sum(sizes)
        if more:
            self._dock_px = sizes[1]
        dock = round(total * _LARGE_DOCK_SHARE) if more else self._dock_px
        self._split.setSizes([total - dock, dock])

    def layout_state(self) -> QByteArray:
        """Where the handle between charts and dock stands."""
        return self._split.saveState()

    def restore_layout(self, state: QByteArray) -> None:
        """Put the handle where it stood."""
        if not state.isEmpty():
            self._split.restoreState(state)
