"""The actions of the shown target, grouped, built from nothing but what the target publishes. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QToolTip, QVBoxLayout, QWidget

from memgui.ui.action_row import ActionRow
from memgui.ui.action_runs import ActionRuns
from memgui.ui.i18n import translate
from memgui.ui.labels import label, section

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget
    from memgui.protocol.payloads import ActionInfo
    from memgui.ui.action_dialog import ActionDialog

_ORDER = ("free", "shrink", "pools", "diagnose")
# Above this pause the window asks before it runs an action.
ASK_ABOVE_MS = 100.0


def group_title(group: str) -> str:
    """What a group is called."""
    titles = {
        "free": translate("actions", "Free memory"),
        "shrink": translate("actions", "Shrink the job"),
        "pools": translate("actions", "Pools and buffers"),
        "diagnose": translate("actions", "Diagnose"),
    }
    return titles.get(group, group.replace("_", " ").capitalize())


class ActionsPanel(QWidget):
    """Rows by group.

    Attributes:
        shrink_wanted: name of an action that changes modules of the model; it has a dialog of its own.
    """

    shrink_wanted = Signal(str)

    def __init__(self, runs: ActionRuns, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self._target: LiveTarget | None = None
        self._shape: tuple[tuple[str, str], ...] = ()
        self.rows: dict[str, ActionRow] = {}
        self._parts: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(7)
        runs.changed.connect(self.refresh)

    def show_target(self, target: LiveTarget | None) -> None:
        """Show another target's actions."""
        self._target = target
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Take in what the target publishes now."""
        target = self._target
        actions = ordered(target.actions) if target else ()
        shape = tuple((action.group, action.name) for action in actions)
        if shape != self._shape or not self._parts:
            self._shape = shape
            self._rebuild(actions)
        if target is None:
            return
        connected = target.state == "connected"
        for action in actions:
            self.rows[action.name].show_action(action, self._runs.running(target.key, action.name), connected=connected)

    def trigger(self, name: str) -> None:
        """Run an action as a click on its row does: at once, or after a question."""
        target = self._target
        action = next((one for one in target.actions if one.name == name), None) if target else None
        if target is None or action is None:
            return
        if action.unavailable or target.state != "connected":
            row = self.rows.get(name)
            if row is not None:
                QToolTip.showText(row.mapToGlobal(row.rect().bottomLeft()), row.button.toolTip(), row)
        elif shrinks(action):
            self.shrink_wanted.emit(name)
        elif action.params.get("properties") or (action.pause_ms or 0.0) > ASK_ABOVE_MS:
            from memgui.ui.action_dialog import ActionDialog  # no part of the first paint

            dialog = ActionDialog(target, action, self._runs, self.window())
            dialog.run_wanted.connect(_Sender(self, target, action, dialog).send)
            dialog.open()
        else:
            self.start(target, action, {})

    def start(self, target: LiveTarget, action: ActionInfo, params: dict[str, Any]) -> None:
        """Send a run off."""
        self._runs.start(target, action, params)

    def _rebuild(self, actions: tuple[ActionInfo, ...]) -> None:
        for part in self._parts:
            self._column.removeWidget(part)
            part.hide()
            part.deleteLater()
        self._parts, self.rows = [], {}
        last = ""
        for action in actions:
            if action.group != last:
                last = action.group
                heading = section(group_title(action.group))
                heading.setContentsMargins(4, 8, 0, 0)
                self._add(heading)
            row = ActionRow(action)
            row.chosen.connect(self.trigger)
            row.cancel_wanted.connect(self._stop_waiting)
            self.rows[action.name] = row
            self._add(row)
        if not actions:
            heading = section(self.tr("Actions"))
            heading.setContentsMargins(4, 8, 0, 0)
            self._add(heading)
            note = label(self.tr("A process with the agent inside offers its actions here."), "small", wrap=True)
            note.setContentsMargins(4, 0, 4, 0)
            self._add(note)

    def _add(self, part: QWidget) -> None:
        self._parts.append(part)
        self._column.addWidget(part)

    @Slot(str)
    def _stop_waiting(self, name: str) -> None:
        if self._target is not None:
            self._runs.stop_waiting(self._target.key, name)


class _Sender(QWidget):
    """Keeps target and action of an open dialog together; it lives as long as the dialog does."""

    def __init__(self, panel: ActionsPanel, target: LiveTarget, action: ActionInfo, dialog: ActionDialog) -> None:
        super().__init__(dialog)
        self.hide()
        self._panel = panel
        self._target = target
        self._action = action

    @Slot(object)
    def send(self, params: dict[str, Any]) -> None:
        """Send the run off with what was entered."""
        self._panel.start(self._target, self._action, params)


def shrinks(action: ActionInfo) -> bool:
    """It changes modules of the model, and is asked for in the dialog «Shrink the job»."""
    return action.group == "shrink" and "modules" in action.params.get("properties", {})


def ordered(actions: tuple[ActionInfo, ...]) -> tuple[ActionInfo, ...]:
    """By group: memgui's own first, then the script's in the order in which they were published."""
    groups = list(_ORDER) + [action.group for action in actions if action.group not in _ORDER]
    return tuple(sorted(actions, key=lambda action: groups.index(action.group)))
