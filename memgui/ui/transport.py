"""The bar below the charts of a recording: play, pause, speed, events, and the strip to scrub on. GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPointF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QColor, QIcon, QKeyEvent, QPainter, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QToolButton, QWidget

from memgui.link.replay import ReplayedTarget
from memgui.link.target import LiveTarget
from memgui.ui import format as fmt
from memgui.ui.labels import label
from memgui.ui.player import SPEEDS, Player
from memgui.ui.scrub_track import ScrubTrack
from memgui.ui.theme import Theme

_HEIGHT_PX = 38
_NARROW_PX = 560
_BUTTON_PX = 32
_SPEED_PX = 46
_KEYS: dict[Qt.Key, Callable[[Player], None]] = {
    Qt.Key.Key_Space: Player.toggle,
    Qt.Key.Key_BracketLeft: Player.to_previous,
    Qt.Key.Key_BracketRight: Player.to_next,
    Qt.Key.Key_Left: lambda player: player.nudge(-1),
    Qt.Key.Key_Right: lambda player: player.nudge(1),
}


class Transport(QFrame):
    """Hidden while a live target is shown.

    Attributes:
        moved: another moment is looked at.
    """

    moved = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("transport")
        self.setProperty("role", "card")
        self.setFixedHeight(_HEIGHT_PX)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Replay"))
        self.player = Player(self)
        self.track = ScrubTrack(theme)
        self.track.sought.connect(self._sought)
        self.previous = self._button(self.tr("To the event before  ["), self.player.to_previous)
        self.play = self._button(self.tr("Play or pause  (space)"), self.player.toggle)
        self.next = self._button(self.tr("To the next event  ]"), self.player.to_next)
        self.speed = self._button(self.tr("How fast"), None)
        self.speed.setFixedWidth(_SPEED_PX)
        self._fill_speeds()
        self._time = label(role="small")
        self._time.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 12, 0)
        row.setSpacing(2)
        for part in (self.previous, self.play, self.next, self.speed):
            row.addWidget(part)
        row.addSpacing(4)
        row.addWidget(self.track, 1)
        row.addSpacing(6)
        row.addWidget(self._time)
        self.player.moved.connect(self._moved)
        self.player.changed.connect(self._changed)
        self._changed()
        self.hide()

    def _button(self, tip: str, slot: object) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "quiet")
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setIconSize(QSize(14, 14))
        button.setProperty("scale", "icon")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setFixedWidth(_BUTTON_PX)
        if slot is not None:
            button.clicked.connect(slot)
        return button

    def _fill_speeds(self) -> None:
        menu = QMenu(self.speed)
        group = QActionGroup(menu)
        for speed in SPEEDS:
            action = QAction(f"{speed}×", menu)
            action.setCheckable(True)
            action.setChecked(speed == self.player.speed)
            action.triggered.connect(partial(self.player.set_speed, speed))
            group.addAction(action)
            menu.addAction(action)
        self.speed.setMenu(menu)
        self.speed.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.speed.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)

    def show_target(self, target: LiveTarget | None) -> None:
        """Play this target, if it comes from a recording."""
        replayed = target if isinstance(target, ReplayedTarget) else None
        if replayed is not self.player.target:
            self.player.show_target(replayed)
        self.setVisible(replayed is not None)

    def refresh(self) -> None:
        """Called by the window's timer: a recording that is followed grows."""
        if self.player.target is not None:
            self._show_moment()

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._theme = theme
        self.track.set_theme(theme)
        self._changed()

    def press(self, event: QKeyEvent) -> bool:
        """Space plays or pauses, arrows step, brackets go from event to event; False where the key means nothing."""
        does = next((does for key, does in _KEYS.items() if key == event.key()), None)
        if does is None or self.player.target is None or event.modifiers() != Qt.KeyboardModifier.NoModifier:
            return False
        does(self.player)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Those of `press`, and Home and End for the ends."""
        if event.key() == Qt.Key.Key_Home and self.player.target is not None and self.player.target.span_s:
            self.player.seek(self.player.target.span_s[0])
        elif event.key() == Qt.Key.Key_End:
            self.player.seek(None)
        elif not self.press(event):
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The words give way where it is narrow."""
        super().resizeEvent(event)
        self._show_moment()

    @Slot(float)
    def _sought(self, t_s: float) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.player.seek(t_s)

    @Slot()
    def _moved(self) -> None:
        self._show_moment()
        self.moved.emit()

    def _show_moment(self) -> None:
        target, moment = self.player.target, self.player.moment_s
        self.track.show_moment(target, moment)
        span = target.span_s if target is not None else None
        if target is None or moment is None or span is None:
            self._time.clear()
            return
        words = f"{_stamp(moment - span[0])} / {_stamp(span[1] - span[0])}"
        if self.width() >= _NARROW_PX:
            words = f"{fmt.clock(moment)}  ·  {words}"
        self._time.setText(words)
        self.track.setAccessibleDescription(words)

    @Slot()
    def _changed(self) -> None:
        colour = QColor(self._theme.text)
        self.previous.setIcon(_icon(colour, "previous"))
        self.next.setIcon(_icon(colour, "next"))
        self.play.setIcon(_icon(colour, "pause" if self.player.is_playing else "play"))
        self.speed.setText(f"{self.player.speed}×")


def _stamp(seconds: float) -> str:
    """ "1:02:03", or "4:05" where it is less than an hour."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _icon(colour: QColor, kind: str) -> QIcon:
    """Painted, since not every font has these signs."""
    pixmap = QPixmap(32, 32)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    if kind == "play":
        painter.drawPolygon(QPolygonF([QPointF(8, 5), QPointF(27, 16), QPointF(8, 27)]))
    elif kind == "pause":
        painter.drawRoundedRect(8, 6, 6, 20, 1.5, 1.5)
        painter.drawRoundedRect(18, 6, 6, 20, 1.5, 1.5)
    else:
        if kind == "previous":
            painter.translate(32, 0)
            painter.scale(-1, 1)
        painter.drawPolygon(QPolygonF([QPointF(7, 7), QPointF(21, 16), QPointF(7, 25)]))
        painter.drawRoundedRect(22, 7, 4, 18, 1.5, 1.5)
    painter.end()
    return QIcon(pixmap)
