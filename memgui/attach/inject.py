"""Brings the agent into a running process; blocks the calling thread, so a window calls it on a worker."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from memgui.attach import arrival, gdb, remote_exec, targets
from memgui.attach.cpython import find_addresses, find_interpreter
from memgui.attach.landing import Meeting, arrange
from memgui.attach.payload import launch_text
from memgui.attach.permission import refusal
from memgui.attach.process import ProcessView
from memgui.protocol.errors import BadInput, Problem, Refused, Unreachable

Progress = Callable[[str], None]
_LIMIT_S = 2.0


@dataclass(frozen=True)
class Attached:
    """An agent that answers.

    Attributes:
        method: how it came in, one of `targets.METHODS`.
        pause_ms: how long the main thread was kept; None where it was not stopped, or where that is not known.
    """

    pid: int
    socket: Path
    method: str
    pause_ms: float | None
    agent_version: str


def attach(
    pid: int,
    *,
    method: str | None = None,
    timeout_s: float = 10.0,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Attached:
    """Bring the agent into the process `pid`, or find that it is there.

    Args:
        method: one of `targets.METHODS`; None for the gentlest that works. `gdb` is used only when it is named.
        timeout_s: how long to wait for the main thread to reach Python code.
        progress: called on this thread with one line for people whenever there is something new to say.
        cancelled: asked on this thread every few milliseconds while waiting.

    Raises:
        BadInput: no such method.
        Refused: it cannot be done, with the reason; the process was not changed.
        Unreachable: the process is gone, or its main thread does not reach Python code.
        arrival.Cancelled: `cancelled` said so.
        Problem: the agent could not start; the process goes on.
    """
    if method is not None and method not in targets.METHODS:
        raise BadInput(f"there is no way in named {method!r}", f"choose from: {', '.join(targets.METHODS)}")
    view = ProcessView(pid)
    found = targets.check(pid)
    if not found.attachable:
        kind = Refused if view.start_time() is not None else Unreachable
        raise kind(found.reason or f"process {pid} cannot be attached to", found.next_step or "")
    try:
        return _attach(view, found, method, timeout_s, progress or _silent, cancelled)
    except PermissionError as error:
        raise Refused(*refusal(view)) from error
    except (FileNotFoundError, ProcessLookupError) as error:
        raise Unreachable(f"process {pid} ended while the agent was brought in") from error
    except OSError as error:
        raise Problem(f"process {pid} could not be attached to: {error}") from error


def _attach(
    view: ProcessView,
    found: targets.Attachability,
    method: str | None,
    timeout_s: float,
    progress: Progress,
    cancelled: Callable[[], bool] | None,
) -> Attached:
    meeting = arrange(view)
    if found.method == targets.CONNECT:
        hello = arrival.greet(meeting.endpoint)
        if hello is None:
            raise Unreachable(f"the agent in process {view.pid} does not answer any more", "try again")
        return Attached(view.pid, meeting.endpoint.path, targets.CONNECT, None, hello.agent_version)
    chosen = method or found.method
    if chosen == targets.CONNECT:
        raise Unreachable(f"there is no agent in process {view.pid} yet", f"bring it in with: memgui attach {view.pid}")
    if cancelled is not None and cancelled():
        raise arrival.Cancelled(f"process {view.pid} was left alone")
    arrival.forget_report(meeting.report)
    sent = _send(view, meeting, found, chosen, progress)
    hello = arrival.wait(
        view,
        meeting.endpoint,
        meeting.report,
        timeout_s=timeout_s,
        progress=progress,
        cancelled=cancelled,
        has_begun=sent.has_run,
    )
    pause_ms = None if sent.pause_s is None else round(sent.pause_s * 1000, 3)
    return Attached(view.pid, meeting.endpoint.path, chosen or "", pause_ms, hello.agent_version)


def _send(
    view: ProcessView, meeting: Meeting, found: targets.Attachability, method: str | None, progress: Progress
) -> Sent:
    text = launch_text(meeting.landing)
    if method == targets.REMOTE_EXEC:
        progress("handing the agent to the target's own interpreter (experimental)")
        remote_exec.send(view, text, meeting, found.python)
        return Sent(None)
    if method == targets.GDB:
        progress(gdb.PRICE)
        began = time.monotonic()
        gdb.send(view.pid, text)
        return Sent(time.monotonic() - began)
    progress(f"bringing the agent into process {view.pid}")
    return inject_text(view, text)


class Sent:
    """A text on its way into a process.

    Attributes:
        pause_s: how long its main thread was kept; None where that is not known.
    """

    def __init__(self, pause_s: float | None, memory: Path | None = None, page: int = 0, image: bytes = b"") -> None:
        self.pause_s = pause_s
        self._memory = memory
        self._page = page
        self._image = image

    def has_run(self) -> bool:
        """Whether the main thread is known to have run it: its page is gone then, or belongs to something else."""
        if self._memory is None:
            return False
        try:
            with self._memory.open("rb", buffering=0) as memory:
                return os.pread(memory.fileno(), len(self._image), self._page) != self._image
        except OSError as error:
            return error.errno == errno.EIO


def inject_text(view: ProcessView, text: str) -> Sent:
    """Let the main thread of a process run `text` once, as soon as it executes Python code.

    Everything that can fail is done before the thread is stopped.

    Raises:
        Refused, Unreachable, Problem: see `tracer.queue_call`.
        OSError: the process is gone or may not be looked at.
    """
    # Only on Linux on x86-64 can these be imported.
    from memgui.attach.stub import assemble
    from memgui.attach.tracer import queue_call

    memory = os.open(view.folder / "mem", os.O_RDWR | os.O_CLOEXEC)
    try:
        interpreter = find_interpreter(view)
        if interpreter is None:
            raise Refused(f"process {view.pid} is not CPython")
        addresses = find_addresses(view, interpreter, memory)
        code = assemble(addresses, text)
        queued = queue_call(view.pid, code, addresses.syscall_instruction, memory, _LIMIT_S)
        return Sent(queued.pause_s, view.folder / "mem", queued.page, code.image)
    finally:
        os.close(memory)


def _silent(_text: str) -> None:
    pass
