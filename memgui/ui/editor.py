"""Opens the user's editor at a line. GUI thread; nothing waits for the editor."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QProcess, QUrl
from PySide6.QtGui import QDesktopServices

from memgui.protocol.errors import BadInput
from memgui.ui.i18n import translate

_IN_A_TERMINAL = {
    "vi",
    "vim",
    "nvim",
    "nano",
    "pico",
    "micro",
    "hx",
    "helix",
    "kak",
    "ne",
    "joe",
    "mcedit",
    "emacs-nox",
}
_TERMINALS = (("x-terminal-emulator", "-e"), ("gnome-terminal", "--"), ("konsole", "-e"), ("kitty", "--"),
              ("alacritty", "-e"), ("foot", "--"), ("xterm", "-e"))  # fmt: skip
_COLON = {"subl", "sublime_text", "zed", "zeditor", "hx", "helix", "micro"}
_GOTO = {"code", "codium", "code-insiders", "cursor", "windsurf"}
_LINE_OPTION = {"pycharm", "pycharm.sh", "idea", "idea.sh", "kate", "kwrite", "charm"}


def split_place(place: str) -> tuple[str, int | None]:
    """File and line of "file:line"; None where no line is given."""
    file, _, number = place.rpartition(":")
    return (file, int(number)) if file and number.isdigit() else (place, None)


def command_for(file: Path, line: int | None, environment: Mapping[str, str]) -> list[str]:
    """The command that opens a file at a line with $VISUAL, else $EDITOR; empty where neither is set or can be run."""
    for variable in ("VISUAL", "EDITOR"):
        try:
            words = shlex.split(environment.get(variable, ""))
        except ValueError:
            continue  # a quote that is not closed
        if not words or shutil.which(words[0], path=environment.get("PATH")) is None:
            continue
        command = [*words, *_place(Path(words[0]).name, file, line)]
        if _needs_terminal(words):
            command = _in_terminal(command, environment)
        if command:
            return command
    return []


def open_in_editor(file: Path, line: int | None = None) -> None:
    """Open a file at a line in the user's editor, else in what the desktop opens such files with.

    Raises:
        BadInput: there is no such file here, or nothing could be started; the text says what to do.
    """
    if not file.is_file():
        raise BadInput(
            translate("editor", "{file} is not on this machine").format(file=file),
            translate("editor", "the program may have been built or run elsewhere"),
        )
    command = command_for(file, line, os.environ)
    if command and QProcess.startDetached(command[0], command[1:], str(file.parent))[0]:
        return
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(file))):
        raise BadInput(
            translate("editor", "no editor could be started for {file}").format(file=file.name),
            translate("editor", "set $VISUAL to your editor, such as “code” or “gvim”"),
        )


def _place(name: str, file: Path, line: int | None) -> list[str]:
    if line is None:
        return [str(file)]
    if name in _GOTO:
        return ["--goto", f"{file}:{line}"]
    if name in _COLON:
        return [f"{file}:{line}"]
    if name in _LINE_OPTION:
        return ["--line", str(line), str(file)]
    # vi's way, which emacs, nano, gedit, joe and most others know.
    return [f"+{line}", str(file)]


def _needs_terminal(words: list[str]) -> bool:
    name = Path(words[0]).name
    graphical = "-g" in words and name in ("vim", "nvim")
    return (name in _IN_A_TERMINAL and not graphical) or (
        name.startswith("emacs") and {"-nw", "-t"} & set(words) != set()
    )


def _in_terminal(command: list[str], environment: Mapping[str, str]) -> list[str]:
    path = environment.get("PATH")
    own = environment.get("TERMINAL", "")
    for terminal, option in ((own, "-e"), *_TERMINALS):
        if terminal and shutil.which(terminal, path=path) is not None:
            return [terminal, option, *command]
    return []
