"""The ways to shrink that a target offers, one of them chosen. GUI thread."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from memgui.protocol.payloads import ActionInfo
from memgui.ui.i18n import action_title, agent_text, translate
from memgui.ui.labels import label, section

# What the column leaves for a title, beside the padding of a button.
_TITLE_PX = 154


class MethodList(QWidget):
    """A toggle for each; one that cannot be had is grey, with the reason below it.

    Attributes:
        chosen: the ActionInfo.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: dict[str, QPushButton] = {}
        self._actions: dict[str, ActionInfo] = {}
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._group.buttonClicked.connect(self._clicked)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._column.addWidget(section(translate("shrink", "Method")))

    def show_methods(self, actions: Sequence[ActionInfo]) -> None:
        """Show these; called once."""
        for action in actions:
            title = action_title(action.title).rstrip("…")
            button = QPushButton(_wrapped(title, self.fontMetrics()))
            button.setAccessibleName(title)
            button.setProperty("role", "method")
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setMinimumHeight(32)
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.setToolTip(agent_text(action.description))
            button.setAccessibleDescription(agent_text(action.unavailable or action.description))
            self._group.addButton(button)
            self._column.addWidget(button)
            self.buttons[action.name] = button
            self._actions[action.name] = action
            if action.unavailable:
                button.setEnabled(False)
                why = label(reason_of(action), "small", wrap=True)
                why.setContentsMargins(4, 0, 0, 4)
                why.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                self._column.addWidget(why)
        self._column.addStretch(1)

    def choose(self, name: str) -> None:
        """Choose a method, if it is there and available, else the first that is."""
        free = [each for each, button in self.buttons.items() if button.isEnabled()]
        wanted = name if name in free else next(iter(free), None)
        if wanted is not None:
            self.buttons[wanted].setChecked(True)
            self.setFocusProxy(self.buttons[wanted])
            self.chosen.emit(self._actions[wanted])

    @Slot(QAbstractButton)
    def _clicked(self, button: QAbstractButton) -> None:
        name = next(each for each, known in self.buttons.items() if known is button)
        self.chosen.emit(self._actions[name])


def _wrapped(text: str, metrics: QFontMetrics) -> str:
    """Broken into lines that fit the column, between words, or anywhere in a script that has no spaces."""
    parts = text.split(" ") if " " in text else list(text)
    glue = " " if " " in text else ""
    lines = [parts[0]]
    for part in parts[1:]:
        longer = lines[-1] + glue + part
        if metrics.horizontalAdvance(longer) <= _TITLE_PX:
            lines[-1] = longer
        else:
            lines.append(part)
    return "\n".join(lines)


def reason_of(action: ActionInfo) -> str:
    """Why it cannot be had, with the packages to install where the reason does not name them."""
    reason = action.unavailable or ""
    missing = [name for name in action.requires if name not in reason]
    if missing and "pip install" not in reason:
        reason += "\n" + translate("shrink", "needs: {names}").format(names=", ".join(missing))
    return reason
