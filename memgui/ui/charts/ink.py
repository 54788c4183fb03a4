"""Fonts, cards and labels, painted alike wherever the charts paint. GUI thread."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QWidget

from memgui.ui.theme import Theme

CARD_RADIUS = 8.0
_CORNER_PX = 9


@lru_cache(maxsize=64)
def _font(families: str, px: int, *, bold: bool) -> QFont:
    font = QFont()
    font.setFamilies([family.strip() for family in families.split(",")])
    font.setPixelSize(px)
    if bold:
        font.setWeight(QFont.Weight.DemiBold)
    return font


def font_of(theme: Theme, px: int, *, bold: bool = False) -> QFont:
    """A font of the theme's family; style sheets do not touch it."""
    return _font(theme.font_family, px, bold=bold)


@lru_cache(maxsize=64)
def _metrics(families: str, px: int, *, bold: bool) -> QFontMetricsF:
    return QFontMetricsF(_font(families, px, bold=bold))


def metrics_of(theme: Theme, px: int, *, bold: bool = False) -> QFontMetricsF:
    """Measures of `font_of`."""
    return _metrics(theme.font_family, px, bold=bold)


@lru_cache(maxsize=512)
def _text_width(families: str, px: int, text: str, *, bold: bool) -> float:
    return _metrics(families, px, bold=bold).horizontalAdvance(text)


def text_width(theme: Theme, px: int, text: str, *, bold: bool = False) -> float:
    """Width of a text in pixels."""
    return _text_width(theme.font_family, px, text, bold=bold)


def fit(theme: Theme, px: int, texts: Sequence[str], width: float, *, bold: bool = False) -> str:
    """The first of several wordings that is not wider than `width`; the last one shortened if none is."""
    metrics = metrics_of(theme, px, bold=bold)
    for text in texts:
        if metrics.horizontalAdvance(text) <= width:
            return text
    return metrics.elidedText(texts[-1], Qt.TextElideMode.ElideRight, width) if texts else ""


def with_alpha(colour: str, ratio: float) -> QColor:
    """A colour that lets 1 - `ratio` of what is below through."""
    mixed = QColor(colour)
    mixed.setAlphaF(max(0.0, min(1.0, ratio)))
    return mixed


def line_pen(colour: str | QColor) -> QPen:
    """A pen of one pixel."""
    return _named_pen(colour) if isinstance(colour, str) else _pen(colour)


@lru_cache(maxsize=256)
def _named_pen(colour: str) -> QPen:
    return _pen(QColor(colour))


def _pen(colour: QColor) -> QPen:
    pen = QPen(colour, 1, Qt.PenStyle.SolidLine)
    pen.setCosmetic(True)
    return pen


def dashed_pen(colour: str | QColor, dash: float = 5.0, gap: float = 4.0) -> QPen:
    """A dashed pen of one pixel."""
    pen = _pen(QColor(colour))
    pen.setDashPattern([dash, gap])
    return pen


def paint_card(painter: QPainter, rect: QRectF, theme: Theme, border: str | None = None) -> None:
    """The rounded box on which a chart or a tile lies."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(border or theme.border), 1))
    painter.setBrush(QColor(theme.card))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), CARD_RADIUS, CARD_RADIUS)
    painter.restore()


def inside_card(rect: QRect) -> QRect:
    """Where a card has neither corners nor border: what changes there needs no rounded box, which is dear to paint."""
    return rect.adjusted(_CORNER_PX, 1, -_CORNER_PX, -1)


def paint_card_anew(painter: QPainter, widget: QWidget, exposed: QRect, theme: Theme) -> None:
    """The card of a whole widget, as far as it is exposed."""
    if inside_card(widget.rect()).contains(exposed):
        painter.fillRect(exposed, QColor(theme.card))
    else:
        paint_card(painter, QRectF(widget.rect()), theme)


def paint_text(painter: QPainter, theme: Theme, px: int, at: QPointF, text: str, colour: str | QColor) -> None:
    """A text whose base line begins at `at`."""
    painter.setFont(font_of(theme, px))
    painter.setPen(QColor(colour))
    painter.drawText(at, text)


def paint_plated(painter: QPainter, theme: Theme, place: QRectF, text: str, colour: str) -> None:
    """A small text on a veil of the card, so that it can be read over curves."""
    painter.fillRect(place.adjusted(-2, 1, 2, -1), with_alpha(theme.card, 0.72))
    base = place.top() + metrics_of(theme, theme.small_px).ascent()
    paint_text(painter, theme, theme.small_px, QPointF(place.left(), base), text, colour)
