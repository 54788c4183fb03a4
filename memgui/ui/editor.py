"""Opening a line of a script in the user's editor. GUI thread."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from PySide6.QtCore import QProcess, QUrl
from PySide6.QtGui import QDesktopServices

# Editors with a window of their own, and how each is told the line.
_LINE = {
    "code": ("-g", "{file}:{line}"),
    "codium": ("-g", "{file}:{line}"),
    "cursor": ("-g", "{file}:{line}"),
    "subl": ("{file}:{line}",),
    "zed": ("{file}:{line}",),
    "kate": ("-l", "{line}", "{file}"),
    "gedit": ("+{line}", "{file}"),
    "gvim": ("+{line}", "{file}"),
    "emacs": ("+{line}", "{file}"),
    "emacsclient": ("-n", "+{line}", "{file}"),
    "pycharm": ("--line", "{line}", "{file}"),
    "charm": ("--line", "{line}", "{file}"),
}


def split_place(place: str) -> tuple[str, int]:
    """File and line of `file:line`; line 1 where none is given."""
    file, _, number = place.rpartition(":")
    return (file, int(number)) if file and number.isdigit() else (place, 1)


def command_for(place: str, editor: str) -> list[str]:
    """The words that open `place` in `editor`; empty where that editor needs a terminal or is not known."""
    try:
        words = shlex.split(editor)
    except ValueError:
        return []
    if not words or Path(words[0]).name not in _LINE:
        return []
    file, line = split_place(place)
    return words + [word.format(file=file, line=line) for word in _LINE[Path(words[0]).name]]


def open_place(place: str) -> bool:
    """Open it in $VISUAL or $EDITOR, else as the desktop opens such files; False where nothing could be started."""
    file, _ = split_place(place)
    if not Path(file).is_file():
        return False
    for name in ("VISUAL", "EDITOR"):
        words = command_for(place, os.environ.get(name, ""))
        if words and QProcess.startDetached(words[0], words[1:])[0]:
            return True
    return QDesktopServices.openUrl(QUrl.fromLocalFile(file))
