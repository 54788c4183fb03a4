"""What all charts draw from at one instant, and the notes they paint around their curves. GUI thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter

from memgui.ui.charts import ink
from memgui.ui.charts.fit import Fit, Point
from memgui.ui.charts.marks import ReceiptMark
from memgui.ui.charts.plot import PlotView
from memgui.ui.charts.polygon import polygon_of
from memgui.ui.charts.ticks import Tick
from memgui.ui.i18n import translate
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.store.timeline import Timeline

RIGHT_SLACK_PX = 8
# Between words that are not of one sentence.
_GAP_PX = 8.0
# With less room to the right of it, the line «now» would only be a second edge.
_NOW_ROOM_PX = 30.0


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
    painter: QPainter, plot: PlotView, frame: Frame, theme: Theme, fit: Fit | None, limit: Limit | None, *, flags: bool
) -> None:
    """What lies on the curves: limit, fit, receipts, now, end; `flags` writes the words beside the lines."""
    area = plot.area()
    painter.setClipRect(area.adjusted(0, -6, RIGHT_SLACK_PX, 2))
    taken: list[QRectF] = []
    for mark in frame.receipts:
        painter.setPen(ink.dashed_pen(theme.good if mark.freed else theme.warn, 1.5, 3.0))
        _draw_column(painter, plot, mark.x)
    if frame.now_x is not None and area.right() - plot.x_pixel(frame.now_x) > _NOW_ROOM_PX:
        word = translate("charts", "now") if flags else ""
        taken.append(_paint_upright(painter, plot, frame.now_x, word, theme.muted, theme.muted, theme))
    if frame.end is not None:
        word = frame.end[1] if flags else ""
        taken.append(_paint_upright(painter, plot, frame.end[0], word, theme.muted, theme.text, theme))
    if fit is not None:
        taken.append(_paint_fit(painter, plot, fit, theme))
    if limit is not None and not limit.in_header:
        _paint_limit(painter, plot, limit, theme, taken)


def paint_receipt_texts(painter: QPainter, plot: PlotView, frame: Frame, theme: Theme, *, on_device: bool) -> None:
    """The changes beside the receipts' lines, on the chart whose memory changed; later ones go one line down."""
    area = plot.area()
    taken: list[QRectF] = []
    for mark in frame.receipts:
        x = plot.x_pixel(mark.x)
        if mark.on_device != on_device or not area.left() <= x <= area.right():
            continue
        wide = ink.text_width(theme, theme.small_px, mark.text)
        for row in range(3):
            top = area.top() + 18 + row * 15
            wanted = QRectF(x + 6, top, wide, 14)
            if not any(wanted.intersects(other) for other in taken):
                colour = theme.good if mark.freed else theme.warn
                taken.append(ink.paint_flag(painter, theme, x, top, (area.left(), area.right()), mark.text, colour))
                break


def _paint_limit(painter: QPainter, plot: PlotView, limit: Limit, theme: Theme, taken: list[QRectF]) -> None:
    area = plot.area()
    metrics = ink.metrics_of(theme, theme.small_px)
    text = limit.text if limit.drawn else f"{limit.text} ↑"
    wide, high = ink.text_width(theme, theme.small_px, text), metrics.height()
    x, top = area.right() - wide - 4, area.top() - 1
    if limit.drawn:
        y = round(plot.y_pixel(limit.value)) + 0.5
        painter.setPen(ink.dashed_pen(theme.bad))
        painter.drawLine(QLineF(area.left(), y, area.right(), y))
        top = y + 2
    tried = (QRectF(x, top + row * high, wide, high) for row in range(3))
    kept_free = [other.adjusted(-_GAP_PX, 0, _GAP_PX, 0) for other in taken]
    place = next((one for one in tried if not any(one.intersects(other) for other in kept_free)), None)
    if place is not None:
        ink.paint_plated(painter, theme, place, text, theme.bad if limit.drawn else theme.muted)


def _paint_fit(painter: QPainter, plot: PlotView, fit: Fit, theme: Theme) -> QRectF:
    painter.save()
    area = plot.area()
    painter.setClipRect(area)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(ink.dashed_pen(theme.bad))
    for start, end in (fit.past, fit.forecast):
        painter.drawLine(QPointF(*_pixel(plot, start)), QPointF(*_pixel(plot, end)))
    painter.restore()
    if plot.x_pixel(fit.begin_x) < area.left():
        # It began before what is seen: say so at the edge.
        bounds = (area.left(), area.right())
        return ink.paint_flag(
            painter, theme, area.left() - 2, area.top() - 1, bounds, f"◂ {fit.begin_words[1]}", theme.bad
        )
    faded = ink.with_alpha(theme.bad, 0.75).name(QColor.NameFormat.HexArgb)
    return _paint_upright(painter, plot, fit.begin_x, fit.begin_words[0], faded, theme.bad, theme)


def _paint_upright(
    painter: QPainter, plot: PlotView, x: float, text: str, colour: str, text_colour: str, theme: Theme
) -> QRectF:
    painter.setPen(ink.line_pen(colour))
    area = plot.area()
    if not _draw_column(painter, plot, x) or not text:
        return QRectF()
    bounds = (area.left(), area.right())
    return ink.paint_flag(painter, theme, plot.x_pixel(x), area.top() - 1, bounds, text, text_colour)


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
