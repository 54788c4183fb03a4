"""Reads memray's recordings by memray's own reader, which is imported only when one is opened. Any thread.

Source: https://bloomberg.github.io/memray/api.html
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from memgui.analysis.native.fold import reason
from memgui.analysis.native.model import ARENAS, HIGH_WATER, UNFREED, Frame, Leak, Report, merge_leaks
from memgui.protocol.errors import BadInput, Problem

_MMAP = 14
# Source: Objects/obmalloc.c, ARENA_SIZE, until 3.9 and since.
_ARENA_BYTES = (1 << 18, 1 << 20)
_UNKNOWN = "<unknown>"
_NAMELESS = Frame("")


def read(path: Path, *, peak: bool = False) -> Report:
    """What was never freed while memray watched, or what was in use at the highest point.

    Raises:
        Problem: memray is not installed here.
        BadInput: its reader refuses the file.
    """
    try:
        import memray
    except ImportError as error:
        raise Problem(
            f"{path} is a recording of memray, which is needed to read it and does not load here: {error}",
            "install it with: pip install memray",
        ) from error
    version = metadata.version("memray")
    try:
        reader = memray.FileReader(str(path))
    except (OSError, ValueError) as error:
        raise BadInput(
            f"memray {version} does not read {path}: {error}",
            "a recording is read by the version that wrote it: install that one, or record anew with "
            "`memgui native memray SCRIPT`",
        ) from error
    with reader:
        about = reader.metadata
        leaks = merge_leaks(_leaks(reader, about, peak=peak))
        warnings = tuple(_warnings(about, leaks))
    return Report("memray", leaks, (), version, about.command_line, about.pid, warnings)


def _leaks(reader: Any, about: Any, *, peak: bool) -> Iterator[Leak]:
    kind = HIGH_WATER if peak else UNFREED
    records = (
        reader.get_high_watermark_allocation_records(merge_threads=True)
        if peak
        else reader.get_leaked_allocation_records(merge_threads=True)
    )
    frames: dict[tuple[Any, ...], Frame] = {}
    has_arenas = about.python_allocator == "pymalloc" and not about.trace_python_allocators
    for record in records:
        python = record.stack_trace() if record.tid else []
        known = set(python)
        calls = record.hybrid_stack_trace() if about.has_native_traces and record.tid else python
        stack = []
        for call in calls:
            key = (call, call in known)
            if key not in frames:
                frames[key] = _frame(*call, is_python=key[1])
            stack.append(frames[key])
        if has_arenas and _is_arena(record, stack):
            stack = [ARENAS]
        yield Leak(record.size, record.n_allocations, kind, tuple(stack))


def _is_arena(record: Any, stack: list[Frame]) -> bool:
    """Mapped by Python's own allocator, as far as size and, where it is known, the innermost C call tell."""
    if record.allocator != _MMAP or record.size // record.n_allocations not in _ARENA_BYTES:
        return False
    return not stack or stack[0].is_python or bool(reason(stack[0]))


def _frame(function: str, file: str, line: int, *, is_python: bool) -> Frame:
    return Frame(
        "" if function == _UNKNOWN else function,
        "" if file == _UNKNOWN else file,
        line or None,
        is_python=is_python or file.endswith(".py"),
    )


def _warnings(about: Any, leaks: tuple[Leak, ...]) -> Iterator[str]:
    nameless_bytes = sum(leak.bytes for leak in leaks if leak.stack[:1] == (_NAMELESS,))
    if not about.has_native_traces:
        yield "Recorded without --native: C functions are not told apart, only the Python lines that called them."
    if nameless_bytes * 2 > sum(leak.bytes for leak in leaks):
        yield (
            "Most of it was taken by C functions without a name: their libraries are not where the program had them; "
            "open the recording on its own machine and from the folder in which the program ran."
        )
    if any(leak.stack == (ARENAS,) for leak in leaks):
        yield (
            "Small Python objects lie in arenas, which are counted as one place; memray's --trace-python-allocators or "
            "PYTHONMALLOC=malloc tells who made them."
        )
