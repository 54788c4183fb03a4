"""Messages on the desktop: once for each alarm, and once more each time its pace has doubled. GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QProcess, QStandardPaths, Signal
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QSystemTrayIcon

from memgui.ui import target_view as view
from memgui.ui.finding_words import finding_sentence, finding_title
from memgui.ui.i18n import translate
from memgui.ui.settings import Settings
from memgui.ui.silence import Silence

if TYPE_CHECKING:
    from memgui.analysis.finding import Finding
    from memgui.link.target import LiveTarget

Show = Callable[[str, str], None]
_SETTING = "notifications"
_AGAIN_AT = 2.0
_SHOWN_MS = 15_000
# What renders without a desktop has nobody to tell.
_NO_DESKTOP = frozenset({"offscreen", "minimal", "vnc", "linuxfb", "eglfs"})


class Alerts(QObject):
    """Decides what is worth a message."""

    def __init__(self, show: Show, silence: Silence, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._show = show
        self._silence = silence
        self._settings = settings
        # What was told, by target and finding: the series that showed it, and its pace.
        self._told: dict[tuple[str, str], tuple[str, float]] = {}
        self.are_on = settings.choice(_SETTING, ("on", "off"), "on") == "on"

    def switch(self) -> None:
        """On or off; remembered."""
        self.are_on = not self.are_on
        self._settings.set(_SETTING, "on" if self.are_on else "off")
        self._settings.save()

    def look(self, target: LiveTarget) -> None:
        """Tell what is new of a target that still runs."""
        if not self.are_on or target.state == "ended":
            return
        for finding in target.findings:
            if finding.alarm and not self._silence.hides(target, finding):
                self._consider(target, finding)

    def _consider(self, target: LiveTarget, finding: Finding) -> None:
        key = (target.key, view.finding_id(finding))
        told = self._told.get(key)
        if told is not None and told[0] == finding.metric and finding.rate_bytes_per_s < _AGAIN_AT * told[1]:
            return
        self._told[key] = (finding.metric, finding.rate_bytes_per_s)
        if told is not None and told[0] != finding.metric:
            return  # the same growth, shown by another series, whose pace is not comparable
        title = f"{view.title(target)}: {finding_title(finding)}"
        lines = [finding_sentence(finding)]
        if told is not None:
            lines.insert(0, translate("alerts", "Now more than twice as fast as when you were told."))
        self._show(title, "\n".join(lines))


class Desktop(QObject):
    """Shows messages by the system tray, else by the command notify-send, else not at all.

    Attributes:
        clicked: a message of the tray was clicked.
    """

    clicked = Signal()

    def __init__(self, icon: QIcon, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._icon = icon
        self._tray: QSystemTrayIcon | None = None

    def show_message(self, title: str, text: str) -> None:
        """Show a message; where the desktop has no way to, nothing happens."""
        if QGuiApplication.platformName() in _NO_DESKTOP:
            return
        if QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages():
            # The tray has an icon of memgui's from the first message on only.
            if self._tray is None:
                self._tray = QSystemTrayIcon(self._icon, self)
                self._tray.setToolTip("memgui")
                self._tray.messageClicked.connect(self.clicked)
                self._tray.activated.connect(self.clicked)
                self._tray.show()
            self._tray.showMessage(title, text, self._icon, _SHOWN_MS)
            return
        command = QStandardPaths.findExecutable("notify-send")
        if command:
            QProcess.startDetached(command, ["--app-name=memgui", "--icon=memgui", "--", title, text])

    def close(self) -> None:
        """Take the icon out of the tray."""
        if self._tray is not None:
            self._tray.hide()
