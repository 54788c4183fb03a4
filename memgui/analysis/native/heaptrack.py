"""Reads heaptrack's data files; their sizes are exact, unlike those that heaptrack_print prints. Any thread.

Source: https://github.com/KDE/heaptrack, src/analyze/accumulatedtracedata.cpp for the data of version 1.1 and later.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import zstandard

from memgui.analysis.native.model import HIGH_WATER, UNFREED, Frame, Leak, Report, merge_leaks
from memgui.protocol.errors import BadInput

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_READS_VERSIONS = (2, 3)


class _Data:
    """Strings, instruction pointers, traces and allocations, as they come; indices of the first two begin with 1."""

    def __init__(self) -> None:
        self.command = ""
        self.version = ""
        self.is_complete = False
        self.strings: list[str] = [""]
        self.calls: list[tuple[Frame, ...]] = [()]
        self.traces: list[tuple[int, int]] = [(0, 0)]
        self.sizes: list[tuple[int, int]] = []
        self.live: list[int] = []
        self.used_bytes = self.peak_bytes = 0
        self.events = self.peak_event = 0

    def take(self, line: str, stop_at: int | None) -> bool:
        """Use one line; False where `stop_at` events have been counted."""
        mark, _, rest = line.partition(" ")
        if mark in ("+", "-"):
            return self._count(int(rest, 16), 1 if mark == "+" else -1, stop_at)
        if mark == "t":
            call, parent = rest.split()
            self.traces.append((int(call, 16), int(parent, 16)))
        elif mark == "a":
            size, trace = rest.split()
            self.sizes.append((int(size, 16), int(trace, 16)))
            self.live.append(0)
        elif mark == "i":
            self.calls.append(self._call([int(word, 16) for word in rest.split()]))
        elif mark == "s":
            self.strings.append(rest.partition(" ")[2])
        elif mark == "X":
            self.command = rest
        elif mark == "v":
            self.version = _version(rest)
        elif mark == "#":
            self.is_complete = True
        elif mark == "A":
            # heaptrack was put into a running process: what it counted while it was got ready is void.
            self.live = [0] * len(self.sizes)
            self.used_bytes = self.peak_bytes = 0
        return True

    def _count(self, number: int, change: int, stop_at: int | None) -> bool:
        self.live[number] += change
        self.used_bytes += change * self.sizes[number][0]
        self.events += 1
        if self.used_bytes > self.peak_bytes:
            self.peak_bytes, self.peak_event = self.used_bytes, self.events
        return self.events != stop_at

    def _call(self, words: list[int]) -> tuple[Frame, ...]:
        module = self.strings[words[1]] if len(words) > 1 else ""
        if len(words) < 3:
            return (Frame("", module=module),)
        # One address stands for the call and for those that were inlined into it, the innermost first.
        if len(words) < 5:
            return (Frame(self.strings[words[2]], module=module),)
        return tuple(
            Frame(self.strings[words[at]], self.strings[words[at + 1]], words[at + 2] or None, module)
            for at in range(2, len(words) - 2, 3)
        )

    def leaks(self, kind: str) -> Iterator[Leak]:
        """What is allocated now."""
        for (size, trace), count in zip(self.sizes, self.live):
            if count > 0:
                yield Leak(size * count, count, kind, self._stack(trace))

    def _stack(self, trace: int) -> tuple[Frame, ...]:
        frames: list[Frame] = []
        while trace:
            call, trace = self.traces[trace]
            frames += self.calls[call]
        return tuple(frames)


def _version(words: str) -> str:
    """ "1.4.0" of "10400 3"."""
    program, _, data = words.partition(" ")
    if int(data or "1", 16) not in _READS_VERSIONS:
        raise BadInput(
            f"the file was written in version {data or 1} of heaptrack's format, which is not read here",
            "print it with `heaptrack_print -l 1 FILE > FILE.txt` and open FILE.txt",
        )
    number = int(program, 16)
    return f"{number >> 16}.{number >> 8 & 255}.{number & 255}"


def read(path: Path, *, peak: bool = False) -> Report:
    """What was never freed, or what was in use at the highest point.

    Raises:
        BadInput: it is no data of heaptrack, of a version that is not read here, or broken.
    """
    data, cut = _read_data(path, None)
    if peak:
        data, cut = _read_data(path, data.peak_event)
        data.is_complete = True
    warnings = () if data.is_complete else (
        "heaptrack had not ended its file: the program was killed or still runs. What it wrote till then is shown.",
    )  # fmt: skip
    if cut:
        warnings = (f"The file is cut off: {cut}. What is whole is shown.",)
    leaks = merge_leaks(data.leaks(HIGH_WATER if peak else UNFREED))
    return Report("heaptrack", leaks, (), data.version, data.command, None, warnings, data.is_complete)


def _read_data(path: Path, stop_at: int | None) -> tuple[_Data, str]:
    """What is whole, and why it ends where it does too early."""
    data = _Data()
    cut = ""
    with _lines(path) as lines:
        try:
            for number, line in enumerate(lines):
                if number == 0 and not line.startswith("v "):
                    raise BadInput(f"{path} is compressed, but holds no data of heaptrack", "open a heaptrack.*.zst")
                if not data.take(line.rstrip("\n"), stop_at):
                    break
        except (EOFError, OSError, zlib.error, zstandard.ZstdError) as error:
            cut = str(error) or type(error).__name__
        except (ValueError, IndexError) as error:
            cut = f"a line that does not belong there ({error})"
    if not data.version:
        raise BadInput(
            f"{path} is compressed, but holds no data of heaptrack{': ' + cut if cut else ''}",
            "open the file whose name `heaptrack` printed at its end",
        )
    return data, cut


@contextmanager
def _lines(path: Path) -> Iterator[TextIO]:
    with path.open("rb") as file:
        magic = file.read(4)
    if magic.startswith(GZIP):
        with gzip.open(path, "rt", encoding="utf-8", errors="replace") as text:
            yield text
    elif magic.startswith(ZSTD):
        with (
            path.open("rb") as file,
            zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as bytes_,
        ):
            yield io.TextIOWrapper(bytes_, encoding="utf-8", errors="replace")
    else:
        with path.open(encoding="utf-8", errors="replace") as text:
            yield text
