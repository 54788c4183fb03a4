"""Reaching torch through `sys.modules`: it is never imported, and only devices that the run uses are touched."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Optional, Tuple

_BACKENDS = ("cuda", "xpu")


def loaded(name: str, modules: Optional[Mapping[str, Any]] = None) -> Any:
    """The module if it is imported to its end, else None."""
    module = (sys.modules if modules is None else modules).get(name)
    spec = getattr(module, "__spec__", None)
    return None if module is None or getattr(spec, "_initializing", False) else module


@dataclass(frozen=True)
class Device:
    """An accelerator that this process uses.

    Attributes:
        module: the backend's module, such as `torch.cuda`.
    """

    backend: str
    index: int
    module: Any

    @property
    def prefix(self) -> str:
        """Start of its metrics' names, such as "cuda.0"."""
        return f"{self.backend}.{self.index}"

    def stats(self) -> Mapping[str, Any]:
        """The caching allocator's counters, nested."""
        found: Mapping[str, Any] = self.module.memory_stats_as_nested_dict(self.index)
        return found

    def title(self) -> str:
        """Such as "cuda:0 NVIDIA H100 80GB HBM3"."""
        return f"{self.backend}:{self.index} {self.module.get_device_name(self.index)}"


def initialised_backends(modules: Optional[Mapping[str, Any]] = None) -> Iterator[Tuple[str, Any]]:
    """Name and module of each backend that the run has initialised."""
    torch = loaded("torch", modules)
    for name in _BACKENDS:
        module = getattr(torch, name, None)
        if module is not None and module.is_initialized():
            yield name, module


def devices_in_use(modules: Optional[Mapping[str, Any]] = None) -> Tuple[Device, ...]:
    """The devices on which this process has ever allocated memory."""
    found = []
    for name, module in initialised_backends(modules):
        for index in range(module.device_count()):
            device = Device(name, index, module)
            reserved = device.stats().get("reserved_bytes", {}).get("all", {})
            if reserved.get("peak", 0) or reserved.get("current", 0):
                found.append(device)
    return tuple(found)
