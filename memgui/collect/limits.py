"""The limits that a process will meet first: of host memory, and of each device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from memgui.protocol.metrics import device_of

HOST = "host"
_TOTAL, _USED = ".device_total_bytes", ".device_used_bytes"
_OF_THE_HOST = (
    "cgroup.limit_bytes", "cgroup.working_set_bytes", "machine.total_bytes", "machine.available_bytes",
)  # fmt: skip


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


def limits_of(values: Mapping[str, float | None]) -> dict[str, Limit]:
    """All limits that are known, by "host" or the device, such as "cuda.0"."""
    host = host_limit(values)
    found = {HOST: host} if host is not None else {}
    for name, total in values.items():
        if not name.endswith(_TOTAL):
            continue
        used, device = values.get(name.replace(_TOTAL, _USED)), device_of(name)
        if total is not None and used is not None and device is not None:
            found[f"{device[0]}.{device[1]}"] = Limit("device", total, total - used)
    return found


class LastLimits:
    """Limits by the latest values, for samples of which each tells only a part. Single-threaded."""

    def __init__(self) -> None:
        self._values: dict[str, float] = {}

    def take(self, values: Mapping[str, float | None]) -> dict[str, Limit]:
        """Take in a sample; all limits that are known where it tells of any, else nothing."""
        told = {
            name: value
            for name, value in values.items()
            if value is not None and (name in _OF_THE_HOST or name.endswith((_TOTAL, _USED)))
        }
        if not told:
            return {}
        self._values |= told
        return limits_of(self._values)


def _headroom(limit: Limit) -> float:
    return limit.headroom_bytes
