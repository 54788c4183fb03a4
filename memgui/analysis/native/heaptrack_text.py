"""Reads the text that heaptrack_print prints; its sizes are rounded to three digits. Any thread."""

from __future__ import annotations

import re
from collections.abc import Iterable

from memgui.analysis.native.model import HIGH_WATER, UNFREED, Frame, Leak, Report, merge_leaks
from memgui.protocol.errors import BadInput

_SECTION = re.compile(r"^[A-Z][A-Z ]+$")
_GROUP = re.compile(r"^(?P<size>\S+) (?P<what>leaked|peak memory consumed) over (?P<count>\d+) calls from$")
_TRACE = re.compile(r"^(?P<size>\S+) (?P<what>leaked|consumed) over (?P<count>\d+) calls from:$")
_REST = re.compile(r"^  and (?P<size>\S+) from (?P<places>\d+) other places$")
_AT = re.compile(r"^\s+at (?P<file>.+):(?P<line>\d+)$")
_IN = re.compile(r"^\s+in (?P<module>.+)$")
_UNITS = {"B": 1.0, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_LEAKS, _PEAKS = "MEMORY LEAKS", "PEAK MEMORY CONSUMERS"


def size_of(text: str) -> int:
    """Bytes of "5.24M", "300.00K" or "12B"."""
    return round(float(text[:-1]) * _UNITS[text[-1]])


class _Reading:
    """What was read so far: a place with the frame that allocates, then a trace each of those that called it."""

    def __init__(self, kind: str) -> None:
        self.leaks: list[Leak] = []
        self.left_out = 0
        self._kind = kind
        self._head: list[Frame] = []
        self._group: tuple[int, int] | None = None
        self._stack: list[Frame] | None = None
        self._trace: tuple[int, int] | None = None

    def take(self, line: str) -> None:
        """Use one line of the wanted section."""
        if match := _GROUP.match(line):
            self.close_group()
            self._group = (size_of(match["size"]), int(match["count"]))
            self._head = self._stack = []
        elif match := _TRACE.match(line):
            self._close_trace()
            self._trace = (size_of(match["size"]), int(match["count"]))
            self._stack = []
        elif match := _REST.match(line):
            self._close_trace()
            self.left_out += int(match["places"])
        elif self._stack is not None and line.strip():
            self._frame(line)

    def _frame(self, line: str) -> None:
        stack = self._stack
        assert stack is not None
        if stack and (match := _AT.match(line)):
            stack[-1] = Frame(stack[-1].function, match["file"], int(match["line"]), stack[-1].module)
        elif stack and (match := _IN.match(line)):
            stack[-1] = Frame(stack[-1].function, stack[-1].file, stack[-1].line, match["module"])
        else:
            name = line.strip()
            stack.append(Frame("" if name.startswith("0x") else name))

    def _close_trace(self) -> None:
        if self._trace is not None:
            self.leaks.append(Leak(*self._trace, self._kind, (*self._head, *(self._stack or ()))))
            self._group = None
        self._trace = self._stack = None

    def close_group(self) -> None:
        """The place has ended; one that was printed without its callers stands for itself."""
        self._close_trace()
        if self._group is not None and self._head:
            self.leaks.append(Leak(*self._group, self._kind, tuple(self._head)))
        self._group = None


def read_text(lines: Iterable[str], *, peak: bool = False) -> Report:
    """Leaks, or what was in use at the highest point, of the text of heaptrack_print.

    Raises:
        BadInput: the text has no such section.
    """
    wanted = _PEAKS if peak else _LEAKS
    reading = _Reading(HIGH_WATER if peak else UNFREED)
    section = command = ""
    seen = set()
    is_complete = False
    for raw in lines:
        line = raw.rstrip("\n")
        if line.startswith("Debuggee command was: "):
            command = line.partition(": ")[2]
        elif _SECTION.match(line):
            reading.close_group()
            section = line
            seen.add(line)
        elif line.startswith("total runtime: "):
            section = ""
            is_complete = True
        elif section == wanted:
            reading.take(line)
    reading.close_group()
    if wanted not in seen:
        option = "-p 1" if peak else "-l 1"
        raise BadInput(
            f"the text of heaptrack_print has no section «{wanted}»",
            f"print it with: heaptrack_print {option} FILE > FILE.txt",
        )
    warnings = ["heaptrack_print rounds sizes to three digits; open the .zst or .gz file itself for exact ones."]
    if reading.left_out:
        warnings.append(
            f"{reading.left_out} smaller places were not printed; heaptrack_print -n 100000 -s 100000 prints all."
        )
    if not is_complete:
        warnings.append("The text ends before its last lines: it is cut off, and smaller places are missing.")
    return Report("heaptrack", merge_leaks(reading.leaks), (), "", command, None, tuple(warnings), is_complete)
