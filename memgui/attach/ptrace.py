"""ptrace(2) by ctypes, for x86-64 Linux; every call of one tracee has to come from the one thread that seized it.

The interpreter lock is kept during each call: they take microseconds, and a thread that had to queue for the lock
between two of them, in a window that is busy drawing, would keep training stopped all the while.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import time
from dataclasses import dataclass

# Source: linux/ptrace.h, linux/elf.h, linux/wait.h.
_CONT = 7
_SINGLESTEP = 9
_GETREGS = 12
_SETREGS = 13
_DETACH = 17
_GETREGSET = 0x4204
_SETREGSET = 0x4205
_SEIZE = 0x4206
_INTERRUPT = 0x4207
_GETSIGMASK = 0x420A
_SETSIGMASK = 0x420B
_NT_X86_XSTATE = 0x202
_EVENT_STOP = 128
_P_PID = 1
_WSTOPPED = 2
_WNOHANG = 1
_WALL = 0x40000000
# AMX needs 11 KiB; what is asked for is only the room, the kernel says what it used.
_XSTATE_ROOM_BYTES = 64 * 1024
_STOP_SIGNALS = frozenset({signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU})
# Before the first stop the thread may be in the kernel for long; after this it is asked less often.
_SPIN_S = 0.003
_POLL_S = 0.0002

_libc = ctypes.PyDLL(None, use_errno=True)
_libc.ptrace.restype = ctypes.c_long
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.waitid.restype = ctypes.c_int
_libc.waitid.argtypes = [ctypes.c_int, ctypes.c_uint, ctypes.c_void_p, ctypes.c_int]


# Source: sys/user.h, user_regs_struct.
_NAMES = "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss"
_SEGMENT_NAMES = "fs_base gs_base ds es fs gs"


class Registers(ctypes.Structure):
    """General registers."""

    _fields_ = [(name, ctypes.c_ulonglong) for name in f"{_NAMES} {_SEGMENT_NAMES}".split()]

    def changed(self, **values: int) -> Registers:
        """A copy with some of them set; negative values as two's complement."""
        copy = Registers.from_buffer_copy(self)
        for name, value in values.items():
            setattr(copy, name, value)
        return copy


class _IoVector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class _SignalInfo(ctypes.Structure):
    # Source: siginfo_t for SIGCHLD on x86-64.
    _fields_ = [
        ("signal", ctypes.c_int),
        ("error", ctypes.c_int),
        ("code", ctypes.c_int),
        ("_pad", ctypes.c_int),
        ("pid", ctypes.c_int),
        ("uid", ctypes.c_int),
        ("status", ctypes.c_int),
        ("_rest", ctypes.c_byte * 100),
    ]


@dataclass(frozen=True)
class Stop:
    """Why the thread stands still.

    Attributes:
        is_event: the stop that `interrupt` asked for, or a stop of the whole group; not a signal on its way.
    """

    signal: int
    is_event: bool

    @property
    def is_group_stop(self) -> bool:
        """Somebody stopped the process as a shell does with Ctrl-Z."""
        return self.is_event and self.signal in _STOP_SIGNALS

    @property
    def is_interruption(self) -> bool:
        """The stop that `interrupt` asked for."""
        return self.is_event and self.signal == signal.SIGTRAP


class Tracee:
    """The main thread of a process, seized by the thread that makes this object.

    Where the seizing thread ends without `detach`, the kernel lets the tracee go on.
    """

    def __init__(self, pid: int) -> None:
        """Seize it; it goes on running.

        Raises:
            OSError: EPERM where that is not allowed, ESRCH where it is gone.
        """
        self.pid = pid
        self._request(_SEIZE)

    def interrupt(self) -> None:
        """Ask it to stop; `wait_for_stop` says when it has."""
        self._request(_INTERRUPT)

    def resume(self, signal_number: int = 0, *, single_step: bool = False) -> None:
        """Let it run, with a signal to be delivered first, or for one instruction."""
        self._request(_SINGLESTEP if single_step else _CONT, 0, signal_number)

    def detach(self) -> None:
        """Let it go, running."""
        self._request(_DETACH)

    def wait_for_stop(self, deadline: float) -> Stop | None:
        """The next stop, None where `deadline` (of the monotonic clock) has passed before one.

        An end of the process is never taken from the parent that waits for it.

        Raises:
            ProcessLookupError: it has ended.
        """
        info = _SignalInfo()
        spin_until = time.monotonic() + _SPIN_S
        while True:
            info.pid = 0
            if _libc.waitid(_P_PID, self.pid, ctypes.byref(info), _WSTOPPED | _WNOHANG | _WALL) < 0:
                number = ctypes.get_errno()
                if number != errno.EINTR:
                    raise ProcessLookupError(number, os.strerror(number))
            elif info.pid:
                return Stop(info.status & 0xFF, info.status >> 8 == _EVENT_STOP)
            now = time.monotonic()
            if now > deadline:
                return None
            if now > spin_until:
                if _has_ended(self.pid):
                    raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
                time.sleep(_POLL_S)

    def registers(self) -> Registers:
        """General registers."""
        values = Registers()
        self._request(_GETREGS, 0, ctypes.addressof(values))
        return values

    def set_registers(self, values: Registers) -> None:
        """Set the general registers."""
        self._request(_SETREGS, 0, ctypes.addressof(values))

    def extended_state(self) -> bytes:
        """The block of x87, vector, mask and tile registers, as the kernel has it, whatever is in it."""
        room = ctypes.create_string_buffer(_XSTATE_ROOM_BYTES)
        vector = _IoVector(ctypes.addressof(room), len(room))
        self._request(_GETREGSET, _NT_X86_XSTATE, ctypes.addressof(vector))
        return room.raw[: vector.length]

    def set_extended_state(self, block: bytes) -> None:
        """Put back what `extended_state` gave."""
        room = ctypes.create_string_buffer(block, len(block))
        vector = _IoVector(ctypes.addressof(room), len(block))
        self._request(_SETREGSET, _NT_X86_XSTATE, ctypes.addressof(vector))

    def signal_mask(self) -> int:
        """Blocked signals, one bit each."""
        mask = ctypes.c_uint64()
        self._request(_GETSIGMASK, 8, ctypes.addressof(mask))
        return mask.value

    def set_signal_mask(self, mask: int) -> None:
        """Set the blocked signals."""
        value = ctypes.c_uint64(mask)
        self._request(_SETSIGMASK, 8, ctypes.addressof(value))

    def _request(self, request: int, address: int = 0, data: int = 0) -> None:
        if _libc.ptrace(request, self.pid, address, data) < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))


def _has_ended(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read()
    except OSError:
        return True
    return text[text.rindex(b")") + 2 : text.rindex(b")") + 3] in b"ZX"
