"""What the window remembers between two starts. GUI thread."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings


class Settings:
    """Layout and choices, kept by Qt's own settings in the user's place or in a given file."""

    def __init__(self, file: Path | None = None) -> None:
        self._store = (
            QSettings(str(file), QSettings.Format.IniFormat)
            if file
            else QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "memgui", "window")
        )

    def text(self, name: str, default: str = "") -> str:
        """A remembered text."""
        value = self._store.value(name, default)
        return value if isinstance(value, str) else default

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        """A remembered word, the default where it is none of those allowed."""
        value = self.text(name, default)
        return value if value in allowed else default

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """A remembered number, the default where it is none or out of bounds."""
        try:
            value = float(self.text(name))
        except ValueError:
            return default
        return value if low <= value <= high else default

    def blob(self, name: str) -> QByteArray:
        """A remembered layout; empty where there is none."""
        value: Any = self._store.value(name)
        return value if isinstance(value, QByteArray) else QByteArray()

    def set(self, name: str, value: str | QByteArray) -> None:
        """Remember a value."""
        self._store.setValue(name, value)

    def save(self) -> None:
        """Write to disk now."""
        self._store.sync()
