"""Reads what LeakSanitizer and AddressSanitizer print, from a log or amid a program's own output. Any thread.

Source: https://github.com/google/sanitizers/wiki/AddressSanitizerLeakSanitizer, and compiler-rt's lsan_common.cpp for
the lines themselves; gcc and clang print the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from memgui.analysis.native.model import DEFINITE, INDIRECT, Fault, Frame, Leak, Report, merge_leaks

_HEAD = re.compile(r"^==(?:[^=\s]+==)?(?P<pid>\d+)==\s*ERROR: (?P<tool>Leak|Address)Sanitizer:? ?(?P<text>.*)")
_NOTE = re.compile(r"^==(?:[^=\s]+==)?\d+==\s*(?P<text>(?:LeakSanitizer|AddressSanitizer|HINT|Sanitizer)\b.*)")
_LEAK = re.compile(r"^(?P<kind>Direct|Indirect) leak of (?P<bytes>\d+) byte\(s\) in (?P<count>\d+) object\(s\)")
_FRAME = re.compile(r"^\s+#\d+ 0x[0-9a-f]+ ?(?:in (?P<where>.+)|(?P<bare>\(.+\)))?\s*$")
_SUMMARY = re.compile(r"^SUMMARY: (?P<tool>Leak|Address)Sanitizer: (?P<text>.*)")
_LEAKED = re.compile(r"^(?P<bytes>\d+) byte\(s\) leaked in (?P<count>\d+) allocation\(s\)")
_MODULE = re.compile(r"^(?P<function>.*?) ?\((?P<module>[^()]+)\+0x[0-9a-f]+\)(?: \(BuildId: \w+\))?$")
_SOURCE = re.compile(r"^(?P<function>.+?) (?P<file>/.+?):(?P<line>\d+)(?::\d+)?$")
_RELATIVE = re.compile(r"^(?P<function>.+) (?P<file>\S+):(?P<line>\d+)(?::\d+)?$")


class _Reading:
    """What was read so far; a stack belongs to the line above it."""

    def __init__(self) -> None:
        self.tool = ""
        self.pid: int | None = None
        self.leaks: list[Leak] = []
        self.faults: list[Fault] = []
        self.told_bytes = 0
        self.open_reports = 0
        self.warnings: list[str] = []
        self._stack: list[Frame] = []
        self._above: tuple[int, int, str] | tuple[str, str] | None = None
        self._frames: dict[str, Frame | None] = {}

    def take(self, line: str) -> None:
        """Use one line."""
        if line.startswith((" ", "\t")) and (match := _FRAME.match(line)):
            if self._above is not None and (frame := self._frame(match)) is not None:
                self._stack.append(frame)
        elif match := _LEAK.match(line):
            self.close()
            kind = DEFINITE if match["kind"] == "Direct" else INDIRECT
            self._above = (int(match["bytes"]), int(match["count"]), kind)
        elif match := _HEAD.match(line):
            self.close()
            self._begin(match)
        elif match := _SUMMARY.match(line):
            self.close()
            self._end(match)
        elif match := _NOTE.match(line):
            self._note(match["text"].strip())
        elif not line.strip():
            self.close()

    def _begin(self, match: re.Match[str]) -> None:
        self.open_reports += 1
        self.tool = self.tool or ("lsan" if match["tool"] == "Leak" else "asan")
        self.pid = self.pid or int(match["pid"])
        text = match["text"]
        if not text.startswith("detected memory leaks"):
            kind = (text.split() or ["error"])[0]
            self._above = (kind, re.sub(r" (?:on|at) (?:unknown )?address.*| \(pc .*", "", text))

    def _end(self, match: re.Match[str]) -> None:
        self.open_reports = max(0, self.open_reports - 1)
        self.tool = "asan" if match["tool"] == "Address" else self.tool or "lsan"
        if told := _LEAKED.match(match["text"]):
            self.told_bytes += int(told["bytes"])

    def _note(self, text: str) -> None:
        if "fatal error" in text:
            self.tool = self.tool or "lsan"
            self.warnings.append(
                "LeakSanitizer stopped without looking. It cannot work while another process traces the program "
                "(gdb, strace), nor in a container that forbids ptrace; run it without, or with --cap-add=SYS_PTRACE."
            )

    def close(self) -> None:
        """The stack that was being read has ended."""
        above, stack = self._above, tuple(self._stack)
        if above is None:
            return
        if len(above) == 3:
            self.leaks.append(Leak(*above, stack))
        else:
            if not stack:
                return
            self.faults.append(Fault(above[0], above[1], 1, stack))
        self._above = None
        self._stack = []

    def end(self) -> None:
        """The file has ended; a stack that was being read may be cut off, but its sizes count."""
        if self._above is not None and len(self._above) == 2 and not self._stack:
            self.faults.append(Fault(self._above[0], self._above[1]))
            self._above = None
        self.close()

    def _frame(self, match: re.Match[str]) -> Frame | None:
        text = match["where"] or match["bare"] or ""
        if text not in self._frames:
            self._frames[text] = parse_frame(text)
        return self._frames[text]


def parse_frame(text: str) -> Frame | None:
    """A frame from "f /a/b.c:12:3", "f (libx.so+0x1f)" or "(libx.so+0x1f)"; None where it is no code."""
    if match := _MODULE.match(text):
        # The fast unwinder takes what lies on the stack for a caller.
        return None if match["module"].startswith("[") else Frame(match["function"], module=match["module"])
    match = _SOURCE.match(text) or _RELATIVE.match(text)
    if match:
        return Frame(match["function"], match["file"], int(match["line"]))
    return Frame(text.partition(" (<unknown module>)")[0])


def begins_report(line: str) -> bool:
    """A line with which a sanitizer begins to speak."""
    return line.startswith("==") and bool(_HEAD.match(line) or _NOTE.match(line))


def read(path: Path) -> Report:
    """The leaks and faults of a sanitizer's log; a log of several processes is read as one."""
    reading = _Reading()
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            reading.take(line.rstrip("\r\n"))
    reading.end()
    leaks = merge_leaks(reading.leaks)
    return Report(
        reading.tool or "lsan",
        leaks,
        tuple(reading.faults),
        pid=reading.pid,
        warnings=(*reading.warnings, *_warnings(reading, sum(leak.bytes for leak in leaks))),
        is_complete=not reading.open_reports,
    )


def _warnings(reading: _Reading, found_bytes: int) -> Iterator[str]:
    if reading.open_reports:
        yield (
            "The log ends before the sanitizer's summary: the program was killed while it looked, or the file was "
            "copied too early. What is whole is shown."
        )
    elif reading.told_bytes > found_bytes:
        yield f"The summary counts {reading.told_bytes - found_bytes} bytes more than the stacks of the log."
    if any(len(leak.stack) < 4 for leak in reading.leaks):
        yield (
            "Some stacks are short, since the fast unwinder ends at code without frame pointers; "
            "`memgui native … --deep`, or fast_unwind_on_malloc=0 in the sanitizer's options, records whole ones."
        )
