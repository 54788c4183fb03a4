"""One action: a button with its expected yield, and below it the progress while it runs. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from memgui.ui import format as fmt
from memgui.ui.action_runs import Running
from memgui.ui.i18n import action_title, agent_text
from memgui.ui.labels import ElidedLabel, restyle

if TYPE_CHECKING:
    from memgui.protocol.payloads import ActionInfo


class ActionRow(QWidget):
    """Shows an action as the target publishes it.

    Attributes:
        chosen, cancel_wanted: the action's name.
    """

    chosen = Signal(str)
    cancel_wanted = Signal(str)

    def __init__(self, action: ActionInfo, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._action = action
        self._shown: tuple[object, ...] = ()
        self.button = QPushButton()
        self.button.setProperty("role", "action")
        self.button.setFixedHeight(32)
        self.button.clicked.connect(self._clicked)
        self._title = ElidedLabel(minimum=145)
        self._title.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._aside = ElidedLabel(role="aside", minimum=72)
        self._aside.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        inner = QHBoxLayout(self.button)
        inner.setContentsMargins(11, 0, 11, 0)
        inner.setSpacing(10)
        inner.addWidget(self._title, 1)
        inner.addWidget(self._aside)
        for part in (self._title, self._aside):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._progress = QWidget()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._said = ElidedLabel(role="small")
        self.cancel = QPushButton(self.tr("Stop waiting"))
        self.cancel.setProperty("role", "link")
        self.cancel.setProperty("scale", "small")
        self.cancel.clicked.connect(self._cancel_clicked)
        words = QHBoxLayout()
        words.setSpacing(6)
        words.addWidget(self._said, 1)
        words.addWidget(self.cancel)
        below = QVBoxLayout(self._progress)
        below.setContentsMargins(4, 2, 0, 2)
        below.setSpacing(2)
        below.addWidget(self._bar)
        below.addLayout(words)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.button)
        column.addWidget(self._progress)
        self.show_action(action, None, connected=True)

    @property
    def action(self) -> ActionInfo:
        """As last shown."""
        return self._action

    @property
    def aside(self) -> str:
        """The words on the right."""
        return self._aside.text()

    def show_action(self, action: ActionInfo, running: Running | None, *, connected: bool) -> None:
        """Take in how the action is now."""
        shown = (action, None if running is None else (running.ratio, running.text), connected)
        if shown == self._shown:
            return
        self._shown = shown
        self._action = action
        asks = bool(action.params.get("properties"))
        title = action_title(action.title)
        self._title.setText(title.rstrip("…") + ("…" if asks else ""))
        reason = agent_text(action.unavailable or "") or ("" if connected else self.tr("no agent connected"))
        text, tone = self._expectation(action, reason, asks=asks)
        self._aside.setText(text)
        restyle(self._aside, tone=tone)
        restyle(self.button, unavailable="true" if reason else "false")
        for part in (self._title, self._aside):
            restyle(part, dimmed=bool(reason))
        self.button.setToolTip(self._tip(action, reason))
        self.button.setAccessibleName(f"{title}, {reason or text}")
        self.button.setAccessibleDescription(agent_text(action.description))
        self._progress.setVisible(running is not None)
        self.button.setEnabled(running is None)
        if running is not None:
            self._bar.setRange(0, 0 if running.ratio < 0 else 100)
            self._bar.setValue(round(max(0.0, running.ratio) * 100))
            self._said.setText(running.text)

    def _expectation(self, action: ActionInfo, reason: str, *, asks: bool) -> tuple[str, str]:
        if reason:
            return reason, ""
        if action.yield_bytes:
            return f"≈ {fmt.size(action.yield_bytes)}", "good"
        if action.yield_bytes == 0:
            return self.tr("nothing to free"), ""
        return (self.tr("preview") if asks else self.tr("? run to see")), "good"

    def _tip(self, action: ActionInfo, reason: str) -> str:
        lines = [agent_text(action.description)]
        if action.pause_ms:
            lines.append(self.tr("Training stands still for about {time}.").format(
                time=fmt.duration(action.pause_ms / 1000)))  # fmt: skip
        if action.safe_point:
            lines.append(self.tr("Runs between two steps, on the training thread."))
        if action.undoable:
            lines.append(self.tr("Can be undone."))
        if reason:
            lines.append(self.tr("Not now: {reason}").format(reason=reason))
        return "\n".join(line for line in lines if line)

    @Slot()
    def _clicked(self) -> None:
        self.chosen.emit(self._action.name)

    @Slot()
    def _cancel_clicked(self) -> None:
        self.cancel_wanted.emit(self._action.name)
