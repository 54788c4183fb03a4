"""What all charts draw from at one instant, and the notes they paint around their curves. GUI thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter

from memgui.ui.charts import ink
from memgui.ui.charts.fit import Fit, Point
from memgui.ui.charts.flags import Flags
from memgui.ui.charts.marks import ReceiptMark
from memgui.ui.charts.plot import PlotView
from memgui.ui.charts.polygon import polygon_of
from memgui.ui.charts.ticks import Tick
from memgui.ui.i18n import translate
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.store.timeline import Timeline

RIGHT_SLACK_PX = 8
# With less room to the right of it, the line «now» would only be a second edge.
_NOW_ROOM_PX = 30.0
# From the upper edge to the first change of a receipt.
_RECEIPT_PX = 18.0


@dataclass(frozen=True)
class Frame:
    """One stretch of one timeline.

    Attributes:
        now_x: the newest sample, None where the view does not follow it.
        end: where the data end for good or for now, and why.
    """

    timeline: Timeline
    axis: str
    low: float
    high: float
    x_ticks: tuple[Tick, ...]
    fit: Fit | None = None
    now_x: float | None = None
    end: tuple[float, str] | None = None
    receipts: tuple[ReceiptMark, ...] = ()


@dataclass(frozen=True)
class Limit:
    """A horizontal line that must not be reached.

    Attributes:
        drawn: False where it is so far up that drawing it would squash the data; then a word points at it,
            in the plot unless `in_header`.
    """

    text: str
    value: float
    drawn: bool
    in_header: bool = False


def paint_below(painter: QPainter, plot: PlotView, frame: Frame, theme: Theme, fit: Fit | None) -> None:
    """What lies under the curves: the time after the end, the fit's band."""
    area = plot.area()
    if frame.end is not None:
        x = plot.x_pixel(frame.end[0])
        if x < area.right():
            shade = QRectF(QPointF(max(x, area.left()), area.top()), area.bottomRight())
            painter.fillRect(shade, ink.with_alpha(theme.muted, 0.10))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_hatch(theme))
            painter.drawRect(shade)
    if fit is not None and fit.band:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.with_alpha(theme.bad, 0.22))
        painter.drawPolygon(polygon_of([_pixel(plot, point) for point in fit.band]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def paint_above(
    painter: QPainter, plot: PlotView, frame: Frame, theme: Theme, fit: Fit | None, limit: Limit | None, *, words: bool
) -> Flags:
    """What lies on the curves: limit, fit, receipts, now, end.

    Args:
        words: written beside «now» and the end.

    Returns:
        What was written, for what is written besides.
    """
    area = plot.area()
    painter.setClipRect(area.adjusted(0, -6, RIGHT_SLACK_PX, 2))
    flags = Flags(painter, theme, area)
    top = area.top() - 1
    for mark in frame.receipts:
        painter.setPen(ink.dashed_pen(theme.good if mark.freed else theme.warn, 1.5, 3.0))
        _draw_column(painter, plot, mark.x)
    if frame.now_x is not None and area.right() - plot.x_pixel(frame.now_x) > _NOW_ROOM_PX:
        painter.setPen(ink.line_pen(theme.muted))
        if _draw_column(painter, plot, frame.now_x) and words:
            flags.beside(plot.x_pixel(frame.now_x), top, translate("charts", "now"), theme.muted)
    if frame.end is not None:
        painter.setPen(ink.line_pen(theme.muted))
        if _draw_column(painter, plot, frame.end[0]) and words:
            flags.beside(plot.x_pixel(frame.end[0]), top, frame.end[1], theme.text)
    if fit is not None:
        _paint_fit(painter, plot, fit, theme, flags)
    if limit is not None and not limit.in_header:
        _paint_limit(painter, plot, limit, theme, flags)
    return flags


def paint_receipt_texts(plot: PlotView, frame: Frame, theme: Theme, flags: Flags, *, on_device: bool) -> None:
    """The changes beside the receipts' lines, on the chart whose memory changed."""
    area = plot.area()
    for mark in frame.receipts:
        x = plot.x_pixel(mark.x)
        if mark.on_device == on_device and area.left() <= x <= area.right():
            flags.beside(x, area.top() + _RECEIPT_PX, mark.text, theme.good if mark.freed else theme.warn)


def _paint_limit(painter: QPainter, plot: PlotView, limit: Limit, theme: Theme, flags: Flags) -> None:
    area = plot.area()
    text = limit.text if limit.drawn else f"{limit.text} ↑"
    top = area.top() - 1
    if limit.drawn:
        y = round(plot.y_pixel(limit.value)) + 0.5
        painter.setPen(ink.dashed_pen(theme.bad))
        painter.drawLine(QLineF(area.left(), y, area.right(), y))
        top = y + 2
    left = area.right() - ink.text_width(theme, theme.small_px, text) - 4
    flags.at(left, top, text, theme.bad if limit.drawn else theme.muted)


def _paint_fit(painter: QPainter, plot: PlotView, fit: Fit, theme: Theme, flags: Flags) -> None:
    painter.save()
    area = plot.area()
    painter.setClipRect(area)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(ink.dashed_pen(theme.bad))
    for start, end in (fit.past, fit.forecast):
        painter.drawLine(QPointF(*_pixel(plot, start)), QPointF(*_pixel(plot, end)))
    painter.restore()
    x, top = plot.x_pixel(fit.begin_x), area.top() - 1
    if x < area.left():
        # It began before what is seen: say so at the edge.
        flags.beside(area.left() - 2, top, f"◂ {fit.begin_words[1]}", theme.bad)
        return
    painter.setPen(ink.line_pen(ink.with_alpha(theme.bad, 0.75)))
    if _draw_column(painter, plot, fit.begin_x):
        flags.beside(x, top, fit.begin_words[0], theme.bad)


def _draw_column(painter: QPainter, plot: PlotView, x: float) -> bool:
    area = plot.area()
    at = round(plot.x_pixel(x)) + 0.5
    if not area.left() - 1 <= at <= area.right() + 1:
        return False
    painter.drawLine(QLineF(at, area.top(), at, area.bottom()))
    return True


def _pixel(plot: PlotView, point: Point) -> Point:
    return plot.x_pixel(point[0]), plot.y_pixel(point[1])


def _hatch(theme: Theme) -> QBrush:
    return QBrush(ink.with_alpha(theme.muted, 0.18), Qt.BrushStyle.BDiagPattern)
