"""One `memgui native` command at a time, in a process of its own: nothing that it reads or runs can hold the window.

GUI thread; a timer looks at the process, and a thread of its own makes the report from what it printed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal, Slot

import memgui
from memgui.analysis.native.document import from_document
from memgui.analysis.native.model import Report
from memgui.analysis.native.sites import Site, has_findings, sites
from memgui.protocol.errors import BadInput, Problem

# By its own folder: memgui may run from a checkout, and what lies in the script's directory is none of its modules.
_ROOT = str(Path(memgui.__file__).resolve().parent.parent)
_MEMGUI = f"import sys; sys.path[0] = {_ROOT!r}; from memgui.cli import script; script()"
_LOOK_EVERY_MS = 200
_ENDED_WELL = (0, 1, 3)
_TAIL_LINES = 4


@dataclass(frozen=True)
class Opened:
    """A report with what is made of it; `program` tells how a program that was run has ended, empty where none was."""

    report: Report
    sites: tuple[Site, ...]
    has_findings: bool
    program: str = ""


class NativeJob(QObject):
    """Runs or reads; ends each start with exactly one of `opened` and `failed`.

    Attributes:
        progressed: phase, seconds and bytes of the report so far.
        opened: an Opened; failed: a Problem.
    """

    progressed = Signal(str, float, float)
    opened = Signal(object)
    failed = Signal(object)
    _made = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: subprocess.Popen[bytes] | None = None
        self._out: IO[bytes] | None = None
        self._err: IO[bytes] | None = None
        self._seen = 0
        self._thread: threading.Thread | None = None
        self._finalizer: weakref.finalize[..., NativeJob] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)
        self._made.connect(self._ready)

    @property
    def is_busy(self) -> bool:
        """Something runs or is being read."""
        return self._process is not None or self._thread is not None

    def start(self, words: Sequence[str], directory: str = "") -> None:
        """Run `memgui native WORDS`.

        Raises:
            BadInput: there is no such directory.
            Problem: it does not start, or another one runs.
        """
        if self.is_busy:
            raise Problem("a report is being made already", "wait for it, or cancel it")
        if directory and not os.path.isdir(directory):
            raise BadInput(f"there is no directory {directory}", "choose the directory that the script runs in")
        # Closed when they have been read, after the process has ended.
        self._out, self._err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
        self._seen = 0
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _MEMGUI, "native", *words],
                cwd=directory or None,
                stdin=subprocess.DEVNULL,
                stdout=self._out,
                stderr=self._err,
                start_new_session=True,
            )
        except OSError as error:
            raise Problem(f"{sys.executable} could not be started: {error.strerror}", "check its file") from error
        # A window that is closed takes the tool and its program along.
        self._finalizer = weakref.finalize(self, _interrupt, self._process)
        self._timer.start()

    def cancel(self) -> None:
        """End the program; what the tool has seen of it will be read."""
        if self._process is not None:
            _interrupt(self._process)

    @Slot()
    def _look(self) -> None:
        process, out, err = self._process, self._out, self._err
        if process is None or out is None or err is None:
            return
        status = process.poll()
        err.seek(self._seen)
        for line in err.read().splitlines(keepends=True):
            if line.endswith(b"\n"):
                self._seen += len(line)
                self._progress(line)
        if status is None:
            return
        self._timer.stop()
        self._process = None
        if self._finalizer is not None:
            self._finalizer.detach()
        err.seek(0)
        said = err.read().decode("utf-8", "replace")
        err.close()
        self._thread = threading.Thread(target=self._make, args=(status, out, said), name="native report", daemon=True)
        self._thread.start()

    def _progress(self, line: bytes) -> None:
        if line.startswith(b'{"event": "progress"'):
            event = json.loads(line)
            self.progressed.emit(event["phase"], event["elapsed_s"], float(event["report_bytes"]))

    def _make(self, status: int, out: IO[bytes], said: str) -> None:
        """On its own thread: ten thousand stacks take some tenths of a second."""
        made: Opened | Problem
        try:
            with out:
                out.seek(0)
                made = read_output(status, out.read(), said)
        except Problem as problem:
            made = problem
        self._made.emit(made)

    @Slot(object)
    def _ready(self, made: Opened | Problem) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if isinstance(made, Opened):
            self.opened.emit(made)
        else:
            self.failed.emit(made)


def read_output(status: int, output: bytes, said: str) -> Opened:
    """The report that `memgui native … --json` has printed.

    Args:
        status: its exit status; said: what it and the program have written to the standard error.

    Raises:
        Problem: it printed none; says what it said.
    """
    lines = [line for line in said.splitlines() if line.strip() and not line.startswith('{"event": "progress"')]
    if status not in _ENDED_WELL or not output.strip():
        at = next((number for number, line in enumerate(lines) if line.startswith("memgui: ")), None)
        if at is None:
            last = "\n".join(lines[-_TAIL_LINES:])
            raise Problem(last or f"memgui native ended with status {status}", "run it in a terminal to see more")
        step = lines[at + 1].strip() if at + 1 < len(lines) else ""
        raise Problem(lines[at].removeprefix("memgui: "), step)
    try:
        document = msgspec.json.decode(output)
        report = from_document(document)
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise Problem(
            f"the report cannot be read back: {error}", "open it by `memgui native open` in a terminal"
        ) from error
    program = document.get("program") or {}
    failed = program.get("status") and not program.get("stopped")
    words = program.get("words", "") if failed else ""
    return Opened(report, sites(report), has_findings(report), words)


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
