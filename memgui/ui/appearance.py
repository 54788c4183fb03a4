"""Dark or light: follows the system or the user's choice, and dresses the application. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from memgui.ui.theme import Theme

CHOICES = ("system", "dark", "light")


class Appearance(QObject):
    """Owner of the present theme.

    Attributes:
        changed: the new Theme, after the application wears it.
    """

    changed = Signal(object)

    def __init__(self, app: QApplication, choice: str = "system", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._choice = choice
        self._theme = self._wanted()
        app.styleHints().colorSchemeChanged.connect(self._system_changed)

    @property
    def theme(self) -> Theme:
        """The theme that the application wears."""
        return self._theme

    @property
    def choice(self) -> str:
        """One of `CHOICES`."""
        return self._choice

    def choose(self, choice: str) -> None:
        """Follow the system, or stay dark or light."""
        self._choice = choice
        self._change()

    def _system_changed(self, _scheme: Qt.ColorScheme) -> None:
        self._change()

    def _change(self) -> None:
        wanted = self._wanted()
        if wanted is not self._theme:
            self._theme = wanted
            self.dress()
            self.changed.emit(wanted)

    def _wanted(self) -> Theme:
        if self._choice != "system":
            return Theme.dark() if self._choice == "dark" else Theme.light()
        scheme = self._app.styleHints().colorScheme()
        return Theme.dark() if scheme == Qt.ColorScheme.Dark else Theme.light()

    def dress(self) -> None:
        """Have the application wear the present theme; cheapest after the window is built and before it is shown."""
        theme = self._theme
        self._app.setStyle("Fusion")
        font = QFont()
        font.setFamilies([family.strip() for family in theme.font_family.split(",")])
        font.setPixelSize(theme.text_px)
        self._app.setFont(font)
        self._app.setPalette(_palette(theme))
        self._app.setStyleSheet(theme.style_sheet())


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for which, colour in {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.raised,
        role.AlternateBase: theme.card,
        role.Text: theme.text,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.muted,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.accent_text,
        role.Link: theme.accent,
        role.Mid: theme.border,
    }.items():
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(theme.muted))
    return palette
