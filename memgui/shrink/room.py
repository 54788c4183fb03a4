"""Memory that a change takes for a moment, while old and new tensors are both held, and what is free for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import torch

_MEMINFO = Path("/proc/meminfo")
_OWN_CGROUP = Path("/proc/self/cgroup")
_CGROUPS = Path("/sys/fs/cgroup")


def device_of(tensors: Iterable[torch.Tensor]) -> torch.device:
    """Where most of their bytes are."""
    held: Counter[torch.device] = Counter({torch.device("cpu"): 0})
    for tensor in tensors:
        held[tensor.device] += tensor.numel() * tensor.element_size()
    return held.most_common(1)[0][0]


def free_bytes(
    device: torch.device, *, meminfo: Path = _MEMINFO, own: Path = _OWN_CGROUP, cgroups: Path = _CGROUPS
) -> int | None:
    """What can still be allocated there; None where it cannot be told.

    On the host the least of what the machine has and what each of the cgroups around the process leaves; pages of
    files that nobody used lately count as free. On a device, free blocks of torch's cache count too.
    """
    if device.type == "cuda":
        free, _total = torch.cuda.mem_get_info(device)
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    if device.type != "cpu":
        return None
    found = [_machine(meminfo), *(_left(folder) for folder in _around(own, cgroups))]
    return min((left for left in found if left is not None), default=None)


def _machine(meminfo: Path) -> int | None:
    with suppress(OSError, ValueError):
        for line in meminfo.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None


def _around(own: Path, cgroups: Path) -> list[Path]:
    """The cgroup of the process and those that it is in. Source: cgroups(7), version 2."""
    with suppress(OSError):
        for line in own.read_text(encoding="utf-8").splitlines():
            if line.startswith("0::/"):
                inner = cgroups / line[len("0::/") :]
                return [folder for folder in (inner, *inner.parents) if folder.is_relative_to(cgroups)]
    return [cgroups]


def _left(folder: Path) -> int | None:
    with suppress(OSError, ValueError):  # no limit reads "max"
        limit = int((folder / "memory.max").read_text(encoding="ascii"))
        used = int((folder / "memory.current").read_text(encoding="ascii"))
        stat = (folder / "memory.stat").read_text(encoding="ascii").split()
        return max(0, limit - used + int(stat[stat.index("inactive_file") + 1]))
    return None
