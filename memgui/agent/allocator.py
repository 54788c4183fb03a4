"""Which C allocator this process uses, and glibc's counters and trim where it is glibc's own.

`LD_PRELOAD` may put jemalloc or tcmalloc in its place; glibc's counters then say nothing and its trim frees nothing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Callable, Optional, Tuple

_KNOWN = ("jemalloc", "tcmalloc", "mimalloc")


@dataclass(frozen=True)
class Allocator:
    """The C allocator of the process.

    Attributes:
        name: "glibc", "jemalloc", "tcmalloc", "mimalloc", or the file name of the library that malloc comes from.
        heap: reads (used, kept) bytes; None where there are no such counters.
        mapped: reads the part of used that large blocks take in mappings of their own; None where unknown.
        trim: gives freed memory back to the system, true where it gave any; None where there is no such call.
    """

    name: str
    heap: Optional[Callable[[], Tuple[int, int]]] = None
    trim: Optional[Callable[[], bool]] = None
    mapped: Optional[Callable[[], int]] = None


def find_allocator() -> Allocator:
    """The allocator that `malloc` of this process leads to."""
    try:
        import ctypes  # absent in some small builds of Python
    except ImportError:
        return Allocator("unknown")
    try:
        # PyDLL keeps the interpreter lock: mallinfo2 takes microseconds, and giving the lock away costs more.
        library = ctypes.PyDLL(None)
        releasing = ctypes.CDLL(None)
        name = _name_of(_library_of(ctypes, library))
    except (OSError, AttributeError):
        return Allocator("unknown")
    if name != "glibc":
        return Allocator(name)
    heap, mapped = _heap_readers(ctypes, library)
    return Allocator(name, heap, _trimmer(ctypes, releasing), mapped)


def _library_of(ctypes: Any, library: Any) -> str:
    class Info(ctypes.Structure):  # type: ignore[misc]
        _fields_ = (
            ("file", ctypes.c_char_p),
            ("base", ctypes.c_void_p),
            ("symbol", ctypes.c_char_p),
            ("address", ctypes.c_void_p),
        )

    info = Info()
    address = ctypes.cast(library.malloc, ctypes.c_void_p)
    library.dladdr.argtypes = (ctypes.c_void_p, ctypes.POINTER(Info))
    found = library.dladdr(address, ctypes.byref(info))
    return os.path.basename(os.fsdecode(info.file)) if found and info.file else "unknown"


def _name_of(file: str) -> str:
    for name in _KNOWN:
        if name in file:
            return name
    # The dynamic loader carries musl's libc, `libc.so.6` and `libc-2.31.so` are glibc's.
    return "glibc" if file.startswith(("libc.so.6", "libc-2.")) else file


def _heap_readers(
    ctypes: Any, library: Any
) -> Tuple[Optional[Callable[[], Tuple[int, int]]], Optional[Callable[[], int]]]:
    names = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")

    class Mallinfo(ctypes.Structure):  # type: ignore[misc]
        _fields_ = tuple((name, ctypes.c_size_t) for name in names)

    try:
        mallinfo2 = library.mallinfo2
    except AttributeError:  # glibc before 2.33; mallinfo wraps at 4 GiB, which is worse than nothing
        return None, None
    mallinfo2.restype = Mallinfo
    mallinfo2.argtypes = ()

    def heap() -> Tuple[int, int]:
        info = mallinfo2()
        return info.uordblks + info.hblkhd, info.fordblks

    def mapped() -> int:
        return int(mallinfo2().hblkhd)

    return heap, mapped


def _trimmer(ctypes: Any, library: Any) -> Optional[Callable[[], bool]]:
    try:
        malloc_trim = library.malloc_trim
    except AttributeError:
        return None
    malloc_trim.restype = ctypes.c_int
    malloc_trim.argtypes = (ctypes.c_size_t,)
    return lambda: bool(malloc_trim(0))
