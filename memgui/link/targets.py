"""What there is to watch on this host, and what a person means by a TARGET."""

from __future__ import annotations

import errno
import math
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from memgui.attach.targets import check
from memgui.collect.discovery import torch_processes
from memgui.collect.facts import ProcessFacts, process_facts
from memgui.collect.gpu import GpuReader
from memgui.link.places import directories
from memgui.protocol import endpoints
from memgui.protocol.endpoints import Endpoint
from memgui.protocol.errors import BadInput, Unreachable

# To look whether an agent can be put into a process takes milliseconds; a window lists all of them every two seconds.
# That one can stays true for a while; that one cannot is looked at anew, since a person may be about to change it.
_STAYS_TRUE_S = 10.0
_KNOWN_AT_MOST = 1000
# By pid and start time: when it was seen.
_seen_attachable: dict[tuple[int, int], float] = {}


@dataclass(frozen=True)
class TargetInfo:
    """One row of `memgui ps`.

    Attributes:
        agent: path of the agent's socket, None where there is no agent.
        attachable: an agent can be put into it; `reason` says why not, and what to do about it.
        gpu_bytes: its memory on all devices, None where the driver does not tell.
        run_id: what the launcher calls the run that it is a rank of; None where it does not say.
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
    run_id: str | None = None


def list_targets(directory: Path | None = None) -> list[TargetInfo]:
    """Processes with an agent, then PyTorch processes without, each by pid; takes some ms a process.

    Args:
        directory: where to look for agents; None for every directory that agents of this user choose.
    """
    agents = {point.pid: point for point in live_endpoints(directory)}
    found = {facts.pid: facts for facts in torch_processes()}
    for pid in agents.keys() - found.keys():
        facts = process_facts(pid)
        if facts is not None:
            found[pid] = facts
    devices = _device_bytes(found)
    rows = [_info(facts, agents.get(pid), devices.get(pid)) for pid, facts in found.items()]
    return sorted(rows, key=_order)


def live_endpoints(directory: Path | None = None) -> list[Endpoint]:
    """Sockets on which somebody listens; those of dead processes are removed on the way."""
    live = []
    for place in directories() if directory is None else [directory]:
        for point in endpoints.list_endpoints(place):
            if endpoints.is_stale(point):
                with suppress(OSError):
                    point.path.unlink()
            elif _listens(point):
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
        return resolve_endpoint(Path(text)).pid
    if "/" in text and text.rsplit("/", 1)[1].isdigit() and not os.path.exists(text):
        raise BadInput(
            f"{text} names a process on another host; remote targets are not available in this version",
            "run memgui on that host, for example over ssh",
        )
    named = [info for info in list_targets(directory) if _is_called(info, text)]
    if len(named) == 1:
        return named[0].pid
    if named:
        pids = ", ".join(str(info.pid) for info in named)
        raise BadInput(f"{len(named)} processes are called {text}: {pids}", "name one by its pid")
    raise BadInput(
        f"{text!r} is neither a pid, nor the path of a socket, nor the name of a script that runs here",
        "run `memgui ps` for what runs here",
    )


def resolve_ranks(texts: Iterable[str], directory: Path | None = None) -> list[tuple[int, str]]:
    """Every rank on this host of the run of a TARGET: its pid and what to call it.

    Args:
        texts: one TARGET, which stands for all ranks of its run, or all that are meant.

    Raises:
        BadInput, Unreachable: as `resolve`.
        BadInput: a process that is meant for all of its ranks belongs to no run of several ranks.
    """
    infos = list_targets(directory)
    words = list(texts)
    if len(words) > 1:
        pids = [resolve(word, directory) for word in words]
        ranks = {info.pid: info.rank for info in infos}
        return [(pid, _rank_name(pid, ranks.get(pid))) for pid in dict.fromkeys(pids)]
    named = [info for info in infos if _is_called(info, words[0])]
    first = named[0] if named else next((info for info in infos if info.pid == resolve(words[0], directory)), None)
    if first is None or first.rank is None or (first.world_size or 1) < 2:
        raise BadInput(f"{words[0]} is no rank of a run of several", "name the processes, separated by commas")
    members = [info for info in infos if _run(info) == _run(first)]
    if any(_run(info) != _run(first) for info in named):
        raise BadInput(f"several runs are called {words[0]}", "name a rank of the one that is meant by its pid")
    return [(info.pid, _rank_name(info.pid, info.rank)) for info in sorted(members, key=lambda info: info.rank or 0)]


def _run(info: TargetInfo) -> tuple[object, ...]:
    """What the ranks of one run have in common; their launcher where it gives the run no name."""
    return info.run_id or info.parent, info.world_size, info.script or info.name, info.user


def _rank_name(pid: int, rank: int | None) -> str:
    return f"pid {pid}" if rank is None else f"rank {rank} (pid {pid})"


def resolve_endpoint(path: Path) -> Endpoint:
    """The agent behind the path of a socket, for `Hub.watch_endpoint`.

    Raises:
        BadInput: it is not the name of an agent's socket.
        Unreachable: the process is gone, or nobody listens.
    """
    point = endpoints.parse_endpoint(path)
    if point is None:
        raise BadInput(f"{path} is not the socket of an agent", "their names are PID.STARTTIME.sock; see `memgui ps`")
    if endpoints.is_stale(point):
        raise Unreachable(f"the process of {path} is gone", "run `memgui ps` for what runs here")
    try:
        endpoints.connect(point).close()
    except OSError as error:
        what = "nobody listens there" if error.errno == errno.ECONNREFUSED else error.strerror or str(error)
        raise Unreachable(
            f"cannot reach the agent at {path}: {what}", f"attach again: memgui attach {point.pid}"
        ) from error
    return point


def _listens(point: Endpoint) -> bool:
    """False where a program replaced itself by exec: process and socket are there, the agent is not."""
    try:
        endpoints.connect(point, timeout_s=0.2).close()
    except ConnectionRefusedError:
        return False
    except OSError:
        pass  # busy, or not ours to enter: there is one
    return True


def _is_called(info: TargetInfo, text: str) -> bool:
    names = {info.name}
    if info.script is not None:
        names |= {info.script, os.path.basename(info.script)}
    return text in names or os.path.abspath(text) == info.script


def _device_bytes(pids: Iterable[int]) -> dict[int, float]:
    """Device memory by pid, as far as the driver tells it."""
    found = {}
    for pid in pids:
        reader = GpuReader(pid)
        if reader.unavailable is not None:
            break  # for one process as for all
        used = [value for name, value in reader.read({pid}).items() if name.endswith(".process_used_bytes")]
        if used:
            found[pid] = sum(used)
    return found


def _info(facts: ProcessFacts, agent: Endpoint | None, gpu_bytes: float | None) -> TargetInfo:
    attachable, reason = (False, None) if agent is not None else _verdict(facts)
    return TargetInfo(
        facts.pid, facts.start_time, facts.name, facts.script, facts.user, facts.python, facts.torch,
        str(agent.path) if agent else None, attachable, reason, facts.rank, facts.world_size, facts.parent,
        facts.rss_bytes, gpu_bytes, facts.run_id,
    )  # fmt: skip


def _verdict(facts: ProcessFacts) -> tuple[bool, str | None]:
    """Whether an agent can be put into it, and if not, why."""
    key, now_s = (facts.pid, facts.start_time), time.monotonic()
    if now_s - _seen_attachable.get(key, -math.inf) < _STAYS_TRUE_S:
        return True, None
    verdict = check(facts.pid)
    if verdict.attachable:
        if len(_seen_attachable) >= _KNOWN_AT_MOST:
            _seen_attachable.clear()
        _seen_attachable[key] = now_s
        return True, None
    told = (verdict.reason, verdict.next_step)
    return False, "; ".join(part for part in told if part) or "no way in is known"


def _order(info: TargetInfo) -> tuple[bool, int]:
    return (info.agent is None, info.pid)
