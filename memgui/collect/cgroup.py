"""Memory of the control group of a process, versions 1 and 2. Source: cgroups(7), kernel's memory controller pages."""

from __future__ import annotations

from pathlib import Path

# Version 1 says "no limit" by a number near 2**63, rounded to pages.
_NO_LIMIT = 2**60


class Cgroup:
    """Reads usage, working set, the lowest limit on the way up, and the count of OOM kills."""

    def __init__(self, pid: int, proc: Path = Path("/proc"), root: Path = Path("/sys/fs/cgroup")) -> None:
        self._root = root
        self._directory, self._version = _locate(pid, proc, root)

    @property
    def directory(self) -> Path | None:
        """Where its files are; None where the system shows none."""
        return self._directory

    def read(self) -> dict[str, float]:
        """Metrics by name; without what the system does not tell."""
        if self._directory is None:
            return {}
        two = self._version == 2
        values: dict[str, float] = {}
        used = _number(self._directory / ("memory.current" if two else "memory.usage_in_bytes"))
        if used is not None:
            values["cgroup.used_bytes"] = used
            idle = _keyed(self._directory / "memory.stat", "inactive_file" if two else "total_inactive_file")
            if idle is not None:
                values["cgroup.working_set_bytes"] = max(used - idle, 0.0)
        limit = self._lowest_limit("memory.max" if two else "memory.limit_in_bytes")
        if limit is not None:
            values["cgroup.limit_bytes"] = limit
        kills = _keyed(self._directory / ("memory.events" if two else "memory.oom_control"), "oom_kill")
        if kills is not None:
            values["cgroup.oom_kills_count"] = kills
        return values

    def _lowest_limit(self, name: str) -> float | None:
        limits = []
        directory = self._directory
        while directory is not None:
            limit = _number(directory / name)
            if limit is not None and limit < _NO_LIMIT:
                limits.append(limit)
            if directory == self._root or directory == directory.parent:
                break
            directory = directory.parent
        return min(limits, default=None)


def _locate(pid: int, proc: Path, root: Path) -> tuple[Path | None, int]:
    try:
        lines = (proc / str(pid) / "cgroup").read_text().splitlines()
    except OSError:
        return None, 2
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            return _existing(root / "memory", path), 1
    for line in lines:
        if line.startswith("0::"):
            return _existing(root, line[3:]), 2
    return None, 2


def _existing(base: Path, path: str) -> Path | None:
    # Inside a container the path is that of the host, while only the container's own part is mounted, at the root.
    for directory in (base / path.lstrip("/"), base):
        if (directory / "memory.stat").exists():
            return directory
    return None


def _number(path: Path) -> float | None:
    try:
        return float(path.read_text())
    except (OSError, ValueError):
        return None


def _keyed(path: Path, key: str) -> float | None:
    try:
        for line in path.read_text().splitlines():
            word, _, number = line.partition(" ")
            if word == key:
                return float(number)
    except (OSError, ValueError):
        pass
    return None
