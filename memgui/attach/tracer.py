"""One visit to a running thread: stop it, let it queue a call for Python, put everything back, let it go.

Runs on a thread of its own, because all of ptrace has to come from the thread that seized, because Python's signal
handlers (Ctrl-C) run on other ones, and because the kernel lets a tracee go when its tracer's thread ends, whatever
happened.
"""

from __future__ import annotations

import errno
import mmap
import os
import signal
import threading
import time
from dataclasses import dataclass, field

from memgui.attach.ptrace import Registers, Stop, Tracee
from memgui.attach.stub import NOT_INITIALIZED, Code
from memgui.protocol.errors import Problem, Refused, Unreachable

_SYS_MMAP = 9
_SYS_MUNMAP = 11
_READ_AND_RUN = mmap.PROT_READ | mmap.PROT_EXEC
_PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
_CODE_SEGMENT_64 = 0x33
_MINUS_ONE = 2**64 - 1
_RED_ZONE_BYTES = 128
# Faults of the thread itself must stay open: blocked, they would reset their handlers.
_FAULTS = (signal.SIGTRAP, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGSYS)
_ALL_BUT_FAULTS = _MINUS_ONE & ~sum(1 << (number - 1) for number in _FAULTS)
_LAUNCH = "start the program with: memgui run SCRIPT"


@dataclass(frozen=True)
class Queued:
    """What one visit left behind.

    Attributes:
        pause_s: how long the main thread stood still or worked for us.
        page: where the code lies until it has run.
    """

    pause_s: float
    page: int


@dataclass
class _Visit:
    """What one visit needs and what it found."""

    pid: int
    code: Code
    syscall_instruction: int
    memory: int
    limit_s: float
    pause_s: float = 0.0
    page: int = 0
    error: BaseException | None = None
    held_back: list[int] = field(default_factory=list)


def queue_call(pid: int, code: Code, syscall_instruction: int, memory: int, limit_s: float = 2.0) -> Queued:
    """Place `code` in the process and let its main thread run the entry once. The caller's thread waits.

    Args:
        memory: descriptor of /proc/PID/mem, open for writing.

    Raises:
        Refused: it is not allowed, or the thread is in a state in which it cannot be done; nothing was changed.
        Unreachable: the process has ended, or its main thread did not stop within the limit.
        Problem: the call did not come back within the limit, or failed; all registers were put back.
    """
    visit = _Visit(pid, code, syscall_instruction, memory, limit_s)
    thread = threading.Thread(target=_run, args=(visit,), name="memgui-tracer")
    thread.start()
    thread.join()
    for number in visit.held_back:
        os.kill(pid, number)
    if visit.error is not None:
        raise visit.error
    return Queued(visit.pause_s, visit.page)


def _run(visit: _Visit) -> None:
    try:
        _visit(visit)
    except Problem as error:
        visit.error = error
    except ProcessLookupError:
        visit.error = Unreachable(f"process {visit.pid} ended while the agent was brought in")
    except OSError as error:
        visit.error = _not_allowed(visit.pid, error)
    except BaseException as error:  # noqa: BLE001 - the thread's boundary: the caller raises it again
        visit.error = error


def _visit(visit: _Visit) -> None:
    tracee = Tracee(visit.pid)
    # Another thread that wants the interpreter lock has 5 ms of patience, counted from here.
    time.sleep(0)
    deadline = time.monotonic() + visit.limit_s
    _stop(tracee, deadline)
    began = time.monotonic()
    try:
        _work_in(tracee, visit, deadline)
    finally:
        tracee.detach()
        visit.pause_s = time.monotonic() - began


def _stop(tracee: Tracee, deadline: float) -> None:
    """Bring the thread to a stop between two instructions, or where it waits in the kernel."""
    tracee.interrupt()
    while True:
        stop = tracee.wait_for_stop(deadline)
        if stop is None:
            # Not stopped, so it cannot be detached either: the end of this thread does that.
            raise Unreachable(
                f"the main thread of process {tracee.pid} did not stop: it waits in the kernel without a way out "
                "(state D), as for a network file system or a device driver",
                "try again when that has come back",
            )
        if stop.is_interruption:
            return
        if stop.is_group_stop:
            tracee.detach()
            raise Refused(f"process {tracee.pid} has just been stopped", f"let it go on with: kill -CONT {tracee.pid}")
        # A signal was on its way already: it is delivered first, as if nobody were here.
        tracee.interrupt()
        tracee.resume(0 if stop.is_event else stop.signal)


