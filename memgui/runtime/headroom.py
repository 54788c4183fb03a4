"""How much memory is left before the limit that binds, as a share of it. Counters only, any thread."""

from __future__ import annotations

from pathlib import Path

import torch

_CGROUP = Path("/sys/fs/cgroup")
_MEMINFO = Path("/proc/meminfo")


def free_ratio(device: torch.device, *, meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP) -> float | None:
    """0 to 1; None where it cannot be told.

    On a device, free segments of torch's cache count as free. On the host the smaller of the machine's and the
    container's share counts.
    """
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return (free + cached) / total
    shares = [share for share in (_machine(meminfo), _container(cgroup)) if share is not None]
    return min(shares, default=None)


def _machine(path: Path) -> float | None:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    kib = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith(("MemTotal", "MemAvailable"))}
    if "MemAvailable" not in kib or not kib.get("MemTotal"):
        return None
    return kib["MemAvailable"] / kib["MemTotal"]


def _container(folder: Path) -> float | None:
    """The limit of the cgroup that this process sees as its root; what can be reclaimed counts as free."""
    try:
        limit = (folder / "memory.max").read_text(encoding="ascii").strip()
        used = int((folder / "memory.current").read_text(encoding="ascii"))
        stat = (folder / "memory.stat").read_text(encoding="ascii").split()
        reclaimable = int(stat[stat.index("inactive_file") + 1])
    except (OSError, ValueError):
        return None
    return None if limit == "max" else max(0.0, 1 - (used - reclaimable) / int(limit))
