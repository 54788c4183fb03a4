"""A program that runs under a tool: started, looked at, stopped, and what it left. Nothing here waits. One thread."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Union

from memgui.attach.native.child import BEGUN, ENDED, LOADED
from memgui.attach.native.plan import Plan
from memgui.attach.native.tools import ASAN, HEAPTRACK, LSAN, MEMRAY, TITLES, VALGRIND
from memgui.protocol.errors import Problem

STARTING, RUNNING, LOOKING, STOPPING = "starting", "running", "looking for leaks", "stopping"
_FINISHED = b"<state>FINISHED"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)

Stream = Union[int, IO[bytes], None]


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Attributes:
        status: the program's exit status, negative for a signal.
        reports: the tool's files that are about the program; none where a sanitizer found nothing.
        warnings: sentences on what is missing, and why.
        elapsed_s: from the start to the end.
        was_stopped: it was asked to end, so that its status says nothing of the program.
    """

    status: int
    reports: tuple[Path, ...]
    warnings: tuple[str, ...]
    elapsed_s: float
    was_stopped: bool = False

    @property
    def words(self) -> str:
        """ "exit status 3" or "killed by SIGKILL"."""
        if self.status >= 0:
            return f"exit status {self.status}"
        try:
            return f"killed by {signal.Signals(-self.status).name}"
        except ValueError:
            return f"killed by signal {-self.status}"


@dataclass
class ToolRun:
    """A run; `poll` it until it has ended, then take `ended`, and `close` it when the reports are read.

    Attributes:
        own_group: the program has its own process group, and signals go to all of it; without, it shares the
            terminal, which sends a Ctrl-C to it by itself.
    """

    plan: Plan
    process: subprocess.Popen[bytes]
    own_group: bool
    started_s: float = field(default_factory=time.monotonic)
    _sent: int = 0
    _scanned_bytes: int = 0
    _is_looking: bool = False

    @classmethod
    def start(
        cls,
        plan: Plan,
        *,
        stdin: Stream = None,
        stdout: Stream = None,
        stderr: Stream = None,
        own_group: bool = True,
        directory: str = "",
    ) -> ToolRun:
        """Start the program under its tool.

        Raises:
            Problem: the system would not start it.
        """
        options: dict[str, Any] = {"start_new_session": True} if own_group else {}
        try:
            process = subprocess.Popen(
                plan.argv,
                env={**os.environ, **plan.environment},
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                cwd=directory or None,
                **options,
            )
        except OSError as error:
            raise Problem(
                f"{plan.argv[0]} could not be started: {error.strerror}", "check that it is there and may be run"
            ) from error
        return cls(plan, process, own_group)

    @property
    def elapsed_s(self) -> float:
        """Since the start."""
        return time.monotonic() - self.started_s

    @property
    def report_bytes(self) -> int:
        """What the tool has written so far."""
        return sum(_size(path) for path in self._files())

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self.process.poll()

    def phase(self) -> str:
        """What it does now."""
        if self._is_looking or self._looks():
            self._is_looking = True
            return LOOKING
        if self._sent:
            return STOPPING
        begun = self.report_bytes if self.plan.tool.name == MEMRAY else (self.plan.folder / BEGUN).exists()
        return RUNNING if begun else STARTING

    def _looks(self) -> bool:
        if self.plan.tool.name == VALGRIND:
            return self._says_finished()
        return self.plan.tool.name in (LSAN, ASAN) and (self.plan.folder / ENDED).exists()

    def _says_finished(self) -> bool:
        try:
            with (self.plan.folder / self.plan.report).open("rb") as file:
                file.seek(max(0, self._scanned_bytes - len(_FINISHED)))
                new = file.read(1 << 22)
                self._scanned_bytes = file.tell()
        except OSError:
            return False
        return _FINISHED in new

    def stop(self) -> None:
        """Ask the program to end; the second call asks harder, the third ends it."""
        number = _SIGNALS[min(self._sent, len(_SIGNALS) - 1)]
        self._sent += 1
        self.send(number)

    def note_interrupt(self) -> None:
        """The terminal has sent a Ctrl-C to the program by itself."""
        self._sent = max(self._sent, 1)

    def send(self, number: int) -> None:
        """Pass a signal on."""
        if self.process.poll() is not None:
            return
        program = self._program() if self.plan.tool.name == HEAPTRACK and number != signal.SIGKILL else None
        try:
            if program is not None:
                os.kill(program, number)
            elif self.own_group:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)
        except ProcessLookupError:
            pass

    def _program(self) -> int | None:
        """The program itself: heaptrack's own processes in its group have to live on to write the report."""
        try:
            return int((self.plan.folder / BEGUN).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    def ended(self) -> Ended:
        """What is left of a run that has ended."""
        status = self.process.wait()
        files = self._files()
        ours = [path for path in files if self._is_ours(path)]
        warnings = []
        if len(files) > len(ours):
            others = sorted({path.name.split(".")[1] for path in files if path not in ours})
            warnings.append(f"Reports of other programs that it started are left out: {', '.join(others)}.")
        warnings += self._missing(status, ours)
        return Ended(status, tuple(ours), tuple(warnings), self.elapsed_s, self._sent > 0)

    def close(self) -> None:
        """Forget the reports."""
        shutil.rmtree(self.plan.folder, ignore_errors=True)

    def _files(self) -> list[Path]:
        return sorted(path for path in self.plan.folder.glob(self.plan.report) if path.is_file())

    def _is_ours(self, path: Path) -> bool:
        """Sanitizers come along into every program that is started, and name it in their log's name."""
        if self.plan.tool.name not in (LSAN, ASAN):
            return True
        name = path.name.partition(".")[2]
        return name.startswith(("python", os.path.basename(self.plan.argv[0])))

    def _missing(self, status: int, reports: Sequence[Path]) -> list[str]:
        name, title = self.plan.tool.name, TITLES[self.plan.tool.name]
        if name in (LSAN, ASAN):
            has = {mark for mark in (BEGUN, LOADED, ENDED) if (self.plan.folder / mark).exists()}
            if BEGUN not in has and not reports:
                return [f"The program did not start, so {title} saw nothing."]
            if BEGUN in has and LOADED not in has:
                return [f"{title} was not loaded (LD_PRELOAD {self.plan.tool.path}), so nothing was looked at."]
            if status < 0 and not reports:
                return [f"The program was killed by signal {-status}, and {title} looks only at an ordinary end."]
            if ENDED not in has and not reports:
                return [f"The program left by os._exit, and {title} looks only at an ordinary end."]
        elif reports and status < 0 and not self._sent:
            return [f"The program was killed by signal {-status}; the report tells what was in use till then."]
        elif not reports:
            return [f"{title} wrote no report; the program may have ended before it began."]
        return []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
