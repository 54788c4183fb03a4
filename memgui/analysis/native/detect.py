"""Opens a report whatever tool wrote it: by its content, never by its name. Any thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from memgui.analysis.native import heaptrack, memray, sanitizer, valgrind
from memgui.analysis.native.heaptrack_text import read_text
from memgui.analysis.native.model import Report, merge_reports
from memgui.protocol.errors import BadInput

_HEAD_BYTES = 1 << 16
_NEXT = (
    "reports of memray (.bin), valgrind (--xml=yes), LeakSanitizer, AddressSanitizer and heaptrack are read; "
    "`memgui native --help` lists the tools that write one"
)
_FOREIGN = {
    b"desc: ": "a profile of valgrind's massif, which counts memory over time and no leaks",
    b"events: ": "a profile of valgrind's callgrind or cachegrind",
    b"# callgrind": "a profile of valgrind's callgrind",
    b"PERFILE2": "a recording of perf",
    b"\x7fELF": "a program or a core dump",
    b"\x80\x04": "a pickle, perhaps a memory snapshot of PyTorch",
    b"SQLite format 3": "a database",
    b"PK\x03\x04": "an archive, perhaps a checkpoint of PyTorch",
}


class _Reader(Protocol):
    def __call__(self, path: Path, *, peak: bool) -> Report: ...


def read(path: Path, *, peak: bool = False) -> Report:
    """A report of any of the tools.

    Args:
        peak: what was in use at the highest point instead of leaks; memray and heaptrack only.

    Raises:
        BadInput: there is no such file, it is no report, or one without what was asked for.
        Problem: what reads such a report is not installed.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except IsADirectoryError as error:
        raise BadInput(f"{path} is a folder", "name the files in it") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}", "check the name, and who may read it") from error
    return _reader(path, head)(path, peak=peak)


def read_all(paths: Sequence[Path], *, peak: bool = False) -> Report:
    """The reports of one run as one: a log of sanitizers by its prefix too, as LSAN_OPTIONS=log_path=… names it.

    Raises:
        BadInput, Problem: as `read`; or they are of different tools.
    """
    found = [one for path in paths for one in _with_pids(path)]
    reports = [read(path, peak=peak) for path in found]
    if len({report.tool for report in reports}) > 1:
        tools = ", ".join(sorted({report.tool for report in reports}))
        raise BadInput(f"these reports are of different tools: {tools}", "open those of one tool at a time")
    return merge_reports(reports)


def _with_pids(path: Path) -> list[Path]:
    if path.exists():
        return [path]
    logs = sorted(
        file for file in path.parent.glob(f"{path.name}.*") if file.is_file() and file.name.rsplit(".", 1)[-1].isdigit()
    )
    return logs or [path]


def _reader(path: Path, head: bytes) -> _Reader:
    if head.startswith((b"memray\0", b"\x04\x22\x4d\x18")):
        return memray.read
    if head.startswith((heaptrack.GZIP, heaptrack.ZSTD)) or _is_heaptrack_data(head):
        return heaptrack.read
    text = head.decode("utf-8", "replace")
    if "<valgrindoutput>" in text or text.lstrip().startswith("<?xml"):
        return _without_peak(valgrind.read)
    if any(words in text for words in ("MEMORY LEAKS", "PEAK MEMORY CONSUMERS", "Debuggee command was: ")):
        return _printed
    if _is_sanitizer(path, text):
        return _without_peak(sanitizer.read)
    raise BadInput(f"{path} is no report of a native leak tool: it {_looks_like(head)}", _NEXT)


def _printed(path: Path, *, peak: bool) -> Report:
    with path.open(encoding="utf-8", errors="replace") as file:
        return read_text(file, peak=peak)


def _without_peak(reader: Callable[[Path], Report]) -> _Reader:
    def read_leaks(path: Path, *, peak: bool) -> Report:
        if peak:
            raise BadInput(f"{path} does not tell the highest point", "record it with memray or heaptrack")
        return reader(path)

    return read_leaks


def _is_heaptrack_data(head: bytes) -> bool:
    return head.startswith(b"v ") and b"\nX " in head


def _is_sanitizer(path: Path, head: str) -> bool:
    if "\0" in head:
        return False
    # Amid the output of a program it may begin anywhere.
    with path.open(encoding="utf-8", errors="replace") as file:
        return any(sanitizer.begins_report(line) for line in file)


def _looks_like(head: bytes) -> str:
    if not head:
        return "is empty"
    for start, what in _FOREIGN.items():
        if head.startswith(start):
            return f"looks like {what}"
    if head.startswith(b"==") and b"Memcheck" in head:
        return "looks like valgrind's text; valgrind writes what can be read with --xml=yes --xml-file=FILE"
    if b"\0" in head:
        return f"holds binary data that begin with {head[:8].hex(' ')}"
    line = head.decode("utf-8", "replace").strip().partition("\n")[0]
    return f"begins with «{line[:60]}»"
