from __future__ import annotations

import ctypes
import mmap
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from memgui.attach.cpython import find_addresses, find_interpreter
from memgui.attach.elf import ElfError, ElfFile
from memgui.attach.process import ProcessView
from memgui.protocol.errors import Refused


@contextmanager
def opened(path: str | Path, flags: int = os.O_RDONLY) -> Iterator[int]:
    descriptor = os.open(path, flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"#!/bin/sh\n" * 10, b"\x7fELF\x02\x01" + bytes(200)])
def test_what_is_no_program_is_an_error_and_never_a_crash(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with opened(path) as descriptor, pytest.raises(ElfError):
        ElfFile(descriptor)


def test_a_file_cut_short_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "cut"
    path.write_bytes(Path(sys.executable).read_bytes()[:4096])
    with opened(path) as descriptor, pytest.raises(ElfError):
        ElfFile(descriptor).symbols({"Py_AddPendingCall"})


def test_the_addresses_found_in_this_process_are_those_that_the_linker_gave_it() -> None:
    view = ProcessView(os.getpid())
    interpreter = find_interpreter(view)
    assert interpreter is not None
    assert interpreter.version == sys.version_info[:2]
    with opened("/proc/self/mem") as memory:
        addresses = find_addresses(view, interpreter, memory)
        assert os.pread(memory, 2, addresses.syscall_instruction) == b"\x0f\x05"

    def linked(function: object) -> int | None:
        return ctypes.cast(function, ctypes.c_void_p).value  # type: ignore[arg-type]

    assert addresses.add_pending_call == linked(ctypes.pythonapi.Py_AddPendingCall)
    assert addresses.add_module == linked(ctypes.pythonapi.PyImport_AddModule)
    assert addresses.get_dict == linked(ctypes.pythonapi.PyModule_GetDict)
    assert addresses.run_string == linked(ctypes.pythonapi.PyRun_String)
    assert addresses.is_initialized == linked(ctypes.pythonapi.Py_IsInitialized)
    assert addresses.munmap == linked(ctypes.CDLL(None).munmap)


# Source: mmap(2), which Python's module does not give in full.
_MAP_FIXED_NOREPLACE, _MAP_FAILED = 0x100000, ctypes.c_void_p(-1).value
_APART = 16 << 20


def test_a_library_that_somebody_maps_once_more_to_read_it_is_still_found() -> None:
    view = ProcessView(os.getpid())
    interpreter = find_interpreter(view)
    assert interpreter is not None
    libc = ctypes.CDLL(None)
    libc.mmap.restype, libc.munmap.argtypes = ctypes.c_void_p, (ctypes.c_void_p, ctypes.c_size_t)
    libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long)
    first = min(area.start for area in view.areas() if area.path == interpreter.area.path)
    flags = mmap.MAP_PRIVATE | _MAP_FIXED_NOREPLACE
    with opened("/proc/self/mem") as memory, open(interpreter.area.path, "rb") as file:
        before = find_addresses(view, interpreter, memory)
        offset = 16 * mmap.PAGESIZE
        # The first place below that is free.
        places = (
            libc.mmap(below, mmap.PAGESIZE, mmap.PROT_READ, flags, file.fileno(), offset)
            for below in range(first - _APART, first - 4096 * _APART, -_APART)
        )
        where = next(place for place in places if place != _MAP_FAILED)
        try:
            assert where < first
            again = find_interpreter(view)
            assert again is not None
            assert find_addresses(view, again, memory) == before
        finally:
            libc.munmap(where, mmap.PAGESIZE)


def test_code_that_differs_from_the_file_is_refused(tmp_path: Path) -> None:
    """As after an upgrade of the library under a running program."""
    view = ProcessView(os.getpid())
    interpreter = find_interpreter(view)
    assert interpreter is not None
    empty = tmp_path / "mem"
    empty.touch()
    with opened(empty) as memory, pytest.raises(Refused, match="differs from"):
        find_addresses(view, interpreter, memory)
