"""The lane of events and the labels of the shared axis, below the charts. GUI thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from memgui.ui.charts import ink
from memgui.ui.charts.frame import Frame
from memgui.ui.charts.marks import colour_of, hover_of, label_of
from memgui.ui.charts.plot import AXIS_PX, RIGHT_PX
from memgui.ui.i18n import translate
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.store.events import MarkedEvent

_HEIGHT_PX = 54
_DIAMOND_PX = 5.0
_MIDDLE_PX = 17.0
_REACH_PX = 8.0
# Diamonds closer than this are one, with a number.
_MERGE_PX = 7.0
_LEAST_LABEL_PX = 30.0


@dataclass(frozen=True)
class Diamond:
    """One or several events at one place, and the words that found room beside it."""

    x: float
    events: tuple[MarkedEvent, ...]
    label: str = ""


class Lane(QWidget):
    """Diamonds with words; the words make way for each other, the hover text has them all."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._frame: Frame | None = None
        self._placed: tuple[tuple[float, MarkedEvent], ...] = ()
        self._diamonds: tuple[Diamond, ...] = ()
        self.setFixedHeight(_HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName(translate("charts", "Events"))

    @property
    def diamonds(self) -> tuple[Diamond, ...]:
        """What is drawn, left to right."""
        return self._diamonds

    def set_theme(self, theme: Theme) -> None:
        """Wear another theme."""
        self._theme = theme
        self.update()

    def draw(self, frame: Frame | None, events: Sequence[tuple[float, MarkedEvent]]) -> None:
        """Show these events, each with its place on the axis."""
        self._frame = frame
        self._placed = tuple(events)
        self._lay_out()
        newest = [label_of(event) for _, event in self._placed[-5:]]
        self.setAccessibleDescription(", ".join(newest))
        self.update(ink.inside_card(self.rect()))

    def _plot_width(self) -> float:
        return max(1.0, self.width() - 2.0 - AXIS_PX - RIGHT_PX)

    def x_pixel(self, x: float) -> float:
        """Where a place on the axis is, pixels from the lane's left edge."""
        if self._frame is None:
            return 0.0
        return 1.0 + AXIS_PX + (x - self._frame.low) / (self._frame.high - self._frame.low) * self._plot_width()

    def _lay_out(self) -> None:
        right = self.width() - RIGHT_PX - 1.0
        places = [(self.x_pixel(x), event) for x, event in self._placed]
        places = [(px, event) for px, event in places if AXIS_PX <= px <= right + 1]
        self._diamonds = lay_out(places, right, self._theme)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Card, caption, diamonds, axis labels."""
        theme = self._theme
        painter = QPainter(self)
        ink.paint_card_anew(painter, self, event.rect(), theme)
        painter.setFont(ink.font_of(theme, theme.small_px))
        painter.setPen(QColor(theme.muted))
        caption = translate("charts", "events")
        align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(1, _MIDDLE_PX - 9, AXIS_PX - 7, 18), align, caption)
        self._paint_axis(painter)
        if self._frame is not None:
            metrics = ink.metrics_of(theme, theme.small_px)
            base = _MIDDLE_PX + (metrics.ascent() - metrics.descent()) / 2
            for diamond in self._diamonds:
                self._paint_diamond(painter, diamond)
                if diamond.label:
                    at = QPointF(diamond.x + _REACH_PX + 1, base)
                    ink.paint_text(painter, theme, theme.small_px, at, diamond.label, theme.muted)
        painter.end()

    def _paint_diamond(self, painter: QPainter, diamond: Diamond) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour_of(diamond.events[-1], self._theme)))
        x, y, half = diamond.x, _MIDDLE_PX, _DIAMOND_PX
        painter.drawPolygon(
            QPolygonF(
                [QPointF(x, y - half - 1.5), QPointF(x + half, y), QPointF(x, y + half + 1.5), QPointF(x - half, y)]
            )
        )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _paint_axis(self, painter: QPainter) -> None:
        theme, frame = self._theme, self._frame
        left, right = 1.0 + AXIS_PX, self.width() - RIGHT_PX - 1.0
        y = 33.5
        painter.setPen(ink.line_pen(theme.grid))
        painter.drawLine(QPointF(left, y), QPointF(right, y))
        if frame is None:
            return
        unit = translate("charts", "step") if frame.axis == "step" else ""
        at = QPointF(AXIS_PX - 6 - ink.text_width(theme, theme.small_px, unit), 48)
        ink.paint_text(painter, theme, theme.small_px, at, unit, theme.muted)
        inside = ink.inside_card(self.rect())
        taken = left - 4 if unit else inside.left()
        for tick in frame.x_ticks:
            x = self.x_pixel(tick.value)
            wide = ink.text_width(theme, theme.small_px, tick.text)
            start = min(x - wide / 2, inside.right() + 1 - wide)
            if start < taken or not left - 1 <= x <= right + 1:
                continue
            taken = start + wide + 10
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.drawLine(QPointF(round(x) + 0.5, y), QPointF(round(x) + 0.5, y + 4))
            ink.paint_text(painter, theme, theme.small_px, QPointF(start, 48), tick.text, theme.muted)

    def event(self, event: QEvent) -> bool:
        """Hover text of the events under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self.hover_text(event.pos().x())
            if text:
                QToolTip.showText(event.globalPos(), text, self)
            else:
                QToolTip.hideText()
                event.ignore()
            return True
        return super().event(event)

    def hover_text(self, px: float) -> str:
        """All that is known of the events at a place, empty where there is none."""
        near = [diamond for diamond in self._diamonds if abs(diamond.x - px) <= _REACH_PX]
        if not near:
            return ""
        events = min(near, key=lambda diamond: abs(diamond.x - px)).events
        more = [translate("charts", "and {n} more").format(n=len(events) - 6)] if len(events) > 6 else []
        return "<br><br>".join([*(hover_of(event) for event in events[-6:]), *more])


def _words(events: Sequence[MarkedEvent]) -> str:
    words = label_of(events[-1])
    if len(events) == 1:
        return words
    same = all(label_of(event) == words for event in events)
    return f"{words} ×{len(events)}" if same else f"{words} +{len(events) - 1}"


def lay_out(places: Sequence[tuple[float, MarkedEvent]], right: float, theme: Theme) -> tuple[Diamond, ...]:
    """Merge what falls together and give words to what has room for them, up to the next diamond."""
    groups: list[tuple[float, list[MarkedEvent]]] = []
    for x, event in places:
        if groups and x - groups[-1][0] < _MERGE_PX:
            groups[-1][1].append(event)
        else:
            groups.append((x, [event]))
    diamonds = []
    for index, (x, events) in enumerate(groups):
        until = groups[index + 1][0] - _DIAMOND_PX - 2 if index + 1 < len(groups) else right
        room = until - (x + _REACH_PX + 1)
        words = _words(events)
        wide = ink.text_width(theme, theme.small_px, words)
        if wide > room:
            words = ink.fit(theme, theme.small_px, (words,), room) if room >= _LEAST_LABEL_PX else ""
        diamonds.append(Diamond(x, tuple(events), words))
    return tuple(diamonds)
