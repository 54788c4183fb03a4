"""The tabs below the charts; a tab is there only while it has something to show. GUI thread."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QStackedWidget,
    QTabBar,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from memgui.ui import format as fmt
from memgui.ui import tables
from memgui.ui.labels import label
from memgui.ui.table_model import TableModel
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget
    from memgui.ui.journal import Journal

# Tables are read, not watched, and extremes over the whole history are dear: once a second is enough.
_EVERY = 10


class Tab(IntEnum):
    """Tabs, in the order in which they stand."""

    METRICS = 0
    WORKERS = 1
    EVENTS = 2
    JOURNAL = 3


class Dock(QFrame):
    """Tab bar and tables."""

    interval_cleared = Signal()

    def __init__(self, journal: Journal, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dock")
        self._journal = journal
        self._theme = theme
        self._target: LiveTarget | None = None
        self._interval: tuple[float, float] | None = None
        self._ticks = 0
        self.bar = QTabBar()
        self.bar.setDrawBase(False)
        self.bar.setExpanding(False)
        self.bar.setAccessibleName(self.tr("Details"))
        for title in (self.tr("Metrics"), self.tr("Workers"), self.tr("Events"), self.tr("Journal")):
            self.bar.addTab(title)
        self._about_interval = label(role="small")
        self._clear = QPushButton(self.tr("Clear"))
        self._clear.setProperty("role", "link")
        self._clear.clicked.connect(self._clear_clicked)
        self._stack = QStackedWidget()
        self.models = self._make_models()
        self.views = {tab: self._make_view(tab) for tab in Tab}
        for tab in Tab:
            self._stack.addWidget(self.views[tab])
        self.bar.currentChanged.connect(self._stack.setCurrentIndex)
        self.bar.currentChanged.connect(self._fill_current)
        head = QFrame()
        head.setObjectName("dockHead")
        row = QHBoxLayout(head)
        row.setContentsMargins(8, 0, 12, 0)
        row.setSpacing(4)
        row.addWidget(self.bar, 1)
        row.addWidget(self._about_interval)
        row.addWidget(self._clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 4)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(self._stack, 1)
        journal.changed.connect(self._fill_current)
        self._fill()

    def _make_models(self) -> dict[Tab, TableModel]:
        def make(columns: type[IntEnum], texts: Any) -> TableModel:
            return TableModel(columns, texts, self._theme, self)

        return {
            Tab.METRICS: make(tables.MetricColumn, tables.metric_columns(interval=False)),
            Tab.WORKERS: make(tables.WorkerColumn, tables.worker_columns()),
            Tab.EVENTS: make(tables.EventColumn, tables.event_columns()),
            Tab.JOURNAL: make(tables.JournalColumn, tables.journal_columns()),
        }

    def _make_view(self, tab: Tab) -> QTableView:
        view = QTableView()
        view.setModel(self.models[tab])
        view.setAccessibleName(self.bar.tabText(tab))
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(25)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setTabKeyNavigation(False)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        header = view.horizontalHeader()
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for column, width in enumerate(_WIDTHS[tab]):
            header.resizeSection(column, width)
        header.setMinimumHeight(QFontMetrics(header.font()).height() + 10)
        return view

    def show_target(self, target: LiveTarget | None) -> None:
        """Show another target's tables."""
        self._target = target
        self.clear_interval()

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._theme = theme
        for model in self.models.values():
            model.set_theme(theme)

    def show_interval(self, start_s: float, end_s: float) -> None:
        """Show what changed between two moments."""
        self._interval = (min(start_s, end_s), max(start_s, end_s))
        self._texts_of_metrics()
        self.bar.setCurrentIndex(Tab.METRICS)
        self._fill()

    def clear_interval(self) -> None:
        """Go back to what changed of late."""
        self._interval = None
        self._texts_of_metrics()
        self._fill()

    def refresh(self) -> None:
        """Called by the window's timer."""
        self._ticks += 1
        if self._ticks % _EVERY == 0 and self.isVisible():
            self._fill()

    @Slot()
    def _fill_current(self, _index: int = 0) -> None:
        self._fill()

    @Slot()
    def _clear_clicked(self) -> None:
        self.clear_interval()
        self.interval_cleared.emit()

    def _texts_of_metrics(self) -> None:
        self.models[Tab.METRICS].set_texts(tables.metric_columns(interval=self._interval is not None))
        span = self._interval
        self._clear.setVisible(span is not None)
        self._about_interval.setVisible(span is not None)
        if span is not None:
            self._about_interval.setText(
                self.tr("{start} to {end} ({span})").format(
                    start=fmt.clock(span[0]), end=fmt.clock(span[1]), span=fmt.span(span[1] - span[0])
                )
            )

    def _fill(self) -> None:
        target = self._target
        entries = self._journal.entries
        shows = {
            Tab.METRICS: target is not None,
            Tab.WORKERS: bool(target and target.children),
            Tab.EVENTS: bool(target and len(target.timeline.events)),
            Tab.JOURNAL: bool(entries),
        }
        for tab, show in shows.items():
            if self.bar.isTabVisible(tab) != show:
                self.bar.setTabVisible(tab, show)
        self.setVisible(any(shows.values()))
        current = self.bar.currentIndex()
        if current < 0 or not shows[Tab(current)]:
            # Hiding a tab moves the choice on to a neighbour, which may be hidden in its turn.
            current = next((int(tab) for tab, show in shows.items() if show), current)
            self.bar.setCurrentIndex(current)
        if current == Tab.JOURNAL:
            self.models[Tab.JOURNAL].set_rows(tables.journal_rows(entries))
        elif target is None:
            return
        elif current == Tab.METRICS:
            self.models[Tab.METRICS].set_rows(tables.metric_rows(target, self._interval))
        elif current == Tab.WORKERS:
            self.models[Tab.WORKERS].set_rows(tables.worker_rows(target))
        elif current == Tab.EVENTS:
            self.models[Tab.EVENTS].set_rows(tables.event_rows(target))


_WIDTHS: dict[Tab, tuple[int, ...]] = {
    Tab.METRICS: (160, 95, 125, 85, 85),
    Tab.WORKERS: (80, 120, 120, 110, 110),
    Tab.EVENTS: (90, 80, 90),
    Tab.JOURNAL: (90, 150, 180, 130),
}