def _work_in(tracee: Tracee, visit: _Visit, deadline: float) -> None:
    registers = tracee.registers()
    if registers.cs != _CODE_SEGMENT_64:
        raise Refused(f"the main thread of process {visit.pid} runs 32-bit code", _LAUNCH)
    extended = tracee.extended_state()
    mask = tracee.signal_mask()
    try:
        tracee.set_signal_mask(_ALL_BUT_FAULTS)
        # -1: no system call that we interrupted may be restarted with our arguments.
        ours = registers.changed(orig_rax=_MINUS_ONE)
        page = _system_call(tracee, visit, ours, deadline, _SYS_MMAP, 0, visit.code.length, _READ_AND_RUN)
        if page > _MINUS_ONE - 4096:
            reason = os.strerror(_MINUS_ONE + 1 - page)
            raise Refused(f"process {visit.pid} got no memory for the agent's first lines: {reason}", _LAUNCH)
        visit.page = page
        os.pwrite(visit.memory, visit.code.image, page)
        answer = _call(tracee, visit, ours, deadline, page)
        if answer != 0:
            _system_call(tracee, visit, ours, deadline, _SYS_MUNMAP, page, visit.code.length)
            raise _turned_down(visit.pid, answer)
    finally:
        tracee.set_registers(registers)
        tracee.set_extended_state(extended)
        tracee.set_signal_mask(mask)


def _system_call(tracee: Tracee, visit: _Visit, base: Registers, deadline: float, number: int, *arguments: int) -> int:
    rdi, rsi, rdx = (*arguments, 0)[:3]
    behind = visit.syscall_instruction + 2
    tracee.set_registers(
        base.changed(
            rip=visit.syscall_instruction, rax=number, rdi=rdi, rsi=rsi, rdx=rdx, r10=_PRIVATE, r8=_MINUS_ONE, r9=0
        )
    )
    found = _run_until(tracee, visit, deadline, (behind,), single_step=True)
    return int(found.rax)


def _call(tracee: Tracee, visit: _Visit, base: Registers, deadline: float, page: int) -> int:
    stack = (base.rsp - _RED_ZONE_BYTES) & ~0xF
    tracee.set_registers(base.changed(rip=page, rsp=stack, rax=0))
    found = _run_until(tracee, visit, deadline, tuple(page + offset for offset in visit.code.traps), single_step=False)
    answer = int(found.rax & 0xFFFFFFFF)
    return answer - 2**32 if answer >= 2**31 else answer


def _run_until(
    tracee: Tracee, visit: _Visit, deadline: float, places: tuple[int, ...], *, single_step: bool
) -> Registers:
    while True:
        tracee.resume(single_step=single_step)
        stop = tracee.wait_for_stop(deadline)
        if stop is None:
            _halt(tracee, visit)
            raise Problem(
                f"the main thread of process {visit.pid} did not come back within {visit.limit_s:g} s; "
                "its registers were put back and it goes on",
                "try again; if it happens again, start the program with: memgui run SCRIPT",
            )
        if not stop.is_event and stop.signal in _FAULTS:
            registers = tracee.registers()
            if registers.rip in places and stop.signal == signal.SIGTRAP:
                return registers
            raise Problem(
                f"the call in process {visit.pid} ended in {signal.Signals(stop.signal).name} at {registers.rip:#x}; "
                "its registers were put back and it goes on",
                _LAUNCH,
            )
        _hold_back(visit, stop)


def _halt(tracee: Tracee, visit: _Visit) -> None:
    """Stop it in the middle of our call, so that the registers can be put back."""
    tracee.interrupt()
    stop = tracee.wait_for_stop(time.monotonic() + visit.limit_s)
    if stop is not None:
        _hold_back(visit, stop)


def _hold_back(visit: _Visit, stop: Stop) -> None:
    """Only SIGSTOP passes the mask; it is sent again after the visit."""
    if not stop.is_event and stop.signal not in _FAULTS:
        visit.held_back.append(stop.signal)


def _turned_down(pid: int, answer: int) -> Problem:
    if answer == NOT_INITIALIZED:
        return Refused(f"Python in process {pid} is not up yet, or ends just now", "try again in a second")
    return Refused(
        f"Python's queue of pending calls in process {pid} is full: its main thread has run none of them for long",
        "try again when the main thread has come back to Python code",
    )


def _not_allowed(pid: int, error: OSError) -> Problem:
    if error.errno in (errno.EPERM, errno.EACCES):
        return Refused(
            f"the system does not let process {pid} be traced: {error.strerror}",
            "a security module or a container forbids ptrace; allow it there, or " + _LAUNCH,
        )
    return Problem(f"process {pid} could not be traced: {error.strerror or error}", _LAUNCH)
