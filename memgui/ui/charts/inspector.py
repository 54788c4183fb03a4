"""Reading the charts by hand: crosshair, zoom, marked interval. GUI thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QWidget

from memgui.ui.charts.axismap import AxisMap
from memgui.ui.charts.chart import ChartCard
from memgui.ui.charts.gestures import Gestures
from memgui.ui.charts.lane import Lane
from memgui.ui.charts.overlay import Overlay, Sight
from memgui.ui.charts.reading import Reading, at_cursor, over_interval
from memgui.ui.charts.readout import ReadOut
from memgui.ui.charts.series import Series
from memgui.ui.charts.viewport import Viewport
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.store.timeline import Timeline

_WHEEL_FACTOR = 0.8


class Inspector(QObject):
    """Turns gestures into views and readings.

    Attributes:
        moved: the viewport was changed by hand.
        interval_marked: start and end, Unix seconds.
    """

    moved = Signal()
    interval_marked = Signal(float, float)

    def __init__(
        self, stack: QWidget, cards: Sequence[ChartCard], lane: Lane, viewport: Viewport, theme: Theme
    ) -> None:
        super().__init__(stack)
        self._stack, self._cards, self._lane, self._viewport, self._theme = stack, tuple(cards), lane, viewport, theme
        self._timeline: Timeline | None = None
        self._axis: AxisMap | None = None
        self._cursor_x: float | None = None
        self._cursor_y = 0
        self._drag: tuple[float, float] | None = None
        self._marks: tuple[float, ...] = ()
        self._marks_before: tuple[float, ...] = ()
        self._is_quiet = False
        self.overlay = Overlay(theme, stack)
        self.read_out = ReadOut(theme, stack)
        self.interval_box = ReadOut(theme, stack, strong=True)
        self.gestures = Gestures(self)
        for card in self._cards:
            self.gestures.watch(card.plot.viewport())
            card.toggled.connect(self.refresh)
        gestures = self.gestures
        gestures.hovered.connect(self._hover)
        gestures.left.connect(self._leave)
        gestures.dragging.connect(self._dragging)
        gestures.dragged.connect(self._dragged)
        gestures.panned.connect(self._pan)
        gestures.clicked.connect(self._click)
        gestures.double_clicked.connect(self._double_click)
        gestures.wheeled.connect(self._wheel)

    # ---- state ---------------------------------------------------------------------------------------------------

    @property
    def marks(self) -> tuple[float, ...]:
        """Ends of the interval in axis units: none, one or two."""
        return self._marks

    def set_theme(self, theme: Theme) -> None:
        """Wear another theme."""
        self._theme = theme
        for part in (self.overlay, self.read_out, self.interval_box):
            part.set_theme(theme)
        self.refresh()

    def set_data(self, timeline: Timeline | None, axis: AxisMap | None) -> None:
        """Read from this timeline; marks and crosshair of another one, or of another axis, are dropped."""
        kept = self._axis is not None and axis is not None and axis.axis == self._axis.axis
        if timeline is not self._timeline or not kept:
            self._cursor_x, self._marks, self._drag = None, (), None
        self._timeline, self._axis = timeline, axis
        self.refresh()

    def clear(self) -> bool:
        """Drop drag, marks, crosshair; False where there was nothing to drop."""
        had = bool(self._marks or self._drag or self._cursor_x is not None)
        self.gestures.cancel()
        self._drag, self._marks, self._cursor_x = None, (), None
        self.refresh()
        return had

    # ---- gestures ------------------------------------------------------------------------------------------------

    def _reference(self) -> ChartCard:
        return next((card for card in self._cards if card.isVisible()), self._cards[-1])

    def _x_at(self, px: float) -> float:
        area = self._reference().plot.area()
        seen = self._viewport.stretch()
        return seen.low + (min(max(px, area.left()), area.right()) - area.left()) / area.width() * seen.width

    def _hover(self, px: float, widget: QWidget) -> None:
        area = self._reference().plot.area()
        if self._timeline is None or not area.left() - 2 <= px <= area.right() + 2:
            self._leave()
            return
        self._cursor_x = self._x_at(px)
        self._cursor_y = widget.mapTo(self._stack, QPoint(0, widget.height() // 2)).y()
        self.refresh()

    def _leave(self) -> None:
        if self._cursor_x is not None:
            self._cursor_x = None
            self.refresh()

    def move_cursor(self, columns: float) -> None:
        """Move the crosshair by pixel columns, as the keyboard does; it starts in the middle."""
        seen = self._viewport.stretch()
        if self._timeline is None:
            return
        if self._cursor_x is None:
            self._cursor_x = (seen.low + seen.high) / 2
        else:
            step = seen.width / self._reference().plot.columns * columns
            self._cursor_x = min(max(self._cursor_x + step, seen.low), seen.high)
        card = self._reference()
        self._cursor_y = card.mapTo(self._stack, QPoint(0, card.height() // 2)).y()
        self.refresh()

    def mark_cursor(self) -> None:
        """Mark where the crosshair is, as a click does."""
        if self._cursor_x is not None:
            self._mark(self._cursor_x)

    def _dragging(self, start: float, now: float) -> None:
        if self._timeline is not None:
            self._drag = (self._x_at(start), self._x_at(now))
            self.refresh()

    def _dragged(self, start: float, end: float) -> None:
        self._drag = None
        if self._timeline is not None:
            self._viewport.show(self._x_at(start), self._x_at(end))
            self.moved.emit()

    def _pan(self, pixels: float) -> None:
        if self._timeline is not None:
            self._viewport.pan(-pixels / self._reference().plot.columns)
            self.moved.emit()

    def _wheel(self, px: float, notches: float) -> None:
        if self._timeline is not None:
            self._viewport.zoom(_WHEEL_FACTOR**notches, self._x_at(px))
            self.moved.emit()

    def _click(self, px: float) -> None:
        if self._timeline is not None:
            self._marks_before = self._marks
            self._mark(self._x_at(px))

    def _double_click(self) -> None:
        # Its first half was a click; take that back.
        self._marks = self._marks_before if len(self._marks_before) == 2 else ()
        self._viewport.go_live()
        self.moved.emit()

    def select(self, first: float, last: float) -> None:
        """Mark an interval in axis units; the box with its changes stays away, since the curves are to be seen."""
        self._marks = (first,)
        self._mark(last)
        self._is_quiet = True
        self.refresh()

    def _mark(self, x: float) -> None:
        self._is_quiet = False
        self._marks = (x,) if len(self._marks) != 1 else (self._marks[0], x)
        if len(self._marks) == 2 and self._axis is not None:
            ends = [self._axis.time_of(end) for end in sorted(self._marks)]
            if ends[0] is not None and ends[1] is not None:
                self.interval_marked.emit(ends[0], ends[1])
        self.refresh()

    # ---- showing -------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Everything anew from the present state; called after each frame and each gesture."""
        self.overlay.setGeometry(self._stack.rect())
        self.overlay.raise_()
        shown = [card for card in self._cards if card.isVisible()]
        is_used = self._cursor_x is not None or self._marks or self._drag is not None
        if not shown or not is_used or self._timeline is None or self._axis is None:
            self.overlay.look(Sight())
            self.read_out.hide()
            self.interval_box.hide()
            return
        plot = shown[0].plot
        shift = plot.viewport().mapTo(self._stack, QPoint(0, 0)).x()
        area = plot.area()
        edges = (shift + area.left(), shift + area.right())
        cursor = None if self._cursor_x is None else shift + plot.x_pixel(self._cursor_x)
        if cursor is not None and not edges[0] - 1 <= cursor <= edges[1] + 1:
            cursor = None
        series = [item for card in shown for item in card.visible_series() if self._has(item)]
        reading = None
        if cursor is not None and self._cursor_x is not None:
            reading = at_cursor(self._timeline, self._axis, self._cursor_x, series, self._theme)
        bands = [self._band(card, card.plot.area().top(), card.plot.area().bottom()) for card in shown]
        if self._lane.isVisible():
            top = self._lane.mapTo(self._stack, QPoint(0, 0)).y()
            bands.append((top + 4.0, top + 33.0))
        drag = None
        if self._drag is not None:
            drag = (shift + plot.x_pixel(self._drag[0]), shift + plot.x_pixel(self._drag[1]))
        marks = tuple(shift + plot.x_pixel(x) for x in self._marks)
        dots = self._dots(shown, cursor) if cursor is not None and reading is not None else ()
        self.overlay.look(Sight(cursor, dots, drag, marks, tuple(bands), edges))
        at = QPoint(round(cursor or 0), self._cursor_y)
        self.read_out.show_reading(reading, at, self._stack.rect())
        self._show_interval(shown, series, marks, edges)

    def _has(self, item: Series) -> bool:
        return self._timeline is not None and (item.value is not None or item.metric in self._timeline.names)

    def _band(self, card: ChartCard, top: float, bottom: float) -> tuple[float, float]:
        shift = card.plot.viewport().mapTo(self._stack, QPoint(0, 0)).y()
        return shift + top, shift + bottom

    def _dots(self, shown: Sequence[ChartCard], cursor: float) -> tuple[tuple[float, float, str], ...]:
        t_s = self._axis.time_of(self._cursor_x) if self._axis and self._cursor_x is not None else None
        timeline = self._timeline
        if t_s is None or timeline is None or timeline.last_t is None or t_s > timeline.last_t:
            return ()
        dots = []
        for card in shown:
            for item in card.visible_series():
                # A band has no line for a dot to sit on.
                value = timeline.at(item.metric, t_s) if item.value is None else None
                if value is not None and value <= card.plot.top:
                    y = self._band(card, card.plot.y_pixel(value), 0.0)[0]
                    dots.append((cursor, y, self._theme.series_colour(item.metric)))
        return tuple(dots)

    def _show_interval(
        self, shown: Sequence[ChartCard], series: Sequence[Series], marks: tuple[float, ...], edges: tuple[float, float]
    ) -> None:
        reading: Reading | None = None
        in_sight = not self._is_quiet and len(marks) == 2 and max(marks) >= edges[0] and min(marks) <= edges[1]
        if in_sight and self._timeline is not None and self._axis is not None:
            ends = (self._marks[0], self._marks[1])
            reading = over_interval(self._timeline, self._axis, ends, series, self._theme)
        card = shown[-2] if len(shown) > 1 else shown[0]
        middle = card.mapTo(self._stack, QPoint(0, card.height() // 2)).y()
        right, left = min(max(marks, default=0.0), edges[1]), max(min(marks, default=0.0), edges[0])
        self.interval_box.show_reading(reading, QPoint(round(right), middle), self._stack.rect(), round(left))
