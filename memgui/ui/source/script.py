"""Finds, reads and judges the script of a target. Worker thread; no Qt."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from memgui.analysis.lint.report import Hit, Unreadable
from memgui.protocol.endpoints import process_start_time
from memgui.protocol.errors import BadInput
from memgui.ui.source.colouring import Spans, spans_by_line

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget

# Far longer than any script; what is longer is not read.
MOST_BYTES = 4 * 2**20
READ, SAME, REMOTE, GONE, DENIED, TOO_LONG, NO_TEXT = "read", "same", "remote", "gone", "denied", "too long", "no text"


@dataclass(frozen=True)
class Place:
    """Where a file of a target is to be found.

    Attributes:
        path: as the target names it, absolute; host: where it runs; start_time: as in `Hello`, 0 where unknown.
        memory_bytes: what the target may use, for the rules; None where unknown.
    """

    path: str
    pid: int
    host: str | None
    start_time: int
    memory_bytes: float | None = None


@dataclass(frozen=True)
class Stamp:
    """What tells one state of a file from another."""

    modified_s: float
    size_bytes: int


@dataclass(frozen=True)
class Script:
    """What became of reading a file.

    Attributes:
        state: READ, SAME (as it was before, nothing else is set), or why it cannot be shown.
        file: the path on this machine; stamp: its state when it was read.
        changed_after_start_s: Unix time of a change after the process had started, None where there was none.
        unreadable: a syntax error, which leaves `hits` empty.
    """

    state: str
    place: Place
    detail: str = ""
    file: Path | None = None
    stamp: Stamp | None = None
    text: str = ""
    spans: Spans | None = None
    hits: tuple[Hit, ...] = ()
    unreadable: Unreadable | None = None
    changed_after_start_s: float | None = None


def place_of(target: LiveTarget, path: str | None = None) -> Place | None:
    """Where the target's own script is, or another file of it; None where it runs no script."""
    hello, facts = target.hello, target.facts
    script = path or (hello.script if hello is not None else None) or (facts.script if facts is not None else None)
    if not script:
        return None
    folder = (hello.cwd if hello is not None else None) or (facts.cwd if facts is not None else None) or "/"
    start_time = hello.start_time if hello is not None else facts.start_time if facts is not None else 0
    memory = None if target.limit is None else target.limit[1]
    return Place(
        os.path.normpath(os.path.join(folder, script)), target.pid, hello.host if hello else None, start_time, memory
    )


def read_script(place: Place, known: Stamp | None = None) -> Script:
    """Read and judge a file; never raises for what a file can do to us.

    Args:
        known: the state that is shown already; where the file is still in it, SAME is answered.
    """
    alive = place.start_time != 0 and process_start_time(place.pid) == place.start_time
    if place.host is not None and place.host != socket.gethostname() and not alive:
        return Script(REMOTE, place, place.host)
    failed = Script(GONE, place)
    for file in _candidates(place, alive=alive):
        try:
            found = file.stat()
            stamp = Stamp(found.st_mtime, found.st_size)
            if stamp == known:
                return Script(SAME, place)
            if found.st_size > MOST_BYTES:
                return Script(TOO_LONG, place, file=file, stamp=stamp)
            if not file.is_file():
                continue
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            continue
        except UnicodeDecodeError:
            return Script(NO_TEXT, place, file=file)
        except OSError as error:
            failed = Script(DENIED, place, error.strerror or str(error))
            continue
        script = Script(READ, place, file=file, stamp=stamp, text=text, spans=spans_by_line(text))
        changed = stamp.modified_s if alive and stamp.modified_s > _started_s(place) + 1.0 else None
        return replace(_judged(script, file), changed_after_start_s=changed)
    return failed


def _candidates(place: Place, *, alive: bool) -> list[Path]:
    """In the process's own file system first, which in a container is not ours."""
    here = Path(place.path)
    root = Path(f"/proc/{place.pid}/root")
    try:
        elsewhere = alive and not os.path.samestat(os.stat(root), os.stat("/"))
    except OSError:
        elsewhere = False
    return [root / place.path.lstrip("/"), here] if elsewhere else [here]


def _judged(script: Script, file: Path) -> Script:
    # The rules take a megabyte, which a window that shows no script can do without.
    from memgui.analysis.lint.check import check_source
    from memgui.analysis.lint.options import Options, find_pyproject, read_options

    try:
        pyproject = find_pyproject(file)
        options = Options() if pyproject is None else read_options(pyproject)
    except (BadInput, OSError):
        options = Options()  # the command tells what is wrong with it
    if options.memory is None:
        options = replace(options, memory=script.place.memory_bytes)
    report = check_source(str(file), script.text, options.selection(file))
    return replace(script, hits=report.hits, unreadable=next(iter(report.unreadable), None))


def _started_s(place: Place) -> float:
    """Unix time of the process's start."""
    up_s = time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.time() - up_s + place.start_time / os.sysconf("SC_CLK_TCK")
