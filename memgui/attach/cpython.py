"""Finds CPython in a running process: its version and the addresses of the functions that the injector calls."""

from __future__ import annotations

import functools
import os
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from memgui.attach.elf import ElfError, ElfFile
from memgui.attach.process import MappedArea, ProcessView
from memgui.protocol.errors import Refused

_LIBPYTHON = re.compile(r"libpython(\d)\.(\d+)[a-z]*\.so")
_EXECUTABLE = re.compile(r"python(\d)\.(\d+)[a-z]*\Z")
_LIBC = re.compile(r"(libc\.so|libc-2\.|ld-musl-|libc\.musl-)")
_PYTHON_FUNCTIONS = (
    "Py_AddPendingCall",
    "Py_IsInitialized",
    "PyImport_AddModule",
    "PyModule_GetDict",
    "PyRun_String",
)
_LIBC_FUNCTIONS = ("munmap", "syscall")
# Functions whose first version tells builds before 3.11 apart; from 3.11 on `Py_Version` holds the number.
_FIRST_SEEN = (
    ("PyModule_AddObjectRef", (3, 10)),
    ("PyObject_CallNoArgs", (3, 9)),
    ("PyConfig_InitPythonConfig", (3, 8)),
    ("Py_AddPendingCall", (3, 0)),
)
_SYSCALL_INSTRUCTION = b"\x0f\x05"


@dataclass(frozen=True)
class Interpreter:
    """CPython inside a process.

    Attributes:
        version: major and minor; None where neither name nor symbols tell.
        symbols: addresses in the file; add the load bias.
    """

    area: MappedArea
    version: tuple[int, int] | None
    symbols: Mapping[str, int]


@dataclass(frozen=True)
class Addresses:
    """Where the injector finds, in the target's memory, what it needs."""

    add_pending_call: int
    is_initialized: int
    add_module: int
    get_dict: int
    run_string: int
    munmap: int
    syscall_instruction: int


def find_interpreter(view: ProcessView) -> Interpreter | None:
    """The CPython that runs in a process, None where there is none.

    Raises:
        OSError: the process is gone or may not be looked at.
    """
    areas = _first_areas(view)
    libraries = [area for area in areas if _LIBPYTHON.match(area.name)]
    executable = os.readlink(view.folder / "exe")
    candidates = libraries + [area for area in areas if area.path == executable]
    for area in candidates:
        symbols, version = _exports(view, area)
        if all(name in symbols for name in _PYTHON_FUNCTIONS):
            named = _LIBPYTHON.match(area.name) or _EXECUTABLE.match(area.name)
            told = (int(named[1]), int(named[2])) if named else None
            return Interpreter(area, version or told or _guess(symbols), symbols)
    return None


def find_addresses(view: ProcessView, interpreter: Interpreter, memory: int) -> Addresses:
    """Every address that the injector needs, checked against the target's memory.

    Args:
        memory: descriptor of /proc/PID/mem.

    Raises:
        Refused: something is not where it should be.
        OSError: the process is gone or may not be looked at.
    """
    python = _locate(view, interpreter.area, _PYTHON_FUNCTIONS, memory)
    libc_area = next((area for area in _first_areas(view) if _LIBC.match(area.name)), None)
    if libc_area is None:
        raise Refused(
            f"process {view.pid} has no C library that can be recognised, so no memory can be asked for inside it",
            "start the program with: memgui run SCRIPT",
        )
    libc = _locate(view, libc_area, _LIBC_FUNCTIONS, memory)
    code = os.pread(memory, 64, libc["syscall"])
    at = code.find(_SYSCALL_INSTRUCTION)
    if at < 0:
        raise Refused(
            f"no system call instruction was found in {libc_area.path}", "start the program with: memgui run SCRIPT"
        )
    return Addresses(
        python["Py_AddPendingCall"],
        python["Py_IsInitialized"],
        python["PyImport_AddModule"],
        python["PyModule_GetDict"],
        python["PyRun_String"],
        libc["munmap"],
        libc["syscall"] + at,
    )


def _first_areas(view: ProcessView) -> list[MappedArea]:
    """The lowest code of each file, or its lowest mapping where none of them is code.

    Symbolizers map a library once more to read it: such a mapping may lie lower, and at any offset.
    """
    lowest: dict[str, MappedArea] = {}
    for area in view.areas():
        known = lowest.get(area.path)
        if known is None or ("x" in area.permissions and "x" not in known.permissions):
            lowest[area.path] = area
    return list(lowest.values())


def _exports(view: ProcessView, area: MappedArea) -> tuple[Mapping[str, int], tuple[int, int] | None]:
    descriptor = view.open_area(area)
    try:
        found = os.fstat(descriptor)
        return _read_exports(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, _Borrowed(descriptor))
    finally:
        os.close(descriptor)


class _Borrowed(int):
    """A descriptor that is no part of a cache key: all are equal."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Borrowed)

    def __hash__(self) -> int:
        return 0


@functools.lru_cache(maxsize=64)
def _read_exports(
    _device: int, _inode: int, _size: int, _changed_ns: int, descriptor: _Borrowed
) -> tuple[Mapping[str, int], tuple[int, int] | None]:
    try:
        file = ElfFile(int(descriptor))
        names = {*_PYTHON_FUNCTIONS, "Py_Version", *(name for name, _ in _FIRST_SEEN)}
        symbols = file.symbols(names)
        if "Py_Version" not in symbols:
            return symbols, None
        number = struct.unpack("<Q", file.read_at(symbols["Py_Version"], 8))[0]
        return symbols, (number >> 24 & 0xFF, number >> 16 & 0xFF)
    except ElfError:
        return {}, None


def _guess(symbols: Mapping[str, int]) -> tuple[int, int] | None:
    return next((version for name, version in _FIRST_SEEN if name in symbols), None)


def _locate(view: ProcessView, area: MappedArea, names: tuple[str, ...], memory: int) -> dict[str, int]:
    descriptor = view.open_area(area)
    try:
        file = ElfFile(descriptor)
        bias = file.load_bias(area.start, area.offset)
        symbols = file.symbols(names)
        for name in names:
            if name not in symbols:
                raise Refused(
                    f"{area.path} does not export {name}, which the injector calls",
                    "start the program with: memgui run SCRIPT",
                )
            # A library that was replaced on the disk since the start has its functions elsewhere: never jump there.
            if os.pread(memory, 16, symbols[name] + bias) != file.read_at(symbols[name], 16):
                raise Refused(
                    f"the code of {name} in process {view.pid} differs from {area.path} on the disk; the file was "
                    "replaced since the start, or a debugger has changed the code",
                    "start the program again with: memgui run SCRIPT",
                )
        return {name: symbols[name] + bias for name in names}
    except ElfError as error:
        raise Refused(
            f"{area.path} cannot be read as a program: {error}", "start the program with: memgui run SCRIPT"
        ) from error
    finally:
        os.close(descriptor)
