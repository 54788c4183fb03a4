"""The tabs below the charts; a tab is there only while its page has something to show. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from memgui.ui import format as fmt
from memgui.ui.labels import label
from memgui.ui.pages.page import Desk, Page
from memgui.ui.pages.tabs import TABS, Tab
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget

# Pages are read, not watched, and extremes over the whole history are dear: once a second is enough.
_EVERY = 4
_Kind = TypeVar("_Kind", bound=Page)


class Dock(QFrame):
    """Tab bar and pages; a page is brought in when its tab is first chosen.

    Attributes:
        interval_cleared: the marked interval is to be taken out of the charts.
        room_wanted: True where the pages are to have most of the height, False to give it back to the charts.
    """

    interval_cleared = Signal()
    room_wanted = Signal(bool)

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dock")
        self._desk = desk
        self._theme = theme
        self._target: LiveTarget | None = None
        self._ticks = 0
        self._pages: dict[Tab, Page] = {}
        self._span: tuple[float, float] | None = None
        self.bar = QTabBar()
        self.bar.setDrawBase(False)
        self.bar.setExpanding(False)
        self.bar.setAccessibleName(self.tr("Details"))
        self._about_interval = label(role="small")
        self._clear = QPushButton(self.tr("Clear"))
        self._clear.setProperty("role", "link")
        self._clear.clicked.connect(self._clear_clicked)
        self.room = QToolButton()
        self.room.setProperty("role", "quiet")
        self.room.setCheckable(True)
        self.room.setArrowType(Qt.ArrowType.UpArrow)
        self.room.setAccessibleName(self.tr("More room"))
        self.room.setToolTip(self.tr("Give the pages most of the height, or give it back to the charts (Ctrl+D)"))
        self.room.toggled.connect(self._room_toggled)
        self._stack = QStackedWidget()
        head = QFrame()
        head.setObjectName("dockHead")
        row = QHBoxLayout(head)
        row.setContentsMargins(8, 0, 12, 0)
        row.setSpacing(4)
        row.addWidget(self.bar, 1)
        row.addWidget(self._about_interval)
        row.addWidget(self._clear)
        row.addWidget(self.room)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 4)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(self._stack, 1)
        self._show_span(None)
        self.hide()

    def load(self) -> None:
        """Put up the tabs; once."""
        if self.bar.count():
            return
        for tab in TABS:
            self.bar.addTab(tab.title())
        self.bar.currentChanged.connect(self._chosen)
        self._offer()

    def page(self, kind: type[_Kind]) -> _Kind:
        """The page of that kind."""
        return cast("_Kind", self._page(kind.tab))

    def is_offered(self, tab: Tab) -> bool:
        """The tab can be seen at present."""
        self.load()
        return self.bar.isTabVisible(TABS.index(tab))

    def bring_up(self, tab: Tab) -> None:
        """Put the page in front, if it has something to show."""
        self.load()
        self._offer()
        if self.is_offered(tab):
            self.bar.setCurrentIndex(TABS.index(tab))

    def show_target(self, target: LiveTarget | None) -> None:
        """Show another target's pages."""
        self._target = target
        for page in self._pages.values():
            page.show_target(target)
        self.clear_interval()

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._theme = theme
        for page in self._pages.values():
            page.set_theme(theme)

    def show_interval(self, start_s: float, end_s: float) -> None:
        """Show what changed between two moments."""
        self.load()
        self._show_span((min(start_s, end_s), max(start_s, end_s)))
        self._offer()
        for tab in TABS:
            if tab.compares:
                self.bring_up(tab)

    def clear_interval(self) -> None:
        """Go back to what changed of late."""
        self._show_span(None)
        self._offer()

    def refresh(self) -> None:
        """Called by the window's timer."""
        self._ticks += 1
        if self._ticks % _EVERY == 0:
            self._offer()

    def _show_span(self, span: tuple[float, float] | None) -> None:
        self._span = span
        self._clear.setVisible(span is not None)
        self._about_interval.setVisible(span is not None)
        if span is not None:
            self._about_interval.setText(
                self.tr("{start} to {end} ({span})").format(
                    start=fmt.clock(span[0]), end=fmt.clock(span[1]), span=fmt.span(span[1] - span[0])
                )
            )
        for page in self._pages.values():
            page.show_interval(span)

    def _page(self, tab: Tab) -> Page:
        """The page of a tab, which is made if it was never wanted."""
        page = self._pages.get(tab)
        if page is None:
            page = self._pages[tab] = tab.make(self._desk, self._theme)
            self._stack.addWidget(page)
            page.wanted.connect(self._page_wanted)
            page.show_target(self._target)
            page.show_interval(self._span)
        return page

    def _offer(self) -> None:
        """Show the tabs of pages that have something to show, and have the one in front look again."""
        if not self.bar.count():
            return
        shows = [tab.shows(self._target, self._desk) for tab in TABS]
        for place, show in enumerate(shows):
            if self.bar.isTabVisible(place) != show:
                self.bar.setTabVisible(place, show)
        self.setVisible(any(shows))
        current = self.bar.currentIndex()
        if any(shows) and (current < 0 or not shows[current]):
            # Hiding a tab moves the choice on to a neighbour, which may be hidden in its turn.
            self.bar.setCurrentIndex(shows.index(True))
        elif any(shows):
            self._chosen(current)

    @Slot(int)
    def _chosen(self, place: int) -> None:
        if place >= 0:
            page = self._page(TABS[place])
            self._stack.setCurrentWidget(page)
            page.refresh()

    @Slot()
    def _page_wanted(self) -> None:
        page = self.sender()
        if isinstance(page, Page):
            self.bring_up(page.tab)

    @Slot(bool)
    def _room_toggled(self, more: bool) -> None:  # noqa: FBT001 - Qt's signature
        self.room.setArrowType(Qt.ArrowType.DownArrow if more else Qt.ArrowType.UpArrow)
        self.room_wanted.emit(more)

    @Slot()
    def _clear_clicked(self) -> None:
        self.clear_interval()
        self.interval_cleared.emit()
