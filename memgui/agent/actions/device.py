"""Freeing what torch's caching allocators hold, on devices and in page-locked host memory."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, Optional

from memgui.agent import torch_access
from memgui.agent.actions.action import Action, Estimate, Outcome, Point
from memgui.agent.probes.accelerators import PinnedProbe
from memgui.protocol.errors import Problem

Modules = Optional[Mapping[str, Any]]


class _DeviceAction(Action):
    """What the actions on accelerators have in common: without a device in use they are not offered."""

    def __init__(self, modules: Modules = None) -> None:
        self._modules = modules

    def unavailable(self) -> Optional[str]:
        """No accelerator in use."""
        if torch_access.loaded("torch", self._modules) is None:
            return "torch is not imported in this process"
        if not any(True for _ in torch_access.initialised_backends(self._modules)):
            return "this run uses no accelerator (cuda or xpu): there is no device memory to act on"
        return None


class EmptyDeviceCache(_DeviceAction):
    """torch.cuda.empty_cache after a synchronize."""

    name = "empty_device_cache"
    title = "Empty device cache"
    description = (
        "Returns device memory that torch's caching allocator holds but does not use, so that others can have it. "
        "The next allocations are slower until the cache has filled again."
    )

    def estimate(self, params: Dict[str, Any]) -> Estimate:
        """Held, less what is in use and the free parts of segments that are in use."""
        kept = 0
        for device in torch_access.devices_in_use(self._modules):
            stats = device.stats()
            held, active, split = (
                stats.get(name, {}).get("all", {}).get("current", 0)
                for name in ("reserved_bytes", "active_bytes", "inactive_split_bytes")
            )
            kept += max(0, held - active - split)
        return Estimate(kept, None, ("Free segments of the device caches are returned to the driver.",))

    def frees(self, metric: str) -> bool:
        """Reserved memory of devices."""
        return metric.endswith(".reserved_bytes") and not metric.startswith("pinned.")

    def run(self, params: Dict[str, Any], point: Point, so_far: Outcome) -> Outcome:
        """Wait for the devices, then empty their caches."""
        for device in torch_access.devices_in_use(self._modules):
            device.module.synchronize(device.index)
        for _, module in torch_access.initialised_backends(self._modules):
            module.empty_cache()
        return Outcome()


class EmptyPinnedCache(_DeviceAction):
    """The caching host allocator's free blocks."""

    name = "empty_pinned_cache"
    title = "Empty pinned cache"
    description = (
        "Frees page-locked host memory that torch keeps for the next transfer. Transfers are slower until it is back."
    )

    def unavailable(self) -> Optional[str]:
        """No accelerator in use, or a torch without the call."""
        reason = super().unavailable()
        if reason is None and self._call() is None:
            return "this version of torch has no call that empties the cache of page-locked memory"
        return reason

    def estimate(self, params: Dict[str, Any]) -> Estimate:
        """Held less used, where torch counts them."""
        for _, module in torch_access.initialised_backends(self._modules):
            read = getattr(module, "host_memory_stats_as_nested_dict", None)
            used, held = PinnedProbe(read).read() if read is not None else (None, None)
            if used is not None and held is not None:
                return Estimate(max(0, int(held - used)), None, ("Free page-locked blocks are returned.",))
        return Estimate(None, None, ("Free page-locked blocks are returned.",))

    def frees(self, metric: str) -> bool:
        """Page-locked memory."""
        return metric == "pinned.reserved_bytes"

    def run(self, params: Dict[str, Any], point: Point, so_far: Outcome) -> Outcome:
        """Wait for the devices, then empty the host cache."""
        call = self._call()
        if call is None:
            raise Problem("torch has no call for it")
        for device in torch_access.devices_in_use(self._modules):
            device.module.synchronize(device.index)
        call()
        return Outcome()

    def _call(self) -> Optional[Callable[[], None]]:
        torch = torch_access.loaded("torch", self._modules)
        native = getattr(torch, "_C", None)
        found: Optional[Callable[[], None]] = getattr(getattr(torch, "accelerator", None), "empty_host_cache", None)
        return found or getattr(native, "_host_emptyCache", None)


class ResetPeaks(_DeviceAction):
    """torch.cuda.reset_peak_memory_stats."""

    name = "reset_peaks"
    title = "Reset peaks"
    description = (
        "Sets the allocators' peaks to the present level, to see the peak of what comes next. A script that reports "
        "its own peaks will report them from now on."
    )
    safe_point = False

    def estimate(self, params: Dict[str, Any]) -> Estimate:
        """Frees nothing."""
        return Estimate(0, 0.0, ("Allocated and reserved peaks start again at the present level.",))

    def run(self, params: Dict[str, Any], point: Point, so_far: Outcome) -> Outcome:
        """Reset them on every device in use."""
        for device in torch_access.devices_in_use(self._modules):
            device.module.reset_peak_memory_stats(device.index)
        return Outcome(freed_bytes=0)
