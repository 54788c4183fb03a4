"""The limit that a process will meet first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """A limit of host memory: `headroom_bytes` is what can still be taken before it binds, by anybody under it."""

    name: str
    limit_bytes: float
    headroom_bytes: float


def host_limit(values: Mapping[str, float | None]) -> Limit | None:
    """The one with the least headroom of cgroup and machine; None where neither is known."""
    limits = []
    limit, used = values.get("cgroup.limit_bytes"), values.get("cgroup.working_set_bytes")
    if limit is not None and used is not None:
        limits.append(Limit("cgroup", limit, limit - used))
    total, available = values.get("machine.total_bytes"), values.get("machine.available_bytes")
    if total is not None and available is not None:
        limits.append(Limit("machine", total, available))
    return min(limits, key=_headroom, default=None)


def _headroom(limit: Limit) -> float:
    return limit.headroom_bytes
