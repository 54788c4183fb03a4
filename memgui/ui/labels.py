"""Labels that the panels are built from. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget


def restyle(widget: QWidget, **properties: object) -> None:
    """Set properties that the style sheet looks at, and have it look again where one has changed."""
    changed = False
    for name, value in properties.items():
        if widget.property(name) != value:
            widget.setProperty(name, value)
            changed = True
    if changed:
        widget.style().unpolish(widget)
        widget.style().polish(widget)
        widget.update()


def label(text: str = "", role: str = "", *, wrap: bool = False, parent: QWidget | None = None) -> QLabel:
    """A label in one of the style sheet's roles: "section", "muted", "small", "title", "strong" or "code"."""
    made = QLabel(text, parent)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if role:
        made.setProperty("role", role)
    return made


def section(text: str) -> QLabel:
    """The heading of a part of a side panel."""
    return label(text.upper(), "section")


def line() -> QFrame:
    """A thin horizontal rule."""
    rule = QFrame()
    rule.setProperty("role", "line")
    return rule


class ElidedLabel(QLabel):
    """One line that is shortened by dots where room is scarce, and then tells the whole text on hover.

    Attributes:
        keeps_tip: the hover text was given and is left alone.
    """

    def __init__(
        self,
        text: str = "",
        role: str = "",
        *,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        minimum: int = 24,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._mode = mode
        self._minimum = minimum
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        if role:
            self.setProperty("role", role)

    def minimumSizeHint(self) -> QSize:
        """Narrow: the text gives way, down to `minimum` pixels."""
        return QSize(min(self._minimum, super().sizeHint().width()), super().minimumSizeHint().height())

    def event(self, event: QEvent) -> bool:
        """Shows the whole text on hover where it is cut and no other hover text was set."""
        if event.type() == QEvent.Type.ToolTip and not self.toolTip():
            if self._shown() == self.text():
                return super().event(event)
            self.setToolTip(self.text())
            try:
                return super().event(event)
            finally:
                self.setToolTip("")
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The text, cut to the room there is."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.contentsRect(), int(self.alignment()), self._shown())

    def _shown(self) -> str:
        return self.fontMetrics().elidedText(self.text(), self._mode, self.contentsRect().width())
