"""Keeps the flight ring in a file too, so that it is there after SIGKILL. Used on the agent's thread only.

The file is written by `pwrite` and not mapped: what was written is in the page cache either way and survives the
process, but a store into a mapped page waits for a busy disk with the interpreter lock held, and kills the process
with SIGBUS where somebody has cut the file. A write lets the training go on, and at worst fails. All of the file is
allocated at the start, so that a full disk is known then.
"""

from __future__ import annotations

import json
import os
import time
from array import array
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Sequence

from memgui.agent.probes.probe import Number
from memgui.protocol import black_box as form
from memgui.protocol.payloads import Event, Hello
from memgui.protocol.wire import to_wire

# The launcher needs a moment until the process is the program, by whose name the file is called.
_BEGIN_AFTER_S = 0.5
# How often it is said anew who this is: the wall clock, torch's version and devices become known, kills are counted.
_ABOUT_EVERY_S = 30.0
_LEVELS = (form.SAMPLE, form.SECOND, form.MINUTE)
_NAN = float("nan")
_SILENT = ("metrics", "actions")
_ARGV_LIMIT = 8000


class BlackBox:
    """One file of a fixed size, the oldest overwritten first; made by the first `follow` that is not too early.

    Args:
        directory: where to; made if need be.
        hello: says who this process is.
        tell: told once why the box was given up. Nothing is raised.
    """

    def __init__(self, directory: Path, hello: Callable[[], Hello], tell: Callable[[str], None]) -> None:
        self.path: Optional[Path] = None
        self._directory = directory
        self._hello = hello
        self._tell = tell
        self._file = -1
        self._given_up = False
        self._begin_s = time.monotonic() + _BEGIN_AFTER_S
        self._number = 0
        self._ends: Dict[int, int] = {}
        self._about_due_s = 0.0
        self._generation = 0
        self._kills: Optional[Path] = None

    def follow(self, now_s: float, generation: int, names: Sequence[str]) -> None:
        """Called before rows with new metrics and once a second: begin, or say anew who this is."""
        if self._given_up or now_s < self._begin_s:
            return
        if self.path is None:
            self._begin()
        if generation != self._generation or now_s >= self._about_due_s:
            self._generation, self._about_due_s = generation, now_s + _ABOUT_EVERY_S
            self._about(names)

    def keep(self, level: int, t_s: float, step: int, cells: Sequence[Optional[Number]]) -> None:
        """Keep a row of the ring: a sample at level 0; value, minimum and maximum of each metric above."""
        if self._file >= 0:
            packed = array("f" if level else "d", [_NAN if cell is None else cell for cell in cells]).tobytes()
            self._write(_LEVELS[level], form.pack_row(t_s, step, packed))

    def note(self, event: Event) -> None:
        """Keep an event."""
        if self._file >= 0 and event.kind not in _SILENT:
            self._write(form.EVENT, json.dumps(to_wire(event), default=str).encode())

    def finish(self, reason: str) -> None:
        """The agent ends in order; `reason` says why the program did, empty where nothing is known."""
        if self._file >= 0:
            said = {"kind": "ended", "reason": reason, "t_s": time.monotonic()}
            self._write(form.ABOUT, json.dumps(said).encode(), kind=form.END)
        self.close()

    def close(self) -> None:
        """Let go of the file; it stays as it is."""
        file, self._file = self._file, -1
        self._given_up = True
        if file >= 0:
            os.close(file)

    def _begin(self) -> None:
        hello = self._hello()
        name = form.file_name(
            hello.name, run_id=hello.run_id, rank=hello.rank, pid=hello.pid, start_time=hello.start_time
        )
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            self.path = _free(self._directory / name)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(self._file, 0, form.FILE_BYTES)
                os.pwrite(self._file, form.head(), 0)
            except OSError:
                self.path.unlink()
                raise
        except OSError as error:
            self._give_up(f"the black box in {self._directory} cannot be made: {error.strerror or error}")
        self._kills = form.memory_events()

    def _about(self, names: Sequence[str]) -> None:
        hello = self._hello()
        who = to_wire(hello)
        if sum(map(len, hello.argv)) > _ARGV_LIMIT:
            who["argv"] = list(hello.argv[:1])
        said: Dict[str, Any] = {"hello": who, "names": list(names), "boot_id": form.boot_id()}
        kills = form.oom_kills(self._kills) if self._kills is not None else None
        if kills is not None:
            said.update(oom_kills=kills, oom_file=str(self._kills))
        self._write(form.ABOUT, json.dumps(said).encode())

    def _write(self, region: int, body: bytes, kind: Optional[int] = None) -> None:
        record = form.pack(self._number, region if kind is None else kind, body)
        size = form.REGIONS[region]
        if self._file < 0 or len(record) > size // 2:
            return  # what is as long as that is nothing that a person would read
        at = self._ends.get(region, 0)
        if at + len(record) > size:
            at = 0
        try:
            os.pwrite(self._file, record, form.region_start(region) + at)
        except OSError as error:
            self._give_up(f"the black box {self.path} cannot be written any more: {error.strerror}")
        self._number += 1
        self._ends[region] = at + len(record)

    def _give_up(self, reason: str) -> None:
        self.close()
        self._tell(reason)


def _free(path: Path) -> Path:
    """An agent that is started anew in the same process begins another file."""
    stem = path.name[: -len(form.SUFFIX)]
    number = 2
    while path.exists():
        path = path.with_name(f"{stem}+{number}{form.SUFFIX}")
        number += 1
    return path
