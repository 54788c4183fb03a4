"""Device memory by torch's caching allocators, and page-locked host memory.

Only what a run has initialised is read: asking for a device that nobody uses would create its context.
"""

from __future__ import annotations

from typing import Any, Callable, List, Mapping, Optional, Sequence, Tuple

from memgui.agent import torch_access
from memgui.agent.probes.probe import Number, Probe
from memgui.agent.torch_access import Device

_LEVELS = (
    ("allocated_bytes", "allocated_bytes", "current"),
    ("allocated_peak_bytes", "allocated_bytes", "peak"),
    ("reserved_bytes", "reserved_bytes", "current"),
    ("reserved_peak_bytes", "reserved_bytes", "peak"),
    ("active_bytes", "active_bytes", "current"),
    ("inactive_split_bytes", "inactive_split_bytes", "current"),
)
_COUNTS = (("retries_count", "num_alloc_retries"), ("ooms_count", "num_ooms"))


class AllocatorProbe(Probe):
    """The caching allocator's counters of one device. Source: torch.cuda.memory_stats."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.name = f"{device.prefix} allocator"
        self.names = tuple(f"{device.prefix}.{name}" for name, *_ in (*_LEVELS, *_COUNTS))

    def read(self) -> Sequence[Optional[Number]]:
        """Levels, then counts; None for a counter that this version of torch lacks."""
        stats = self._device.stats()
        values: List[Optional[Number]] = [stats.get(family, {}).get("all", {}).get(key) for _, family, key in _LEVELS]
        values.extend(stats.get(key) for _, key in _COUNTS)
        return values


class DeviceMemoryProbe(Probe):
    """Use and size of the whole device, as the driver tells it; once a second, since the driver is asked."""

    period_s = 1.0
    for_receipts = False  # `relax` must not be called on the training thread

    def __init__(self, device: Device, relax: Callable[[], bool]) -> None:
        self._device = device
        self._relax = relax
        self.name = f"{device.prefix} memory"
        self.names = (f"{device.prefix}.device_used_bytes", f"{device.prefix}.device_total_bytes")

    def read(self) -> Sequence[Optional[Number]]:
        """Used, total."""
        if not self._relax():
            return None, int(self._device.module.get_device_properties(self._device.index).total_memory)
        free, total = self._device.module.mem_get_info(self._device.index)
        return total - free, total


class PinnedProbe(Probe):
    """Page-locked host memory by the caching host allocator. Source: torch.cuda.host_memory_stats."""

    name = "pinned"
    names = ("pinned.allocated_bytes", "pinned.reserved_bytes")

    def __init__(self, stats: Callable[[], Mapping[str, Any]]) -> None:
        self._stats = stats

    def read(self) -> Sequence[Optional[Number]]:
        """In use, held."""
        stats = self._stats()
        if "reserved_bytes" in stats:  # torch 2.6 to 2.8
            used, held = "allocated_bytes", "reserved_bytes"
        else:
            used, held = "active_bytes", "allocated_bytes"
        return _current(stats, used), _current(stats, held)


class MetalProbe(Probe):
    """Apple's backend, which tells two levels only. Source: torch.mps."""

    name = "mps"
    names = ("mps.0.allocated_bytes", "mps.0.reserved_bytes", "mps.0.device_total_bytes")

    def __init__(self, module: Any) -> None:
        self._module = module

    def read(self) -> Sequence[Optional[Number]]:
        """Allocated, reserved, recommended maximum."""
        module = self._module
        return module.current_allocated_memory(), module.driver_allocated_memory(), module.recommended_max_memory()


def _current(stats: Mapping[str, Any], family: str) -> Optional[Number]:
    levels = stats.get(family, {})
    value: Optional[Number] = levels.get("current", levels.get("all", {}).get("current"))
    return value


class AcceleratorFinder:
    """Makes a probe for each accelerator when the run begins to use it."""

    def __init__(self, modules: Optional[Mapping[str, Any]] = None, relax: Optional[Callable[[], bool]] = None) -> None:
        self._modules = modules
        self._relax = relax or relaxed_capture
        self._known: set[str] = set()

    def find(self) -> Tuple[Probe, ...]:
        """Probes for what came into use since the last call."""
        found: List[Probe] = []
        for device in torch_access.devices_in_use(self._modules):
            if self._is_new(device.prefix):
                found.append(AllocatorProbe(device))
                found.append(DeviceMemoryProbe(device, self._relax if device.backend == "cuda" else _always))
        for name, module in torch_access.initialised_backends(self._modules):
            stats = getattr(module, "host_memory_stats_as_nested_dict", None)
            if name == "cuda" and stats is not None and self._is_new("pinned"):
                found.append(PinnedProbe(stats))
        metal = self._metal()
        if metal is not None and self._is_new("mps"):
            found.append(MetalProbe(metal))
        return tuple(found)

    def _is_new(self, key: str) -> bool:
        fresh = key not in self._known
        self._known.add(key)
        return fresh

    def _metal(self) -> Any:
        torch = torch_access.loaded("torch", self._modules)
        available = getattr(getattr(getattr(torch, "backends", None), "mps", None), "is_available", None)
        return torch.mps if available is not None and available() else None


def _always() -> bool:
    return True


def relaxed_capture() -> bool:
    """Take the calling thread out of CUDA graph captures; False where that cannot be done.

    In the default mode a call to the driver that is unsafe during a capture breaks the capture, whichever thread makes
    it. The agent must not, so without this it does not ask the driver.
    Source: cudaThreadExchangeStreamCaptureMode, CUDA Runtime API.
    """
    try:
        import ctypes

        library = ctypes.CDLL(None)
        exchange = getattr(library, "cudaThreadExchangeStreamCaptureMode", None) or getattr(
            library, "hipThreadExchangeStreamCaptureMode", None
        )
    except (ImportError, OSError):
        return False
    if exchange is None:
        return False
    mode = ctypes.c_int(2)  # cudaStreamCaptureModeRelaxed
    status: int = exchange(ctypes.byref(mode))
    return status == 0
