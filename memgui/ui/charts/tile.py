"""One of the tiles above the charts: caption, value, note. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from memgui.ui.charts import ink
from memgui.ui.charts.tile_texts import TileText
from memgui.ui.theme import Theme

HEIGHT_PX = 82
_GAP_PX = 10
_TILES = 5


class Tile(QWidget):
    """Painted in one go, so that ten changes a second cost next to nothing."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._text = TileText(("",), "")
        self.setFixedHeight(HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> TileText:
        """What it says."""
        return self._text

    def set_text(self, text: TileText) -> None:
        """Say something else."""
        if text == self._text:
            return
        if text.hover != self._text.hover:
            self.setToolTip(text.hover)
        self._text = text
        self.setAccessibleName(text.caption[0])
        self.setAccessibleDescription(", ".join(part for part in (text.value, *text.note[:1]) if part))
        self.update(ink.inside_card(self.rect()))

    def set_theme(self, theme: Theme) -> None:
        """Wear another theme."""
        self._theme = theme
        self.update()

    def minimumSizeHint(self) -> QSize:
        """As narrow as the value of a tile usually is."""
        return QSize(84, HEIGHT_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Card and three lines; what does not fit takes its shorter wording."""
        theme, text = self._theme, self._text
        painter = QPainter(self)
        rect = QRectF(self.rect())
        ink.paint_card_anew(painter, self, event.rect(), theme)
        left = 12.0 if rect.width() >= 130 else 9.0
        room = rect.width() - 2 * left
        caption = ink.fit(theme, theme.small_px, text.caption, room)
        ink.paint_text(painter, theme, theme.small_px, QPointF(left, 23), caption, theme.muted)
        size = next(
            (px for px in range(theme.value_px, 13, -1) if ink.text_width(theme, px, text.value, bold=True) <= room), 13
        )
        painter.setFont(ink.font_of(theme, size, bold=True))
        painter.setPen(QColor(theme.text))
        value = ink.fit(theme, size, (text.value,), room, bold=True)
        painter.drawText(QRectF(left, 28, room, 28), Qt.AlignmentFlag.AlignVCenter, value)
        if text.note:
            note = ink.fit(theme, theme.small_px, text.note, room)
            ink.paint_text(painter, theme, theme.small_px, QPointF(left, 70), note, tone_colour(theme, text.tone))
        painter.end()


def tone_colour(theme: Theme, tone: str) -> str:
    """The colour of "good", "warn" and "bad"; muted for everything else."""
    return {"good": theme.good, "warn": theme.warn, "bad": theme.bad}.get(tone, theme.muted)


class TileRow(QWidget):
    """Five tiles side by side, equally wide."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(_GAP_PX)
        self.tiles = tuple(Tile(theme, self) for _ in range(_TILES))
        for tile in self.tiles:
            row.addWidget(tile, 1)

    def show_texts(self, texts: tuple[TileText, ...]) -> None:
        """One text a tile."""
        for tile, text in zip(self.tiles, texts, strict=True):
            tile.set_text(text)

    def set_theme(self, theme: Theme) -> None:
        """Wear another theme."""
        for tile in self.tiles:
            tile.set_theme(theme)
