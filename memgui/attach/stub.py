"""The machine code that the injector brings into the target, for x86-64.

One block of bytes that runs wherever it is placed: what it calls is absolute, what it holds is relative. It begins
with the entry that the stopped thread runs; then the stub that Python calls at its next safe moment; then the text.

The stub ends by jumping into `munmap` for its own pages, with its caller's return address on the stack: the pages are
gone before anything could return into them, and `munmap` returns 0, which is what a pending call has to return.

What the text raises goes on into the program, as from a handler of a signal: mostly it is one, of a Ctrl-C that came
while the text was being compiled. `PyRun_SimpleString` would print it and lose it. The pages stay then, and Python ends
by SIGINT once the program has ended, whatever the program did about it: it takes the text for its last script.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from memgui.attach.cpython import Addresses

PAGE = 4096
NOT_INITIALIZED = -2
"""What the entry leaves in eax where Python is not up; any other value is what `Py_AddPendingCall` returned."""

_INT3 = b"\xcc"
_STUB_AT = 64
_NAME_AT = 192
_NAME = b"__main__\0"
_TEXT_AT = _NAME_AT + len(_NAME)
_FILE_INPUT = 257  # Py_file_input


@dataclass(frozen=True)
class Code:
    """What to write to the start of `length` mapped bytes.

    Attributes:
        traps: offsets just behind the two traps that end the entry.
    """

    image: bytes
    length: int
    traps: tuple[int, int]


def assemble(addresses: Addresses, text: str) -> Code:
    """Code that lets Python run `text` in `__main__` once, at its next safe moment.

    Raises:
        ValueError: the text holds a zero.
    """
    data = text.encode("ascii") + b"\0"
    if b"\0" in data[:-1]:
        raise ValueError("a text for Python cannot hold a zero byte")
    length = -(-(_TEXT_AT + len(data)) // PAGE) * PAGE

    entry = b"\xfc" + _call(addresses.is_initialized)  # cld: the ABI promises a clear direction flag
    queue = b"\x31\xf6" + _call(addresses.add_pending_call) + _INT3  # xor esi, esi; call; int3
    entry += b"\x85\xc0\x74" + bytes([7 + len(queue)])  # test eax, eax; jz behind `queue`
    entry += _point_rdi_at(_STUB_AT, len(entry)) + queue
    first_trap = len(entry)
    entry += b"\xb8" + struct.pack("<i", NOT_INITIALIZED) + _INT3  # mov eax, -2; int3

    stub = b"\x48\x83\xec\x08"  # sub rsp, 8: calls want a stack aligned to 16
    stub += _point_rdi_at(_NAME_AT, _STUB_AT + len(stub))
    stub += _call(addresses.add_module)
    run = b"\x48\x89\xc7" + _call(addresses.get_dict)  # mov rdi, rax; call
    here = _STUB_AT + len(stub) + 5 + len(run)
    run += _point_rdi_at(_TEXT_AT, here)
    run += b"\xbe" + struct.pack("<I", _FILE_INPUT) + b"\x48\x89\xc2\x48\x89\xc1"  # mov esi, ...; rdx, rcx = rax
    run += _call(addresses.run_string)
    stub += b"\x48\x85\xc0\x74" + bytes([len(run)]) + run  # test rax, rax; jz behind `run`
    stub += b"\x48\x83\xc4\x08"  # add rsp, 8
    stub += b"\x48\x85\xc0\x75\x06" + b"\xb8" + struct.pack("<i", -1) + b"\xc3"  # test rax; jnz; mov eax, -1; ret
    stub += _point_rdi_at(0, _STUB_AT + len(stub))
    stub += b"\xbe" + struct.pack("<I", length)  # mov esi, length
    stub += b"\x48\xb8" + struct.pack("<Q", addresses.munmap) + b"\xff\xe0"  # mov rax, munmap; jmp rax

    image = entry.ljust(_STUB_AT, _INT3) + stub.ljust(_NAME_AT - _STUB_AT, _INT3) + _NAME + data
    return Code(image, length, (first_trap, len(entry)))


def _call(address: int) -> bytes:
    return b"\x48\xb8" + struct.pack("<Q", address) + b"\xff\xd0"  # mov rax, address; call rax


def _point_rdi_at(offset: int, here: int) -> bytes:
    return b"\x48\x8d\x3d" + struct.pack("<i", offset - (here + 7))  # lea rdi, [rip + ...]
