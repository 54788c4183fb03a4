"""Reads the XML of valgrind's memcheck, also where it is cut off. Any thread.

Source: docs/internals/xml-output-protocol4.txt in valgrind's sources.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree

from memgui.analysis.native.model import (
    DEFINITE,
    INDIRECT,
    POSSIBLE,
    REACHABLE,
    Fault,
    Frame,
    Leak,
    Report,
    merge_leaks,
)
from memgui.protocol.errors import BadInput

_KINDS = {
    "Leak_DefinitelyLost": DEFINITE,
    "Leak_IndirectlyLost": INDIRECT,
    "Leak_PossiblyLost": POSSIBLE,
    "Leak_StillReachable": REACHABLE,
}
_CHUNK_BYTES = 1 << 18


class _Reading:
    """What was read so far."""

    def __init__(self) -> None:
        self.leaks: list[Leak] = []
        self.faults: dict[str, Fault] = {}
        self.counts: dict[str, int] = {}
        self.tool = ""
        self.version = ""
        self.command = ""
        self.pid: int | None = None
        self.is_finished = False
        self.is_whole = False
        self._frames: dict[Frame, Frame] = {}

    def take(self, element: ElementTree.Element) -> bool:
        """Use a whole element; True where it can be forgotten."""
        take = getattr(self, f"_take_{element.tag}", None)
        if take is not None:
            take(element)
        return element.tag in ("error", "errorcounts", "suppcounts", "valgrindoutput", "announcethread")

    def _take_tool(self, element: ElementTree.Element) -> None:
        self.tool = element.text or ""

    def _take_pid(self, element: ElementTree.Element) -> None:
        self.pid = int(element.text or 0)

    def _take_preamble(self, element: ElementTree.Element) -> None:
        for line in element.iter("line"):
            text = line.text or ""
            if text.startswith("Using Valgrind-"):
                self.version = text.removeprefix("Using Valgrind-").partition(" ")[0]

    def _take_argv(self, element: ElementTree.Element) -> None:
        self.command = " ".join(part.text or "" for part in element)

    def _take_state(self, element: ElementTree.Element) -> None:
        self.is_finished = self.is_finished or element.text == "FINISHED"

    def _take_valgrindoutput(self, _element: ElementTree.Element) -> None:
        self.is_whole = True

    def _take_errorcounts(self, element: ElementTree.Element) -> None:
        for pair in element.iter("pair"):
            self.counts[pair.findtext("unique", "")] = int(pair.findtext("count", "1"))

    def _take_error(self, element: ElementTree.Element) -> None:
        kind = element.findtext("kind", "")
        stack = self._stack(element.find("stack"))
        known = _KINDS.get(kind)
        if known is not None:
            size = int(element.findtext("xwhat/leakedbytes", "0"))
            self.leaks.append(Leak(size, int(element.findtext("xwhat/leakedblocks", "1")), known, stack))
        else:
            text = element.findtext("what") or element.findtext("xwhat/text") or kind
            self.faults[element.findtext("unique", str(len(self.faults)))] = Fault(kind, text, 1, stack)

    def _stack(self, element: ElementTree.Element | None) -> tuple[Frame, ...]:
        return () if element is None else tuple(self._frame(frame) for frame in element.iter("frame"))

    def _frame(self, element: ElementTree.Element) -> Frame:
        folder, file, line = element.findtext("dir", ""), element.findtext("file", ""), element.findtext("line")
        made = Frame(
            element.findtext("fn", ""),
            os.path.join(folder, file) if file else "",
            int(line) if line else None,
            element.findtext("obj", ""),
        )
        return self._frames.setdefault(made, made)


def read(path: Path) -> Report:
    """The leaks and faults of a memcheck report.

    Raises:
        BadInput: it is another tool's XML, or cut off before its beginning ends.
    """
    reading = _Reading()
    broken = ""
    with path.open("rb") as file:
        try:
            for element in _elements(file):
                if reading.take(element):
                    element.clear()
        except (ElementTree.ParseError, ValueError) as error:
            broken = str(error)
    if reading.tool and reading.tool != "memcheck":
        raise BadInput(
            f"{path} was written by valgrind's {reading.tool}, which does not look for leaks",
            "run it with --tool=memcheck, or by: memgui native valgrind SCRIPT",
        )
    if not reading.tool:
        raise BadInput(
            f"{path} is no report of valgrind, or ends within its first lines",
            "valgrind writes one with --xml=yes --xml-file=FILE, and `memgui native valgrind SCRIPT -o FILE` does",
        )
    return Report(
        "valgrind",
        merge_leaks(reading.leaks),
        tuple(
            Fault(fault.kind, fault.text, reading.counts.get(unique, 1), fault.stack)
            for unique, fault in reading.faults.items()
        ),
        reading.version,
        reading.command,
        reading.pid,
        tuple(_warnings(reading, broken)),
        reading.is_whole,
    )


def _elements(file: BinaryIO) -> Iterator[ElementTree.Element]:
    parser: ElementTree.XMLPullParser[ElementTree.Element] = ElementTree.XMLPullParser(["end"])
    while chunk := file.read(_CHUNK_BYTES):
        failed: ElementTree.ParseError | None = None
        try:
            parser.feed(chunk)
        except ElementTree.ParseError as error:
            failed = error
        # What was whole before a break is still handed out.
        for event in parser.read_events():
            yield event[1]  # type: ignore[misc]
        if failed is not None:
            raise failed


def _warnings(reading: _Reading, broken: str) -> Iterator[str]:
    if reading.is_whole:
        if broken:
            yield f"After the report's end the file goes on with something else ({broken}), which is left out."
        return
    cause = f": {broken}" if broken else ""
    if not reading.is_finished:
        yield (
            f"The report ends while the program still ran{cause}. valgrind lists leaks at the end of the program, so "
            "the leaks are missing; end the program by Ctrl-C rather than by kill -9."
        )
    else:
        yield (
            f"The report is cut off in its list of leaks{cause}. {len(reading.leaks)} whole records are shown; the "
            "largest come last in the file and are missing."
        )
