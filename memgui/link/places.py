"""Where the agents of this host may listen: the viewer's own directory is not always the one that a target chose."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from memgui.attach.landing import arrange
from memgui.attach.process import ProcessView
from memgui.protocol.endpoints import Endpoint, endpoint_for, runtime_directory
from memgui.protocol.errors import Problem


def directories(environ: Mapping[str, str] | None = None) -> list[Path]:
    """Directories with sockets of this user, this process's own first.

    A run that was started over ssh or by a batch system has no XDG_RUNTIME_DIR, a desktop has one. Where
    MEMGUI_RUNTIME_DIR is set it is meant to be the only one.
    """
    environ = os.environ if environ is None else environ
    found = [runtime_directory(environ)]
    if not environ.get("MEMGUI_RUNTIME_DIR"):
        found += [Path(f"/run/user/{os.getuid()}/memgui"), runtime_directory({})]
    return [path for path in dict.fromkeys(found) if path == found[0] or is_own(path)]


def is_own(directory: Path) -> bool:
    """Whether nobody but this user can have put a socket there: /tmp is open to all."""
    try:
        found = os.lstat(directory)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022


def endpoints_of(pid: int, start_time: int, directory: Path | None = None) -> tuple[Endpoint, ...]:
    """Where the agent of a process may listen, the likeliest first; at least one."""
    if directory is not None:
        return (endpoint_for(directory, pid, start_time),)
    found = [endpoint_for(place, pid, start_time) for place in directories()]
    view = ProcessView(pid)
    try:
        # A process in a container, or of another user, listens where it would choose to itself.
        found.append(arrange(view).endpoint)
        chosen = runtime_directory(view.environment(), view.uid())
        if view.uid() == os.getuid() and view.shares_root() and is_own(chosen):
            found.append(endpoint_for(chosen, pid, start_time))
    except (Problem, OSError):
        pass  # it cannot be looked into; its agent, if any, is in the usual places
    return tuple({point.path: point for point in found}.values())
