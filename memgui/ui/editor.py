"""Opens a source line in the user's editor. GUI thread; nothing here waits."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QProcess, QUrl
from PySide6.QtGui import QDesktopServices

from memgui.protocol.errors import BadInput, Problem

_COLON = frozenset(("subl", "sublime_text", "zed", "hx", "helix"))
_GOTO = frozenset(("code", "codium", "code-insiders", "cursor"))
_LINE = frozenset(("kate", "pycharm", "charm", "idea"))
_TERMINAL = frozenset(("vi", "vim", "nvim", "nano", "emacs", "micro", "joe", "ne", "hx", "helix"))
_TERMINALS = ("x-terminal-emulator", "gnome-terminal", "konsole", "xterm")


def editor_command(
    path: str, line: int | None, environment: Mapping[str, str] = os.environ, which: str | None = None
) -> list[str] | None:
    """The command that opens a line by $VISUAL, else $EDITOR; None where neither is set.

    Args:
        which: PATH to look for a terminal in, which an editor without a window needs; None for the user's own.
    """
    words = shlex.split(environment.get("VISUAL") or environment.get("EDITOR") or "")
    if not words:
        return None
    name = os.path.basename(words[0])
    if line is None:
        opened = [*words, path]
    elif name in _GOTO:
        opened = [*words, "--goto", f"{path}:{line}"]
    elif name in _COLON:
        opened = [*words, f"{path}:{line}"]
    elif name in _LINE:
        opened = [*words, "--line", str(line), path]
    else:
        opened = [*words, f"+{line}", path]
    if name in _TERMINAL:
        terminal = next((found for one in _TERMINALS if (found := shutil.which(one, path=which))), None)
        if terminal is not None:
            return [terminal, "--" if terminal.endswith("gnome-terminal") else "-e", *opened]
    return opened


def split_place(place: str) -> tuple[str, int | None]:
    """File and line of "file:line"; None where no line is given."""
    file, _, number = place.rpartition(":")
    return (file, int(number)) if file and number.isdigit() else (place, None)


def open_in_editor(path: str, line: int | None = None) -> None:
    """Open a file at a line by $VISUAL, $EDITOR, or what the desktop opens such a file with.

    Raises:
        BadInput: there is no such file here.
        Problem: the editor does not start.
    """
    if not Path(path).is_file():
        raise BadInput(f"{path} is not on this machine", "the program may have been built or run elsewhere")
    command = editor_command(path, line)
    if command is None:
        started = QDesktopServices.openUrl(QUrl.fromLocalFile(path))
    else:
        started = QProcess.startDetached(command[0], command[1:])[0]
    if not started:
        raise Problem(f"the editor does not start for {path}", "set VISUAL or EDITOR to an editor's command")
