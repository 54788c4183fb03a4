"""Devices of a process as NVIDIA's driver sees them, through NVML; see `collect.gpu`, which imports it on demand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pynvml


class NvmlReader:
    """Memory and utilization of the devices that a process uses.

    Attributes:
        unavailable: why there is nothing to read, in words; None where NVML answers.

    Devices are numbered as the process numbers them where CUDA_VISIBLE_DEVICES names them by UUID or by index in bus
    order; by default torch counts the fastest first, which differs from NVML's order on machines with unlike devices.
    A device that is split (MIG) stands for its instances, which have memory and processes of their own.
    """

    def __init__(self, pid: int, proc: Path = Path("/proc")) -> None:
        self.unavailable: str | None = None
        self._handles: list[Any] = []
        try:
            pynvml.nvmlInit()
            whole = [pynvml.nvmlDeviceGetHandleByIndex(at) for at in range(pynvml.nvmlDeviceGetCount())]
            found = [part for handle in whole for part in _instances(handle) or [handle]]
            uuids = [_text(pynvml.nvmlDeviceGetUUID(handle)) for handle in found]
        except pynvml.NVMLError as error:
            self.unavailable = _why(error)
            return
        self._handles = [found[at] for at in visible(_visible_devices(pid, proc), uuids)]

    def read(self, pids: Collection[int]) -> dict[str, float]:
        """Metrics by name for every device that one of `pids` uses; without what the driver does not tell."""
        values: dict[str, float] = {}
        for index, handle in enumerate(self._handles):
            used = _process_bytes(handle, pids, is_only=len(self._handles) == 1)
            if used is None:
                continue
            prefix = f"cuda.{index}"
            try:
                memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
                values[f"{prefix}.device_used_bytes"] = float(memory.used)
                values[f"{prefix}.device_total_bytes"] = float(memory.total)
            except pynvml.NVMLError:
                continue
            if used >= 0:
                values[f"{prefix}.process_used_bytes"] = used
            try:
                values[f"{prefix}.utilization_ratio"] = pynvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100.0
            except pynvml.NVMLError:
                pass  # not supported on MIG instances and some products
        return values


def visible(setting: str | None, uuids: Sequence[str]) -> list[int]:
    """NVML indices of the devices that CUDA_VISIBLE_DEVICES leaves, in its order. Source: CUDA programming guide."""
    if setting is None:
        return list(range(len(uuids)))
    chosen: list[int] = []
    for word in setting.split(","):
        name = word.strip()
        matching = [at for at, uuid in enumerate(uuids) if name and (name == str(at) or uuid.startswith(name))]
        if len(matching) != 1:
            break  # CUDA stops at the first invalid entry
        chosen.append(matching[0])
    return chosen


def _instances(handle: Any) -> list[Any]:
    """The MIG instances of a device; none where it is not split or cannot be."""
    try:
        if pynvml.nvmlDeviceGetMigMode(handle)[0] != pynvml.NVML_DEVICE_MIG_ENABLE:
            return []
        places = range(pynvml.nvmlDeviceGetMaxMigDeviceCount(handle))
    except pynvml.NVMLError:
        return []
    found = []
    for place in places:
        try:
            found.append(pynvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, place))
        except pynvml.NVMLError:
            continue  # a place without an instance
    return found


def _process_bytes(handle: Any, pids: Collection[int], *, is_only: bool) -> float | None:
    """Bytes of the processes on the device; None where they do not use it, -1 where it is not told.

    Where the driver does not permit to ask who uses the device, it counts as used if it is the only one there is.
    """
    try:
        running = pynvml.nvmlDeviceGetComputeRunningProcesses(handle)
    except pynvml.NVMLError as error:
        return -1.0 if is_only and error.value == pynvml.NVML_ERROR_NO_PERMISSION else None
    sizes = [process.usedGpuMemory for process in running if process.pid in pids]
    if not sizes:
        return None
    return -1.0 if any(size is None for size in sizes) else float(sum(sizes))


def _visible_devices(pid: int, proc: Path) -> str | None:
    try:
        text = (proc / str(pid) / "environ").read_bytes().decode(errors="replace")
    except OSError:
        return None
    for item in text.split("\0"):
        if item.startswith("CUDA_VISIBLE_DEVICES="):
            return item.partition("=")[2]
    return None


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _why(error: Any) -> str:
    if error.value == pynvml.NVML_ERROR_LIBRARY_NOT_FOUND:
        return "no NVIDIA driver on this machine"
    if error.value == pynvml.NVML_ERROR_NO_PERMISSION:
        return "the driver does not permit this user to read the devices"
    if error.value == pynvml.NVML_ERROR_DRIVER_NOT_LOADED:
        return "the NVIDIA driver is not loaded"
    return f"NVML: {error}"
