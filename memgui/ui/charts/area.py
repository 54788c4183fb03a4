"""The middle of the window: tiles and charts of one target on one axis. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from memgui.protocol.metrics import device_of
from memgui.ui import format as fmt
from memgui.ui.charts import series
from memgui.ui.charts.axismap import AxisMap
from memgui.ui.charts.chart import ChartCard
from memgui.ui.charts.frame import Frame
from memgui.ui.charts.inspector import Inspector
from memgui.ui.charts.keys import press
from memgui.ui.charts.lane import Lane
from memgui.ui.charts.pacing import Pacing
from memgui.ui.charts.stack import Stack
from memgui.ui.charts.staging import PlacedEvents, chosen_finding, follow, frame_of
from memgui.ui.charts.tile import TileRow
from memgui.ui.charts.tile_texts import tile_texts
from memgui.ui.charts.viewport import Viewport
from memgui.ui.i18n import translate
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.analysis.finding import Finding
    from memgui.link.target import LiveTarget

_GAP_PX = 9


class ChartArea(QWidget):
    """Tiles and charts of one target; the window's timer calls `refresh`, which draws only what changed.

    Attributes:
        live_changed: True when the view follows the newest sample again, False when it stopped following.
        interval_marked: start and end of a marked interval, Unix seconds.
    """

    live_changed = Signal(bool)
    interval_marked = Signal(float, float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._target: LiveTarget | None = None
        self._finding: Finding | None = None
        self._device: str | None = None
        self._was_live = True
        self._pacing = Pacing()
        self._viewport = Viewport()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(translate("charts", "Memory charts"))
        self.tiles = TileRow(theme, self)
        self._stack = QWidget(self)
        self.no_device = QLabel(self._stack)
        self.no_device.setProperty("role", "small")
        self.no_device.setText(translate("charts", "No GPU in use by this process; host memory has the room."))
        self.device_card = ChartCard("device", translate("charts", "GPU memory"), theme, self._stack)
        self.host_card = ChartCard("host", translate("charts", "Host memory"), theme, self._stack)
        self.step_card = ChartCard("step", translate("charts", "Step time"), theme, self._stack)
        self.lane = Lane(theme, self._stack)
        self._cards = (self.device_card, self.host_card, self.step_card)
        self._lay_out()
        self.inspector = Inspector(self._stack, self._cards, self.lane, self._viewport, theme)
        self.inspector.moved.connect(self._moved)
        self.inspector.interval_marked.connect(self.interval_marked)
        for card in self._cards:
            card.toggled.connect(self._redraw)
        self._show_device(None)
        self._redraw()

    def _lay_out(self) -> None:
        stack = QVBoxLayout(self._stack)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(_GAP_PX)
        stack.addWidget(self.no_device)
        stack.addWidget(self.device_card, 30)
        stack.addWidget(self.host_card, 30)
        stack.addWidget(self.step_card, 13)
        stack.addWidget(self.lane)
        self.device_card.setMinimumHeight(90)
        self.host_card.setMinimumHeight(96)
        self.step_card.setMinimumHeight(60)
        self.step_card.setMaximumHeight(110)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(_GAP_PX)
        column.addWidget(self.tiles)
        column.addWidget(self._stack, 1)

    # ---- what the window asks for --------------------------------------------------------------------------------

    @property
    def live(self) -> bool:
        """True while the view follows the newest sample."""
        return self._viewport.live

    @property
    def visible_range(self) -> tuple[float, float]:
        """What the axis shows: Unix seconds, or steps."""
        seen = self._viewport.stretch()
        return seen.low, seen.high

    @property
    def has_drawn(self) -> bool:
        """There are curves in sight."""
        return bool(self.host_card.plot.curves)

    @property
    def axis(self) -> str:
        """ "time" or "step"."""
        return self._viewport.axis

    def show_target(self, target: LiveTarget | None) -> None:
        """Show another target, live; None for none."""
        if target is self._target:
            return
        self._target, self._finding = target, None
        self._viewport.go_live()
        self._tell_live()
        self._redraw()

    def refresh(self) -> None:
        """Redraw what changed since the last frame, at most one frame per pixel column of a live view."""
        target = self._target
        if target is not None and self.isVisible() and self._pacing.is_due(target, self._viewport, self._columns()):
            self._redraw(figures=self._pacing.is_to_be_told(target))

    def set_span(self, seconds: float | None) -> None:
        """Width of the live view, None for everything; a paused view keeps its right end."""
        extent = AxisMap(self._target.timeline, self.axis).extent(seconds) if self._target is not None else None
        self._viewport.set_span(seconds, extent.window if extent is not None else seconds)
        self._moved()

    def set_axis(self, axis: str) -> None:
        """Show time or steps; a frozen view stays where it is in the run.

        Args:
            axis: "time" or "step".
        """
        if axis == self._viewport.axis:
            return
        seen = self._viewport.stretch()
        before = AxisMap(self._target.timeline, self._viewport.axis) if self._target is not None else None
        self._viewport.axis = axis
        if self._target is not None and before is not None and not self._viewport.live:
            timeline = self._target.timeline
            after = AxisMap(timeline, axis)
            low, high = before.time_of(seen.low), before.time_of(seen.high)
            self._viewport.show(
                after.x_of(low if low is not None else timeline.first_t or 0.0),
                after.x_of(high if high is not None else timeline.last_t or 0.0),
            )
        self._moved()

    def set_paused(self, paused: bool) -> None:  # noqa: FBT001 - the slot of a toggle
        """Freeze the view while the data go on, or return to live."""
        if paused != (not self._viewport.live):
            self._viewport.set_paused(paused)
            self._moved()

    def set_theme(self, theme: Theme) -> None:
        """Wear another theme."""
        self._theme = theme
        self.tiles.set_theme(theme)
        for card in self._cards:
            card.set_theme(theme)
        self.lane.set_theme(theme)
        self._redraw()
        self.inspector.set_theme(theme)

    def show_finding(self, finding: Finding | None) -> None:
        """Draw the fit of this finding; None draws that of the most urgent one."""
        self._finding = finding
        self._redraw()

    def select(self, since_s: float, until_s: float) -> None:
        """Mark an interval, as two clicks do, and see what lies in it.

        Args:
            since_s, until_s: Unix seconds.
        """
        if self._target is not None and self._target.timeline.last_t is not None:
            axis = AxisMap(self._target.timeline, self.axis)
            self.inspector.select(axis.x_of(since_s), axis.x_of(until_s))

    def read_out_text(self) -> str:
        """What the crosshair reads, in words; empty while it is away."""
        reading = self.inspector.read_out.reading
        return reading.text() if reading is not None else ""

    def interval_text(self) -> str:
        """What changed in the marked interval, in words; empty without one."""
        reading = self.inspector.interval_box.reading
        return reading.text() if reading is not None else ""

    # ---- drawing -------------------------------------------------------------------------------------------------

    def _columns(self) -> int:
        return self.host_card.plot.columns

    def _redraw(self, *, figures: bool = True) -> None:
        target, device = self._target, self._device
        self._pacing.drawn(target, self._viewport, self._columns())
        if target is not None:
            known = series.choose_device(target.timeline.names, target.timeline.latest) or self._device_kept()
            self._device = self._device_of_finding(target) or known
        else:
            self._device = None
        figures = figures or self._device != device
        if figures:
            self._pacing.told(target)
            self.tiles.show_texts(tile_texts(target, self._device))
        self._show_device(self._device)
        if target is None:
            self._draw_nothing("")
            return
        finding = chosen_finding(target, self._finding, self._device)
        axis = follow(self._viewport, target, self._columns(), forecast=finding is not None)
        if axis is None:
            self._draw_nothing(target.state_text or translate("charts", "waiting for the first sample"))
            return
        frame, events = frame_of(target, self._viewport, axis, self.host_card.plot.area().width(), finding)
        self._draw(target, frame, events, figures=figures)
        self.inspector.set_data(target.timeline, axis)

    def _device_of_finding(self, target: LiveTarget) -> str | None:
        """The device of the chosen finding is the one to look at."""
        found = device_of(self._finding.metric) if self._finding is not None else None
        name = f"{found[0]}.{found[1]}" if found is not None else ""
        return name if f"{name}.allocated_bytes" in target.timeline.names else None

    def _device_kept(self) -> str | None:
        """A device stays on show when its values stop, as those of an ended run do."""
        names = self._target.timeline.names if self._target is not None else ()
        return self._device if self._device and any(name.startswith(f"{self._device}.") for name in names) else None

    def _show_device(self, device: str | None) -> None:
        self.device_card.setVisible(device is not None)
        has_data = self._target is not None and self._target.timeline.last_t is not None
        self.no_device.setVisible(device is None and has_data)

    def _draw(self, target: LiveTarget, frame: Frame, events: PlacedEvents, *, figures: bool) -> None:
        names = set(target.timeline.names)
        fit_role = None if frame.fit is None else "host" if frame.fit.device is None else "device"
        wanted = {
            "device": series.device_series(self._device) if self._device else (),
            "host": series.HOST,
            "step": series.STEP,
        }
        for card in self._cards:
            # On a run without device the host's memory is what there is to compose; a growth is seen on its line.
            suits = card.role == "device" or (self._device is None and fit_role is None)
            card.set_stack(self._stack_of(card, names), suits=suits)
            shown = tuple(item for item in wanted[card.role] if item.metric in names)
            if card.stack is not None:
                # Which bands are worth a place in the legend is a figure too.
                shown = (() if figures else card.bands) or card.stack.series(target.timeline)
            # The fit is about one line, which is not there among bands.
            card.set_series(shown, with_fit=card.role == fit_role and card.stack is None)
            if card.isVisible():
                card.set_message(self._message(card, shown))
                card.draw(frame, self._limit(target, card.role))
        if self._device:
            self.device_card.set_title(translate("charts", "GPU memory"), self._device.replace(".", ":"))
        middle = self.step_card.median()
        self.step_card.set_title(translate("charts", "Step time"), self._median_words(middle))
        self.lane.draw(frame, events)

    def _stack_of(self, card: ChartCard, names: set[str]) -> Stack | None:
        if not card.is_bytes or (card.role == "device" and self._device is None):
            return None
        stack = Stack(self._device if card.role == "device" else None)
        return stack if stack.can_be_drawn(names) else None

    def _median_words(self, seconds: float | None) -> str:
        if seconds is None:
            return ""
        return translate("charts", "median {duration}").format(duration=fmt.duration(seconds))

    def _message(self, card: ChartCard, shown: tuple[series.Series, ...]) -> str:
        if not shown:
            if card.role == "step":
                return translate("charts", "no step seen yet")
            return translate("charts", "no reading yet")
        return "" if card.visible_series() else translate("charts", "all series are hidden")

    def _limit(self, target: LiveTarget, role: str) -> tuple[str, float] | None:
        if role == "host" and target.limit is not None:
            size = target.limit[1]
            return translate("charts", "limit {size}").format(size=fmt.size(size)), size
        if role == "device" and self._device:
            total = target.timeline.latest(f"{self._device}.device_total_bytes")
            if total:
                return translate("charts", "capacity {size}").format(size=fmt.size(total)), total
        return None

    def _draw_nothing(self, message: str) -> None:
        for card in self._cards:
            card.clear()
        self.host_card.set_message(message)
        self.lane.draw(None, ())
        self.inspector.set_data(None, None)

    def _moved(self) -> None:
        self._tell_live()
        self._redraw()

    def _tell_live(self) -> None:
        if self._was_live != self._viewport.live:
            self._was_live = self._viewport.live
            self.live_changed.emit(self._was_live)

    # ---- Qt ------------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A new width has other columns."""
        super().resizeEvent(event)
        self._redraw()

    def showEvent(self, event: QShowEvent) -> None:
        """Hidden charts are not drawn; catch up."""
        super().showEvent(event)
        self._redraw()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Plus and minus zoom, arrows pan, Home and End go to the ends, Escape clears; with Shift, arrows read."""
        if self._target is None or not press(event, self._viewport, self.inspector):
            super().keyPressEvent(event)
