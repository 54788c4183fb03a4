"""Where agents listen: `PID.STARTTIME.sock` in a directory that only its owner may enter."""

from __future__ import annotations

import os
import re
import socket
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List, Mapping, Optional

from memgui.protocol.errors import Problem, Refused

_NAME = re.compile(r"(\d+)\.(\d+)\.sock\Z")
# sockaddr_un.sun_path holds 108 bytes with the final zero. Source: unix(7).
_PATH_LIMIT_BYTES = 107


@dataclass(frozen=True)
class Endpoint:
    """A socket that an agent made.

    Attributes:
        start_time: start of the process in clock ticks since boot; tells the owner of a reused pid apart.
    """

    pid: int
    start_time: int
    path: Path


def runtime_directory(environ: Optional[Mapping[str, str]] = None, uid: Optional[int] = None) -> Path:
    """`$MEMGUI_RUNTIME_DIR`, else `$XDG_RUNTIME_DIR/memgui`, else `/tmp/memgui-UID`; not created."""
    environ = os.environ if environ is None else environ
    if environ.get("MEMGUI_RUNTIME_DIR"):
        return Path(environ["MEMGUI_RUNTIME_DIR"])
    if environ.get("XDG_RUNTIME_DIR"):
        return Path(environ["XDG_RUNTIME_DIR"]) / "memgui"
    return Path(f"/tmp/memgui-{os.getuid() if uid is None else uid}")


def ensure_runtime_directory(directory: Path) -> None:
    """Create `directory` with mode 0700, or check that it is such a directory of ours.

    Raises:
        Refused: it belongs to somebody else, others may enter it, or it is a link.
        Problem: it cannot be created.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = os.lstat(directory)
    except OSError as error:
        raise Problem(
            f"cannot create the socket directory {directory}: {error.strerror}",
            "set MEMGUI_RUNTIME_DIR to a directory that you may write to, on both sides",
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise Refused(
            f"{directory} is not a directory of yours (owner {found.st_uid})",
            "somebody else made it; set MEMGUI_RUNTIME_DIR to a directory of your own, on both sides",
        )
    if found.st_mode & 0o077:
        raise Refused(f"{directory} may be entered by others", f"run: chmod 700 {directory}")


def endpoint_for(directory: Path, pid: int, start_time: int) -> Endpoint:
    """The endpoint that a process has in `directory`.

    Raises:
        Problem: the path would be too long for a Unix socket.
    """
    path = directory / f"{pid}.{start_time}.sock"
    if len(os.fsencode(path)) > _PATH_LIMIT_BYTES:
        raise Problem(
            f"the socket path {path} is longer than the {_PATH_LIMIT_BYTES} bytes that the system allows",
            "set MEMGUI_RUNTIME_DIR to a shorter path, on both sides",
        )
    return Endpoint(pid, start_time, path)


def parse_endpoint(path: Path) -> Optional[Endpoint]:
    """The endpoint that a socket's file name tells of, None for any other file."""
    match = _NAME.match(path.name)
    return Endpoint(int(match[1]), int(match[2]), path) if match else None


def list_endpoints(directory: Path) -> List[Endpoint]:
    """Every endpoint in `directory`, stale ones too, by pid; empty where there is no such directory."""
    try:
        found = [parse_endpoint(path) for path in directory.iterdir()]
    except OSError:
        return []
    return sorted((point for point in found if point), key=lambda point: (point.pid, point.start_time))


def process_start_time(pid: int, proc: Path = Path("/proc")) -> Optional[int]:
    """Start of a process in clock ticks since boot, None where it is gone. Source: proc(5), stat field 22."""
    try:
        with open(f"{proc}/{pid}/stat", "rb", buffering=0) as file:  # a path object takes as long as the reading
            text = file.read()
    except OSError:
        return None
    # The name in field 2 may hold blanks and parentheses; fields are counted from the last closing one.
    return int(text[text.rindex(b")") + 2 :].split()[19])


def is_stale(endpoint: Endpoint, proc: Path = Path("/proc")) -> bool:
    """True where the process that made the socket is gone, also when its pid belongs to another one now."""
    return process_start_time(endpoint.pid, proc) != endpoint.start_time


@contextmanager
def reachable(path: Path) -> Iterator[str]:
    """An address of the socket at `path` that `connect` takes, however long the path is.

    A socket of a container is reached by `/proc/PID/root/…`, which may be too long where the path inside is not; then
    the way goes through a descriptor of its directory.

    Raises:
        OSError: the directory cannot be opened.
    """
    if len(os.fsencode(path)) <= _PATH_LIMIT_BYTES:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)


def connect(endpoint: Endpoint, timeout_s: float = 2.0) -> socket.socket:
    """A connected stream socket.

    Raises:
        OSError: nobody listens, or the system does not allow it.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_s)
        with reachable(endpoint.path) as address:
            connection.connect(address)
    except BaseException:
        connection.close()
        raise
    return connection
