"""Code with line numbers, colours and marks beside its lines. GUI thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFont,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
    QTextFormat,
    QTextLayout,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QToolTip, QWidget

from memgui.ui.source.colouring import COMMENT, DECORATOR, KEYWORD, NAME, NUMBER, STRING, Spans
from memgui.ui.theme import Theme

_DOT_PX = 7


@dataclass(frozen=True)
class Mark:
    """What is said of a line: rich text for the hover; tone "warn" for a pattern, "bad" for what grows right now."""

    text: str
    tone: str


class CodeView(QPlainTextEdit):
    """Read-only code. Colours are put on as lines come into sight, so a long script costs no more than a short one.

    Attributes:
        line_activated: a line was double-clicked, or Return was pressed on it; lines count from 1.
    """

    line_activated = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("code")
        self.setReadOnly(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setTabChangesFocus(True)
        self._theme = theme
        self._spans: Spans = {}
        self._marks: Mapping[int, Mark] = {}
        self._named_line = 0
        self._coloured: set[int] = set()
        self._gutter = _Gutter(self)
        self.updateRequest.connect(self._updated)
        self.blockCountChanged.connect(self._make_room)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._theme = theme
        self._formats = _formats(theme)
        self._coloured.clear()
        self._paint_marks()
        self._colour_visible()

    def show_code(self, text: str, spans: Spans) -> None:
        """Show other code; where it is the same file anew, the place that is looked at stays."""
        place = self.verticalScrollBar().value()
        self._spans = spans
        self._coloured.clear()
        self.setPlainText(text)
        self.verticalScrollBar().setValue(place)
        self._paint_marks()
        self._colour_visible()

    def set_marks(self, marks: Mapping[int, Mark]) -> None:
        """Mark lines, counted from 1."""
        if marks != self._marks:
            self._marks = dict(marks)
            self._paint_marks()
            self._gutter.update()

    def mark_at(self, line: int) -> Mark | None:
        """What is said of a line."""
        return self._marks.get(line)

    def show_line(self, line: int) -> None:
        """Bring a line into the middle and mark it as the one that is meant; 0 for none."""
        self._named_line = line
        self.look_at(line)
        self._paint_marks()
        self._gutter.update()

    def look_at(self, line: int) -> None:
        """Bring a line into the middle."""
        block = self.document().findBlockByNumber(line - 1)
        if line > 0 and block.isValid():
            self.setTextCursor(QTextCursor(block))
            self.centerCursor()

    @property
    def named_line(self) -> int:
        """The line that is meant, 0 for none."""
        return self._named_line

    def gutter_width(self) -> int:
        """Room for the numbers and a dot."""
        digits = max(3, len(str(self.blockCount())))
        return self.fontMetrics().horizontalAdvance("9") * digits + _DOT_PX + 22

    def paint_gutter(self, event: QPaintEvent) -> None:
        """Numbers and dots of the lines in sight."""
        painter = QPainter(self._gutter)
        painter.fillRect(event.rect(), QColor(self._theme.card))
        painter.setFont(self.font())
        height = self.fontMetrics().height()
        width = self._gutter.width()
        for block, top in self._visible():
            line = block.blockNumber() + 1
            mark = self._marks.get(line)
            named = line == self._named_line
            painter.setPen(QColor(self._theme.text if mark or named else self._theme.muted))
            painter.drawText(QRect(0, top, width - 12, height), Qt.AlignmentFlag.AlignRight, str(line))
            if mark is not None:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(self._theme.bad if mark.tone == "bad" else self._theme.warn))
                area = QRect(7, top + (height - _DOT_PX) // 2, _DOT_PX, _DOT_PX)
                # A square for what grows now: colour is never the only sign.
                painter.drawRect(area) if mark.tone == "bad" else painter.drawEllipse(area)

    def line_at(self, point: QPoint) -> int:
        """The line at a point of the viewport, from 1."""
        return self.cursorForPosition(point).blockNumber() + 1

    def _visible(self) -> list[tuple[QTextBlock, int]]:
        found = []
        block = self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        while block.isValid() and top <= self.viewport().height():
            found.append((block, round(top)))
            top += self.blockBoundingRect(block).height()
            block = block.next()
        return found

    def _colour_visible(self) -> None:
        document = self.document()
        for block, _ in self._visible():
            line = block.blockNumber()
            if line in self._coloured:
                continue
            self._coloured.add(line)
            ranges = []
            for start, length, kind in self._spans.get(line, ()):
                one = QTextLayout.FormatRange()
                one.start, one.length, one.format = start, length, self._formats[kind]
                ranges.append(one)
            block.layout().setFormats(ranges)
            document.markContentsDirty(block.position(), block.length())

    def _paint_marks(self) -> None:
        tones = {"warn": self._theme.warn_card, "bad": self._theme.bad_card}
        lines = {line: tones[mark.tone] for line, mark in self._marks.items()}
        if self._named_line:
            mark = self._marks.get(self._named_line)
            lines[self._named_line] = self._theme.selected if mark is None else tones[mark.tone]
        selections = []
        for line, colour in lines.items():
            block = self.document().findBlockByNumber(line - 1)
            if not block.isValid():
                continue
            one = QTextEdit.ExtraSelection()
            one.cursor = QTextCursor(block)
            one.format.setBackground(QColor(colour))
            one.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            selections.append(one)
        self.setExtraSelections(selections)

    @Slot(QRect, int)
    def _updated(self, rect: QRect, dy: int) -> None:
        if dy:
            self._gutter.scroll(0, dy)
        else:
            self._gutter.update(0, rect.y(), self._gutter.width(), rect.height())
        self._colour_visible()

    @Slot()
    def _make_room(self) -> None:
        self.setViewportMargins(self.gutter_width(), 0, 0, 0)
        self._place_gutter()

    def _place_gutter(self) -> None:
        area = self.contentsRect()
        self._gutter.setGeometry(area.left(), area.top(), self.gutter_width(), area.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the gutter at the left edge."""
        super().resizeEvent(event)
        self._place_gutter()
        self._colour_visible()

    def changeEvent(self, event: QEvent) -> None:
        """The style sheet has given the fixed-width font: measure anew."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and hasattr(self, "_gutter"):
            self.setTabStopDistance(4 * self.fontMetrics().horizontalAdvance(" "))
            self._make_room()

    def viewportEvent(self, event: QEvent) -> bool:
        """Say what is known of the line under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self.tell(event.globalPos(), self.line_at(event.pos()))
            return True
        return super().viewportEvent(event)

    def tell(self, at: QPoint, line: int) -> None:
        """Show a line's mark as a hover text."""
        mark = self._marks.get(line)
        QToolTip.showText(at, mark.text if mark is not None else "", self)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the editor at the line."""
        self.line_activated.emit(self.line_at(event.position().toPoint()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return opens the editor at the line of the cursor."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.line_activated.emit(self.textCursor().blockNumber() + 1)
            return
        super().keyPressEvent(event)


class _Gutter(QWidget):
    """The strip with line numbers; it draws and asks through its view."""

    def __init__(self, view: CodeView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self) -> QSize:
        """As wide as the numbers."""
        return QSize(self._view.gutter_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw."""
        self._view.paint_gutter(event)

    def event(self, event: QEvent) -> bool:
        """Hovering a dot says the same as hovering its line."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._view.tell(event.globalPos(), self._view.line_at(QPoint(0, event.pos().y())))
            return True
        return super().event(event)


def _formats(theme: Theme) -> dict[str, QTextCharFormat]:
    colours = {
        KEYWORD: theme.accent,
        NAME: theme.text,
        STRING: theme.good,
        COMMENT: theme.muted,
        NUMBER: theme.series["children.rss_bytes"],
        DECORATOR: theme.series["children.rss_bytes"],
    }
    formats = {}
    for kind, colour in colours.items():
        formats[kind] = QTextCharFormat()
        formats[kind].setForeground(QColor(colour))
    formats[NAME].setFontWeight(QFont.Weight.Bold)
    formats[COMMENT].setFontItalic(True)
    return formats
