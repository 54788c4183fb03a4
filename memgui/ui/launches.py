"""Training scripts that were started from the window. GUI thread; nothing here waits.

A launched process has its own session and writes to a file, so that it outlives the window; while the window is open
it looks four times a second whether one has ended, and reports the exit status.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from memgui.protocol.errors import BadInput, Problem
from memgui.ui.i18n import translate

if TYPE_CHECKING:
    import subprocess

_LOOK_EVERY_MS = 250
_TAIL_BYTES = 4000

Commander = Callable[[list[str], bool, "str | None"], list[str]]


@dataclass(frozen=True)
class LaunchRequest:
    """What to start. `module`: the script is the name of a module, as after `python -m`."""

    script: str
    arguments: tuple[str, ...] = ()
    directory: str = ""
    python: str = ""
    environment: tuple[tuple[str, str], ...] = ()
    module: bool = False


@dataclass
class Launched:
    """A process that was started here, with the file that holds what it printed."""

    request: LaunchRequest
    pid: int
    output: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def name(self) -> str:
        """The script's name."""
        return os.path.basename(self.request.script)

    def last_lines(self, count: int = 3) -> str:
        """The end of what it printed."""
        try:
            with open(self.output, "rb") as file:
                file.seek(max(0, self.output.stat().st_size - _TAIL_BYTES))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return ""
        return "\n".join(text.strip().splitlines()[-count:])


def launcher_command(script_argv: list[str], module: bool, python: str | None) -> list[str]:  # noqa: FBT001
    """The command line that starts a script with the agent inside."""
    from memgui.attach.launcher import command

    return list(command(script_argv, module=module, python=python))


class Launches(QObject):
    """Starts scripts and tells how they end.

    Attributes:
        started: a Launched; ended: a Launched and its exit status, negative for a signal.
    """

    started = Signal(object)
    ended = Signal(object, int)

    def __init__(self, commander: Commander = launcher_command, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._commander = commander
        self._running: list[Launched] = []
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)

    @property
    def running(self) -> tuple[Launched, ...]:
        """What was started here and has not ended."""
        return tuple(self._running)

    def start(self, request: LaunchRequest) -> Launched:
        """Start a script with the agent inside.

        Raises:
            BadInput: there is no such script or directory.
            Problem: the system would not start it.
        """
        import subprocess  # no part of the first paint
        import tempfile

        directory = Path(request.directory or os.getcwd()).expanduser()
        if not directory.is_dir():
            raise BadInput(f"there is no directory {directory}", "choose the directory that the script runs in")
        script = request.script
        if not request.module:
            path = (directory / Path(script).expanduser()).resolve()
            if not path.is_file():
                raise BadInput(f"there is no script {path}", "choose a Python file")
            script = str(path)
        command = self._commander([script, *request.arguments], request.module, request.python or None)
        handle, name = tempfile.mkstemp(prefix="memgui-", suffix=".log")
        try:
            process = subprocess.Popen(
                command,
                cwd=directory,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **dict(request.environment)},
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise Problem(
                f"{command[0]} could not be started: {error.strerror}", "check the Python interpreter of the launch"
            ) from error
        finally:
            os.close(handle)
        launched = Launched(request, process.pid, Path(name), process)
        self._running.append(launched)
        self._timer.start()
        self.started.emit(launched)
        return launched

    def close(self) -> None:
        """Stop looking; what runs goes on."""
        self._timer.stop()
        for launched in self._running:
            # Popen's destructor complains of a child that was not waited for; this one is meant to live on.
            launched.process.returncode = 0
        self._running.clear()

    @Slot()
    def _look(self) -> None:
        for launched in tuple(self._running):
            status = launched.process.poll()
            if status is not None:
                self._running.remove(launched)
                self.ended.emit(launched, status)
        if not self._running:
            self._timer.stop()


def status_words(status: int) -> str:
    """ "exit status 1" or "killed by SIGKILL"."""
    if status >= 0:
        return translate("launch", "exit status {status}").format(status=status)
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = str(-status)
    return translate("launch", "killed by {signal}").format(signal=name)


def parse_arguments(text: str) -> tuple[str, ...]:
    """Arguments as a shell would split them.

    Raises:
        BadInput: a quote is not closed.
    """
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise BadInput(f"the arguments cannot be split: {error}", "close the quotes") from error


def parse_environment(text: str) -> tuple[tuple[str, str], ...]:
    """NAME=value lines.

    Raises:
        BadInput: a line has no name.
    """
    pairs = []
    for line in text.splitlines():
        if not line.strip():
            continue
        name, equals, value = line.strip().partition("=")
        if not equals or not name.strip():
            raise BadInput(f"not a variable: {line.strip()}", "write one NAME=value a line")
        pairs.append((name.strip(), value))
    return tuple(pairs)


def default_python() -> str:
    """The interpreter that runs the window."""
    return sys.executable
