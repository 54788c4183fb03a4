"""The file of a black box: what an agent leaves on disk while it runs, and whoever comes after its death reads.

A fixed head, then regions that are each written round and round. A record says by itself how long it is and whether it
is whole, so one write puts it in place, nothing has to be kept in step with it, and what was cut off or half
overwritten is left out by its checksum. docs/recordings.md describes it for readers in other languages.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional

from memgui.protocol.errors import BadInput

SUFFIX = ".blackbox"
VERSION = 1
MAGIC = b"memgui black box "
HEAD_BYTES = 4096
# Kinds of records. Rows of whole samples, of seconds and of minutes lie in a region of their own each.
ABOUT, EVENT, SAMPLE, SECOND, MINUTE, END = range(6)
REGIONS: Mapping[int, int] = {ABOUT: 65_536, EVENT: 196_608, SAMPLE: 720_896, SECOND: 655_360, MINUTE: 454_656}
FILE_BYTES = HEAD_BYTES + sum(REGIONS.values())

_MARK = b"\xf5mgB"
# Mark, length of the body, checksum of what follows, number, kind.
_FRAME = struct.Struct("<4sIIQB3x")
_CHECKED_FROM = 12
_ALIGN = 8
_PLACE = struct.Struct("<dq")


@dataclass(frozen=True)
class Record:
    """One record; `number` rises with every one that was written."""

    number: int
    kind: int
    body: bytes


def head() -> bytes:
    """The first bytes of a file."""
    line = MAGIC + b"%d\n" % VERSION
    return line + bytes(HEAD_BYTES - len(line))


def region_start(kind: int) -> int:
    """Where the region of a kind begins."""
    before = 0
    for other, size in REGIONS.items():
        if other == kind:
            break
        before += size
    return HEAD_BYTES + before


def pack(number: int, kind: int, body: bytes) -> bytes:
    """The bytes of a record."""
    checked = struct.pack("<QB3x", number, kind) + body
    framed = _FRAME.pack(_MARK, len(body), zlib.crc32(checked), number, kind) + body
    return framed + bytes(-len(framed) % _ALIGN)


def pack_row(t_s: float, step: int, cells: bytes) -> bytes:
    """The body of a row: float64 values of a whole sample, or float32 values, minima and maxima by metric."""
    return _PLACE.pack(t_s, step) + cells


def unpack_row(body: bytes) -> tuple[float, int, bytes]:
    """Time on the target's monotonic clock, step, and the cells."""
    t_s, step = _PLACE.unpack_from(body)
    return t_s, step, body[_PLACE.size :]


def scan(content: bytes) -> Iterator[Record]:
    """Every record that is whole, in the order of the file."""
    at = content.find(_MARK, HEAD_BYTES)
    while at >= 0:
        record = _record_at(content, at)
        if record is not None:
            yield record
        at = content.find(_MARK, at + 1 if record is None else at + _FRAME.size + len(record.body))


def _record_at(content: bytes, at: int) -> Optional[Record]:
    if at + _FRAME.size > len(content):
        return None
    _, length, checksum, number, kind = _FRAME.unpack_from(content, at)
    end = at + _FRAME.size + length
    if end > len(content) or zlib.crc32(content[at + _CHECKED_FROM : end]) != checksum:
        return None
    return Record(number, kind, content[at + _FRAME.size : end])


def is_black_box(path: Path) -> bool:
    """The file says of itself that it is one; False for anything else, also where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def read(path: Path) -> List[Record]:
    """The records of a file, in the order in which they were written.

    Raises:
        BadInput: it cannot be read, is none, or is of a later version.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from error
    if not content.startswith(MAGIC):
        raise BadInput(f"{path} is no black box of memgui", "make one with `memgui run --black-box DIR`")
    version = content[len(MAGIC) : HEAD_BYTES].split(b"\n", 1)[0]
    if version != b"%d" % VERSION:
        raise BadInput(
            f"{path} was written in version {version.decode('ascii', 'replace')} of the format, and this memgui reads "
            f"version {VERSION}",
            "open it with a later memgui",
        )
    return sorted(scan(content), key=lambda record: record.number)


def append_end(path: Path, end: Mapping[str, Any]) -> None:
    """Say behind the regions how the process ended; by its parent, once it is gone.

    Raises:
        OSError: the file cannot be written.
    """
    with path.open("ab") as file:
        file.write(pack(1 << 62, END, json.dumps(end).encode()))


def file_name(name: str, *, run_id: Optional[str], rank: Optional[int], pid: int, start_time: int) -> str:
    """What a box is called: program, run and rank where they are known, pid and start of the process."""
    words = [name, *([run_id] if run_id else []), *([f"rank{rank}"] if rank is not None else []), f"{pid}.{start_time}"]
    plain = ("".join(letter if letter.isalnum() or letter in "._" else "-" for letter in word) for word in words)
    return "-".join(word.strip("-")[:60] or "run" for word in plain) + SUFFIX


def boxes_of(directory: Path, pid: int) -> List[Path]:
    """The boxes that a process has left in a directory, oldest first."""
    return sorted(directory.glob(f"*-{pid}.*{SUFFIX}"), key=lambda path: path.stat().st_mtime)


def boot_id(proc: Path = Path("/proc")) -> str:
    """Changes with every start of the machine; empty where it is not told."""
    try:
        return (proc / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def oom_kills(events: Path) -> Optional[int]:
    """How many processes the kernel has killed in a cgroup for lack of memory; None where it does not say."""
    try:
        lines = events.read_text().splitlines()
    except OSError:
        return None
    counts: Dict[str, str] = dict(line.split(" ", 1) for line in lines if " " in line)
    return int(counts["oom_kill"]) if counts.get("oom_kill", "").isdigit() else None


def memory_events(proc: Path = Path("/proc/self"), root: Path = Path("/sys/fs/cgroup")) -> Optional[Path]:
    """The file in which the cgroup of a process counts OOM kills; None where there is none. Source: cgroups(7)."""
    try:
        lines = (proc / "cgroup").read_text().splitlines()
    except OSError:
        return None
    places: List[Path] = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            places += [root / "memory" / path.lstrip("/") / "memory.oom_control", root / "memory/memory.oom_control"]
        elif not controllers:
            # Inside a container the path is that of the host, while the container's own part is at the root.
            places += [root / path.lstrip("/") / "memory.events", root / "memory.events"]
    return next((place for place in places if os.access(place, os.R_OK)), None)
