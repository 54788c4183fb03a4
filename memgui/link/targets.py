"""What there is to watch on this host, and what a person means by a TARGET."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from memgui.attach.targets import check
from memgui.collect.discovery import torch_processes
from memgui.collect.facts import ProcessFacts, process_facts
from memgui.protocol import endpoints
from memgui.protocol.endpoints import Endpoint
from memgui.protocol.errors import BadInput, Unreachable


@dataclass(frozen=True)
class TargetInfo:
    """One row of `memgui ps`.

    Attributes:
        agent: path of the agent's socket, None where there is no agent.
        attachable: an agent can be put into it; `reason` says why not.
    """

    pid: int
    start_time: int
    name: str
    script: str | None
    user: str
    python: str | None
    torch: str | None
    agent: str | None
    attachable: bool
    reason: str | None
    rank: int | None
    world_size: int | None
    parent: int | None
    rss_bytes: float
    gpu_bytes: float | None = None


def list_targets(directory: Path | None = None) -> list[TargetInfo]:
    """Processes with an agent, then PyTorch processes without, each by pid."""
    agents = {point.pid: point for point in live_endpoints(directory)}
    found = {facts.pid: facts for facts in torch_processes()}
    for pid in agents:
        if pid not in found:
            facts = process_facts(pid)
            if facts is not None:
                found[pid] = facts
    rows = [_info(facts, agents.get(pid)) for pid, facts in found.items()]
    return sorted(rows, key=_order)


def live_endpoints(directory: Path | None = None) -> list[Endpoint]:
    """Sockets whose process lives; those of dead processes are removed on the way."""
    live = []
    for point in endpoints.list_endpoints(directory or endpoints.runtime_directory()):
        if endpoints.is_stale(point):
            with suppress(OSError):
                point.path.unlink()
        else:
            live.append(point)
    return live


def resolve(text: str, directory: Path | None = None) -> int:
    """The pid that a TARGET means: a pid, the path of a socket, or the name of one script.

    Raises:
        BadInput: it means nothing, or several processes.
        Unreachable: the process or the agent is gone.
    """
    if text.isdigit():
        pid = int(text)
        if endpoints.process_start_time(pid) is None:
            raise Unreachable(f"there is no process {pid}", "run `memgui ps` for what runs here")
        return pid
    if text.endswith(".sock"):
        return _resolve_socket(Path(text))
    if "/" in text and text.rsplit("/", 1)[1].isdigit():
        raise BadInput(
            f"{text} names a process on another host, which this version cannot reach",
            "run memgui on that host, for example over ssh",
        )
    named = [info for info in list_targets(directory) if text in (info.name, info.script)]
    if len(named) == 1:
        return named[0].pid
    if named:
        pids = ", ".join(str(info.pid) for info in named)
        raise BadInput(f"{len(named)} processes are called {text}: {pids}", "name one by its pid")
    raise BadInput(f"{text} is neither a pid, nor a socket, nor the name of a run here", "run `memgui ps`")


def _resolve_socket(path: Path) -> int:
    point = endpoints.parse_endpoint(path)
    if point is None:
        raise BadInput(f"{path} is not the socket of an agent", "their names are PID.STARTTIME.sock; see `memgui ps`")
    if endpoints.is_stale(point):
        raise Unreachable(f"the process of {path} is gone", "run `memgui ps` for what runs here")
    try:
        endpoints.connect(point).close()
    except OSError as error:
        what = "nobody listens there" if error.errno == errno.ECONNREFUSED else os.strerror(error.errno or 0)
        raise Unreachable(
            f"cannot reach the agent at {path}: {what}", f"attach again: memgui attach {point.pid}"
        ) from error
    return point.pid


def _info(facts: ProcessFacts, agent: Endpoint | None) -> TargetInfo:
    attachable, reason = False, None
    if agent is None:
        verdict = check(facts.pid)
        attachable, reason = verdict.attachable, verdict.reason
    return TargetInfo(
        facts.pid, facts.start_time, facts.name, facts.script, facts.user, facts.python, facts.torch,
        str(agent.path) if agent else None, attachable, reason, facts.rank, facts.world_size, facts.parent,
        facts.rss_bytes,
    )  # fmt: skip


def _order(info: TargetInfo) -> tuple[bool, int]:
    return (info.agent is None, info.pid)
