"""One chart card: title, legend, plot. GUI thread."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from memgui.store.thinning import median
from memgui.ui.charts import ink
from memgui.ui.charts.bands import explain_band
from memgui.ui.charts.fit import Fit
from memgui.ui.charts.frame import Frame, Limit, paint_above, paint_below, paint_receipt_texts
from memgui.ui.charts.layer import Curve
from memgui.ui.charts.legend import Chip, More
from memgui.ui.charts.plot import Floats, PlotView, bridged
from memgui.ui.charts.series import Series, words_of
from memgui.ui.charts.stack import Stack
from memgui.ui.charts.strip import Strip
from memgui.ui.charts.ticks import byte_ticks, ceiling, second_ticks
from memgui.ui.i18n import explain, translate
from memgui.ui.theme import Theme

FIT = "fit"
_HEADER_PX = 30
_TITLE_PX = 12
_ASIDE_GAP_PX = 8
# A limit further away than this would squash the data; a word at the upper edge points at it instead.
_LIMIT_IN_SIGHT = 1.6
# A step that took this many times the median, such as one with a checkpoint, may leave the strip at the top.
_SPIKE = 3.0
# A sample between two slow steps has no step time; that is no gap in the data until it has lasted.
_STEP_GAP_S = 10.0


class ChartCard(QWidget):
    """Curves of one kind.

    Attributes:
        toggled: a person showed or hid a series, or changed between lines and bands.
    """

    toggled = Signal()

    def __init__(self, role: str, title: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.role = role
        self._title, self._aside, self._message = title, "", ""
        self._theme = theme
        self._series: tuple[Series, ...] = ()
        self._hidden: set[str] = set()
        self._chips: dict[str, Chip] = {}
        # Width that chips and switch take of the header.
        self._chips_px = 0
        self._frame: Frame | None = None
        self._strip = Strip()
        self._limit: Limit | None = None
        self._has_fit = False
        self._stack: Stack | None = None
        # None until a person has chosen; then the chart shows what suits what is known.
        self._chosen: bool | None = None
        self._suits = False
        self.plot = PlotView(theme, self)
        self.plot.paint_below = self._paint_below
        self.plot.paint_above = self._paint_above
        self.plot.setAccessibleName(title)
        self._header = QHBoxLayout()
        self._header.setContentsMargins(0, 0, 8, 0)
        self._header.setSpacing(4)
        self._header.addStretch(1)
        self.switch = QPushButton()
        self.switch.setProperty("role", "link")
        self.switch.setProperty("scale", "tight")
        self.switch.clicked.connect(self._switch)
        self.switch.setAccessibleName(translate("charts", "Lines or composition"))
        self.switch.hide()
        self._more = More(self)
        self._header.addWidget(self._more)
        self._header.addWidget(self.switch)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 5, 1, 3)
        column.setSpacing(0)
        holder = QWidget(self)
        holder.setFixedHeight(_HEADER_PX - 5 if self.is_bytes else _HEADER_PX - 9)
        holder.setLayout(self._header)
        # Chips follow the width, and must not keep it.
        holder.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        column.addWidget(holder)
        column.addWidget(self.plot, 1)
        self.setAccessibleName(title)

    # ---- what it shows -------------------------------------------------------------------------------------------

    @property
    def is_bytes(self) -> bool:
        """False for the strip of step times."""
        return self.role != "step"

    @property
    def limit(self) -> Limit | None:
        """The limit as it is shown."""
        return self._limit

    def chip(self, name: str) -> Chip:
        """The legend's chip of a series, or of the fit."""
        return self._chips[name]

    def is_hidden(self, name: str) -> bool:
        """True where a person switched a series off."""
        return name in self._hidden

    def visible_series(self) -> tuple[Series, ...]:
        """What is drawn, in the order of the legend."""
        return tuple(series for series in self._series if series.metric not in self._hidden)

    def set_title(self, title: str, aside: str = "") -> None:
        """The title, and a quiet word beside it."""
        if (title, aside) != (self._title, self._aside):
            self._title, self._aside = title, aside
            self.setAccessibleName(title)
            self.plot.setAccessibleName(title)
            self.update()

    def set_message(self, message: str) -> None:
        """Words in the middle of an empty plot; none for an empty text."""
        if message != self._message:
            self._message = message
            self.plot.viewport().update()

    @property
    def stack(self) -> Stack | None:
        """The bands that are drawn in place of lines; None while lines are drawn."""
        return self._stack if self._shows_stack() else None

    @property
    def bands(self) -> tuple[Series, ...]:
        """The bands of the legend; none while it has lines."""
        return tuple(series for series in self._series if series.value is not None)

    def set_stack(self, stack: Stack | None, *, suits: bool) -> None:
        """The bands that could be drawn, None where there are none; `suits`: they are, unless a person chose lines."""
        if (stack, suits) != (self._stack, self._suits):
            self._stack, self._suits = stack, suits
            self._name_switch()

    def _shows_stack(self) -> bool:
        return self._suits if self._chosen is None else self._chosen

    def show_composition(self, wanted: bool) -> None:  # noqa: FBT001 - a plain setter
        """Draw bands, where there are some, or lines."""
        self._chosen = wanted
        self._name_switch()
        self.toggled.emit()

    def _switch(self) -> None:
        self.show_composition(not self._shows_stack())

    def _name_switch(self) -> None:
        self.switch.setVisible(self._stack is not None)
        self.switch.setText(
            translate("charts", "as lines") if self._shows_stack() else translate("charts", "as composition")
        )
        self.switch.setToolTip(translate("charts", "Lines of single metrics, or what the memory is made of, stacked."))
        self._fit_chips()

    def set_series(self, series: Sequence[Series], *, with_fit: bool) -> None:
        """Which series there are; chips follow."""
        if tuple(series) == self._series and with_fit == self._has_fit:
            return
        self._series, self._has_fit = tuple(series), with_fit
        for chip in self._chips.values():
            self._header.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._chips = {}
        if len(series) > 1:
            for item in series:
                label = words_of(item)
                hover = explain(item.metric) if item.value is None else explain_band(item.metric)
                self._add_chip(item.metric, label, label, hover)
        if with_fit:
            long, short = translate("charts", "growth, forecast"), translate("charts", "growth")
            hover = translate("charts", "The line that the finding on the right is about, and how it goes on.")
            self._add_chip(FIT, long, short, hover)
        self._dress_chips()
        self._fit_chips()

    def _add_chip(self, name: str, label: str, short: str, hover: str) -> None:
        chip = Chip(name, label, short, self._theme, self)
        chip.setToolTip(hover)
        chip.setChecked(name not in self._hidden)
        chip.switched.connect(self.set_shown)
        self._chips[name] = chip
        self._header.insertWidget(self._header.count() - 2, chip)

    def set_shown(self, name: str, shown: bool) -> None:  # noqa: FBT001 - Qt's own signature
        """Show or hide a series."""
        (self._hidden.discard if shown else self._hidden.add)(name)
        self.toggled.emit()

    def set_theme(self, theme: Theme) -> None:
        """Wear another theme; curves follow with the next `draw`."""
        self._theme = theme
        self.plot.set_theme(theme)
        self._dress_chips()
        self.update()

    def _dress_chips(self) -> None:
        for name, chip in self._chips.items():
            chip.set_look(self._theme, self._theme.bad if name == FIT else self._theme.series_colour(name))

    def _fit_chips(self) -> None:
        room = self.width() - 20.0 - ink.text_width(self._theme, self._theme.text_px, self._title, bold=True)
        if self._stack is not None:
            room -= self.switch.sizeHint().width() + 4
        chips = list(self._chips.values())
        short = sum(chip.width_of(short=False) + 4 for chip in chips) > room
        ends = list(accumulate(chip.width_of(short=short) + 4 for chip in chips))
        if ends and ends[-1] > room:
            room -= self._more.sizeHint().width() + 4
        for chip, end in zip(chips, ends, strict=True):
            chip.set_short(short)
            chip.setVisible(end <= room)
        self._more.hold([chip for chip, end in zip(chips, ends, strict=True) if end > room])
        shown: list[QWidget] = [chip for chip in (*chips, self._more) if not chip.isHidden()]
        shown += [self.switch] if self._stack is not None else []
        self._chips_px = sum(widget.sizeHint().width() + self._header.spacing() for widget in shown)

    # ---- drawing -------------------------------------------------------------------------------------------------

    def draw(self, frame: Frame, limit: tuple[str, float] | None) -> None:
        """Fetch and show the visible stretch, at most two points a pixel column."""
        self._frame = frame
        curves = self._lines(frame) if self.stack is None else self._bands(frame, self.stack)
        need = self._need(curves)
        before, self._limit = self._limit, self._limit_of(limit, need)
        if before != self._limit:
            self.update()
        if self._limit is not None and self._limit.drawn:
            need = max(need, self._limit.value)
        top = ceiling(max(need, self._fit_top(need)), binary=self.is_bytes)
        # A label needs its own height and some air.
        rows = max(1, int(self.plot.area().height() // 22))
        marks = (byte_ticks if self.is_bytes else second_ticks)(top, min(rows, 6))
        self.plot.draw(curves, (frame.low, frame.high), top, frame.x_ticks, marks, past=self._past(frame))

    def _lines(self, frame: Frame) -> list[Curve]:
        shown = self.visible_series()[::-1]
        ground, levels = self._read(frame, [series.metric for series in shown])
        curves = []
        for series, y in zip(shown, levels, strict=False):
            x = ground
            if not self.is_bytes:
                x, y = bridged(x, y, _STEP_GAP_S if frame.axis == "time" else math.inf)
            if len(x):
                curves.append(Curve(series.metric, x, y, self._theme.series_colour(series.metric), series.fill))
        return curves

    def _bands(self, frame: Frame, stack: Stack) -> list[Curve]:
        names = stack.told(frame.timeline.names)
        return stack.curves(*self._read(frame, names), names, self._hidden, self._theme)

    def _read(self, frame: Frame, names: Sequence[str]) -> tuple[Floats, Floats]:
        columns, span, timeline = self.plot.columns_for(len(names)), (frame.low, frame.high), frame.timeline
        if frame.axis == "time":
            return self._strip.read(timeline, names, span, columns, past=timeline.rewritten)
        return timeline.windows(names, *span, columns, axis=frame.axis)

    def _past(self, frame: Frame) -> object:
        """What was drawn stays true while this is the same."""
        timeline = frame.timeline
        return (id(timeline), timeline.rewritten) if frame.axis == "time" else object()

    def clear(self) -> None:
        """Show no data."""
        self._frame, self._limit = None, None
        self.set_message("")
        self.plot.draw((), (0.0, 1.0), 1.0, (), ())

    def _need(self, curves: Sequence[Curve]) -> float:
        tops = (float(np.fmax.reduce(curve.y, initial=np.nan)) for curve in curves)
        highest = [top for top in tops if not math.isnan(top)]
        if self.is_bytes or not highest:
            return max(highest, default=0.0)
        return min(max(highest), _SPIKE * (self._median_of(curves) or math.inf))

    def median(self) -> float | None:
        """Median of what is drawn of the first series; None where there is nothing."""
        return self._median_of(self.plot.curves)

    def _median_of(self, curves: Sequence[Curve]) -> float | None:
        known = curves[-1].y[~np.isnan(curves[-1].y)] if curves else np.empty(0)
        return median(known) if len(known) else None

    def _limit_of(self, limit: tuple[str, float] | None, need: float) -> Limit | None:
        if limit is None or need <= 0:
            return None
        drawn = limit[1] <= need * _LIMIT_IN_SIGHT
        return Limit(limit[0], limit[1], drawn, in_header=not drawn and self._has_header_room(f"{limit[0]} ↑"))

    def _has_header_room(self, text: str) -> bool:
        used = _TITLE_PX + ink.text_width(self._theme, self._theme.text_px, self._title, bold=True) + _ASIDE_GAP_PX
        if self._aside:
            text = f"{self._aside} · {text}"
        return used + ink.text_width(self._theme, self._theme.small_px, text) + 24 + self._chips_px <= self.width()

    def _header_words(self) -> str:
        limit = f"{self._limit.text} ↑" if self._limit is not None and self._limit.in_header else ""
        return " · ".join(part for part in (self._aside, limit) if part)

    def _fit_top(self, need: float) -> float:
        fit = self._shown_fit()
        if fit is None or self._frame is None:
            return 0.0
        return min(max((y for x, y in (*fit.forecast, *fit.band)), default=0.0), need * 1.3)

    def _shown_fit(self) -> Fit | None:
        if self._frame is None or not self._has_fit or FIT in self._hidden:
            return None
        return self._frame.fit

    def _paint_below(self, painter: QPainter, plot: PlotView) -> None:
        if self._frame is not None:
            paint_below(painter, plot, self._frame, self._theme, self._shown_fit())

    def _paint_above(self, painter: QPainter, plot: PlotView) -> None:
        if self._frame is not None and not self._message:
            fit = self._shown_fit()
            words = self.role == "host"
            flags = paint_above(painter, plot, self._frame, self._theme, fit, self._limit, words=words)
            if self.is_bytes:
                paint_receipt_texts(plot, self._frame, self._theme, flags, on_device=self.role == "device")
        if self._message:
            metrics = ink.metrics_of(self._theme, self._theme.text_px)
            area = plot.area()
            at = QPointF(area.center().x() - metrics.horizontalAdvance(self._message) / 2, area.center().y())
            ink.paint_text(painter, self._theme, self._theme.text_px, at, self._message, self._theme.muted)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten the legend where it is narrow."""
        super().resizeEvent(event)
        self._fit_chips()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Card, title, aside."""
        theme = self._theme
        painter = QPainter(self)
        ink.paint_card(painter, QRectF(self.rect()), theme)
        painter.setFont(ink.font_of(theme, theme.text_px, bold=True))
        painter.setPen(QColor(theme.text))
        painter.drawText(QPointF(_TITLE_PX, 22), self._title)
        x = _TITLE_PX + ink.text_width(theme, theme.text_px, self._title, bold=True) + _ASIDE_GAP_PX
        ink.paint_text(painter, theme, theme.small_px, QPointF(x, 22), self._header_words(), theme.muted)
        painter.end()
