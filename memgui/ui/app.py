"""The composition root: builds the application, the window and what feeds it, and runs them. Main thread."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication

from memgui.protocol.errors import Problem
from memgui.ui.appearance import CHOICES, Appearance
from memgui.ui.i18n import install_translation
from memgui.ui.options import Options
from memgui.ui.settings import Settings
from memgui.ui.sources import LocalSources, Sources
from memgui.ui.window import MainWindow

__all__ = ["Options", "run"]


class Screenshot(QObject):
    """Renders the window into a file after a while and ends the application."""

    def __init__(self, window: MainWindow, file: Path, after_s: float) -> None:
        super().__init__(window)
        self._window = window
        self._file = file
        QTimer.singleShot(max(0, round(after_s * 1000)), self._take)

    @Slot()
    def _take(self) -> None:
        picture = self._window.grab()
        saved = False
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            saved = picture.save(str(self._file))
        except OSError as error:
            print(f"memgui: {self._file}: {error.strerror}", file=sys.stderr)  # noqa: T201
        if not saved:
            what = f"memgui: the picture could not be written to {self._file}; the name must end in .png"
            print(what, file=sys.stderr)  # noqa: T201
        QApplication.exit(0 if saved else Problem.exit_status)


def run(options: Options, sources: Sources | None = None) -> int:
    """Open the window and return the exit status when it is closed.

    Args:
        sources: where targets come from; this host where None.

    Raises:
        Problem: there is no display to open a window on.
    """
    _check_display(options)
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(["memgui"])
    app.setApplicationName("memgui")
    app.setDesktopFileName("memgui")
    install_translation(app)
    settings = Settings(options.settings_file)
    choice = options.theme if options.theme != "system" else settings.choice("theme", CHOICES, "system")
    window = MainWindow(sources or LocalSources(settings), Appearance(app, choice, app), settings, options)
    window.show()
    if options.screenshot is not None:
        Screenshot(window, options.screenshot, options.after_s)
    before = {number: signal.signal(number, _quit) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        status = app.exec()
        window.close()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return status


def _quit(_number: int, _frame: FrameType | None) -> None:
    """Ctrl+C in the terminal closes the window; the window's timer lets Python look at signals ten times a second."""
    QApplication.quit()


def _check_display(options: Options) -> None:
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return
    if options.screenshot is not None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        return
    raise Problem(
        "there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set",
        "log in with `ssh -X`, start it with `xvfb-run -a memgui`, or render a picture with `memgui --screenshot FILE`",
    )
