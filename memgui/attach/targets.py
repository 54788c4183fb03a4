"""Says whether the agent can be brought into a process, how, and if not, why and what to do about it."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from memgui.attach.arrival import greet
from memgui.attach.cpython import Interpreter, find_interpreter
from memgui.attach.elf import ElfError, ElfHeader, read_header
from memgui.attach.landing import arrange, unreachable_package
from memgui.attach.permission import refusal
from memgui.attach.process import ProcessView
from memgui.protocol.errors import Problem

CONNECT = "connect"
INJECTOR = "injector"
REMOTE_EXEC = "remote_exec"
GDB = "gdb"
METHODS = (CONNECT, INJECTOR, REMOTE_EXEC, GDB)

OLDEST = (3, 9)
REMOTE_EXEC_SINCE = (3, 14)
_LAUNCH = "start the program with: memgui run SCRIPT"


@dataclass(frozen=True)
class Attachability:
    """Whether and how.

    Attributes:
        method: one of `METHODS`, the preferred one; None where it is not attachable.
        reason: why not, one sentence; None where it is attachable.
        next_step: what to do about it; None where there is nothing.
        python: version of the target's Python, such as "3.11"; None where it was not found out.
    """

    pid: int
    attachable: bool
    method: str | None = None
    reason: str | None = None
    next_step: str | None = None
    python: str | None = None


def check(pid: int, proc: Path = Path("/proc")) -> Attachability:
    """Whether the agent can be brought into the process `pid`; looks only, takes a few milliseconds."""
    view = ProcessView(pid, proc)
    gone = Attachability(pid, False, reason=f"there is no process {pid}", next_step="list what runs here: memgui ps")
    try:
        return _check(view)
    except (FileNotFoundError, ProcessLookupError):
        return gone
    except PermissionError:
        reason, step = refusal(view)
        return Attachability(pid, False, reason=reason, next_step=step)
    except OSError as error:
        return Attachability(pid, False, reason=f"process {pid} cannot be looked at: {error.strerror}")


def _check(view: ProcessView) -> Attachability:
    pid = view.pid

    def no(reason: str, next_step: str | None = None, python: str | None = None) -> Attachability:
        return Attachability(pid, False, reason=reason, next_step=next_step, python=python)

    state = view.state()
    if state in "ZX":
        return no(f"process {pid} has ended and waits for its parent to notice (state {state})")
    if view.is_kernel_thread():
        return no(f"process {pid} is a thread of the kernel, not a program")
    if has_agent(view):
        return Attachability(pid, True, CONNECT)
    if state == "T":
        return no(f"process {pid} is stopped (state T), as by Ctrl-Z", f"let it go on with: kill -CONT {pid}")
    tracer = int(view.status().get("TracerPid", "0"))
    if tracer or state == "t":
        return no(
            f"process {pid} is being traced by process {tracer} ({_name(view, tracer)}), and only one can do that",
            "end the debugger or tracer, then try again",
        )
    header = _program(view)
    if header is None or header.bits != 64 or header.architecture != "x86-64" or platform.machine() != "x86_64":
        told = header.architecture if header else "unknown"
        return no(f"process {pid} is a program for {told}; the injector is for x86-64 Linux", _LAUNCH)
    interpreter = find_interpreter(view)
    if interpreter is None:
        name = os.path.basename(os.readlink(view.folder / "exe"))
        return no(f"process {pid} ({name}) is not CPython", "list what can be attached to: memgui ps")
    return _check_python(view, interpreter)


def _check_python(view: ProcessView, interpreter: Interpreter) -> Attachability:
    pid, version = view.pid, interpreter.version
    told = None if version is None else "{}.{}".format(*version)
    if version is None or version < OLDEST:
        oldest = "{}.{}".format(*OLDEST)
        reason = f"process {pid} runs Python {told or 'of an unknown version'}; the agent needs {oldest} or later"
        return Attachability(pid, False, reason=reason, next_step="use a newer Python", python=told)
    # Opening it for writing is allowed exactly where tracing is. Source: proc(5), PTRACE_MODE_ATTACH_FSCREDS.
    os.close(os.open(view.folder / "mem", os.O_RDWR | os.O_CLOEXEC))
    closed = unreachable_package(view)
    if closed is not None:
        step = (
            "install memgui where the target can read it, at the same path, or start it there with: memgui run SCRIPT"
        )
        return Attachability(pid, False, reason=closed, next_step=step, python=told)
    return Attachability(pid, True, REMOTE_EXEC if version >= REMOTE_EXEC_SINCE else INJECTOR, python=told)


def has_agent(view: ProcessView) -> bool:
    """Whether an agent answers for this very process."""
    try:
        return greet(arrange(view).endpoint, timeout_s=0.5) is not None
    except (Problem, OSError):
        return False


def _program(view: ProcessView) -> ElfHeader | None:
    descriptor = os.open(view.folder / "exe", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return read_header(descriptor)
    except ElfError:
        return None
    finally:
        os.close(descriptor)


def _name(view: ProcessView, pid: int) -> str:
    try:
        return (view.proc / str(pid) / "comm").read_text().strip()
    except OSError:
        return "unknown"
