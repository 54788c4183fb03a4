"""Decides where target and viewer meet: which folder the agent is loaded from, and which directory holds its socket."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from memgui.attach.payload import Landing
from memgui.attach.process import ProcessView
from memgui.protocol.endpoints import Endpoint, endpoint_for, ensure_runtime_directory, runtime_directory
from memgui.protocol.errors import Unreachable

PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Meeting:
    """Both sides' words for the same places.

    Attributes:
        landing: as the target says it.
        endpoint: the agent's socket, as this process reaches it.
        report: the file of failures, as this process reaches it.
    """

    landing: Landing
    endpoint: Endpoint
    report: Path


def arrange(view: ProcessView) -> Meeting:
    """Where to meet.

    A target of the same user in the same tree of files is told to use this side's directory, whatever its own
    environment says (a batch system's job often lacks XDG_RUNTIME_DIR): the lists of targets look there. Another
    user's process, or one in a container, uses the directory that it would choose itself.

    Raises:
        Unreachable: the process is gone.
        Refused: the directory for sockets cannot be used.
    """
    start_time = view.start_time()
    if start_time is None:
        raise Unreachable(f"there is no process {view.pid}", "list what runs here with: memgui ps")
    own = shares_place(view)
    directory = runtime_directory() if own else runtime_directory(view.environment(), view.inner_uid())
    if own:
        ensure_runtime_directory(directory)
    inside = endpoint_for(directory, view.inner_pid(), start_time)
    report = inside.path.with_suffix(".attach")
    outside, outside_report = inside.path, report
    if not view.shares_root():
        outside, outside_report = view.rooted(inside.path), view.rooted(report)
    told = str(directory) if own and directory != runtime_directory(view.environment(), view.uid()) else None
    return Meeting(Landing(str(PACKAGE), told, str(report)), Endpoint(inside.pid, start_time, outside), outside_report)


def shares_place(view: ProcessView) -> bool:
    """Whether the target can use a directory of this process's user."""
    return view.uid() == os.getuid() and view.shares_root()


def unreachable_package(view: ProcessView) -> str | None:
    """Why the target cannot read memgui's own files, None where it can."""
    start = PACKAGE / "__init__.py"
    if not view.shares_root():
        try:
            if view.rooted(start).read_bytes() == start.read_bytes():
                return None
        except OSError:
            pass
        return f"process {view.pid} lives in a container (its own tree of files), in which {PACKAGE} does not exist"
    if view.uid() in (os.getuid(), 0):
        return None
    closed = next((folder for folder in PACKAGE.parents if not os.stat(folder).st_mode & stat.S_IXOTH), None)
    if closed is not None and os.stat(closed).st_uid != view.uid():
        return f"memgui's own files in {PACKAGE} cannot be read by the user of process {view.pid}: {closed} is closed"
    return None
