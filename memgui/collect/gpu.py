"""Devices of a process as the driver sees them; what talks to a driver is imported where there is one."""

from __future__ import annotations

import ctypes
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from memgui.collect.nvml import NvmlReader


class GpuReader:
    """Memory and utilization of the devices that a process uses.

    Attributes:
        unavailable: why there is nothing to read, in words; None where a driver answers.
    """

    def __init__(self, pid: int, proc: Path = Path("/proc")) -> None:
        self._driver: NvmlReader | None = None
        self.unavailable: str | None = "no NVIDIA driver on this machine"
        if _has_nvidia_driver():
            from memgui.collect.nvml import NvmlReader

            self._driver = NvmlReader(pid, proc)
            self.unavailable = self._driver.unavailable

    def read(self, pids: Collection[int]) -> dict[str, float]:
        """Metrics by name for every device that one of `pids` uses; without what the driver does not tell."""
        return {} if self._driver is None else self._driver.read(pids)


@cache
def _has_nvidia_driver() -> bool:
    """As pynvml looks for it; its import takes 2 MB, also where there is nothing to read."""
    try:
        ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return False
    return True
