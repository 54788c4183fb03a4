"""What memory is made of: roles and counters of one moment as disjoint bands that add up to what the system says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from memgui.protocol.inspection import Composition
from memgui.protocol.metrics import device_of

ROLES = ("parameters", "gradients", "optimizer", "buffers", "activations", "other_tensors")
HOST = "host"
# Bytes that Python's arenas hold for each block handed out, a mean over what programs with torch hold: 91 to 97 by the
# interpreter's own report, with millions of floats 35 to 55. Blocks are 16 to 512 bytes.
PYTHON_BLOCK_BYTES = 96
# Places of host memory by the counter that reports their pages.
_HOST_PLACES = {"host": "host.anon_bytes", "shared": "host.shmem_bytes", "mapped": "host.file_bytes"}

TITLES = {
    "parameters": "Parameters",
    "gradients": "Gradients",
    "optimizer": "Optimizer state",
    "buffers": "Buffers",
    "activations": "Activations, saved",
    "other_tensors": "Other tensors",
    "python_heap": "Python heap",
    "libraries": "Libraries' own pages",
    "native_heap": "Heap in use, no tensors",
    "heap_kept": "Heap kept",
    "pinned_pool": "Pinned pool",
    "shared_memory": "Shared memory",
    "file_pages": "File pages",
    "private_pools": "Private pools",
    "reserved_free": "Reserved, not allocated",
    "context": "Context and communicators",
    "live": "Activations and other tensors",
    "unexplained": "Not explained",
    "not_resident": "Tensors not resident",
    "total": "Total",
}

Sizes = Mapping[str, float]
# A number of bytes, or an array of such.
Amount = Any


def title_of(name: str) -> str:
    """A band in words; the name itself where this version does not know it."""
    return TITLES.get(name, name)


@dataclass(frozen=True)
class Bands:
    """One memory, from the bottom band to the top.

    Attributes:
        place: "host" or a device such as "cuda.0".
        parts: name of a band, without `_bytes`, to bytes; empty bands are left out.
        unexplained_bytes: what the system reports beyond all bands.
        not_resident_bytes: tensors that were allocated beyond what the system reports, since nothing was written to
            them yet or they were swapped out.
        total_bytes: what the system reports: all parts + unexplained - not resident.
    """

    place: str
    parts: Mapping[str, int]
    unexplained_bytes: int
    total_bytes: int
    not_resident_bytes: int = 0


class _Remainder:
    """Memory that no band has taken yet; figures of one moment, or arrays of many."""

    def __init__(self, left: Amount, parts: dict[str, Amount]) -> None:
        self.left = left
        self.parts = parts

    def take(self, name: str, size: Amount) -> Amount:
        """Give a band what it asks for, as far as there is as much."""
        taken: Amount = np.minimum(np.maximum(size, 0.0), self.left)
        self.parts[name] = self.parts.get(name, 0.0) + taken
        self.left = self.left - taken
        return taken


def bands(composition: Composition, outside: Sizes | None = None) -> tuple[Bands, ...]:
    """The host's bands, then each device's.

    Args:
        outside: metrics that are read from outside the process, such as `{device}.process_used_bytes`.
    """
    counters = {**(outside or {}), **composition.counters}
    roles: dict[str, dict[str, float]] = {}
    for part in composition.roles:
        roles.setdefault(part.place, {})[part.role] = part.size_bytes
    places = [host_bands(roles, counters)]
    places += [device_bands(device, roles.get(device, {}), counters) for device in devices_in(counters)]
    return tuple(place for place in places if place is not None)


def devices_in(counters: Iterable[str]) -> list[str]:
    """Devices that there are counters of, in order."""
    found = {device_of(name) for name in counters if name.endswith(".reserved_bytes")}
    return [f"{backend}.{index}" for backend, index in sorted(pair for pair in found if pair is not None)]


def host_bands(roles: Mapping[str, Sizes], counters: Sizes) -> Bands | None:
    """Bands of the resident memory of the process; None where it is not known.

    Args:
        roles: bytes of tensors by place ("host", "shared", "mapped") and role.
        counters: metrics by name.
    """
    rss = counters.get("host.rss_bytes")
    if rss is None or counters.get("host.anon_bytes") is None:
        return None
    return _whole(HOST, host_amounts(roles, counters), rss)


def device_bands(device: str, roles: Sizes, counters: Sizes) -> Bands | None:
    """Bands of a device's memory that this process holds; None where its allocator was not read."""
    reserved = counters.get(f"{device}.reserved_bytes")
    if reserved is None or counters.get(f"{device}.allocated_bytes") is None:
        return None
    total = max(counters.get(f"{device}.process_used_bytes", 0.0), reserved)
    return _whole(device, device_amounts(device, roles, counters), total)


def host_amounts(roles: Mapping[str, Mapping[str, Amount]], counters: Mapping[str, Amount]) -> dict[str, Amount]:
    """Bands from the bottom to the top, "unexplained" and "not_resident" among them; figures, or arrays of them.

    Tensors are sure, Python's and the libraries' share are nearly so; what the heap has handed out and what it keeps
    may lie in pages that are not resident, so they take what is left, in this order.
    """
    parts: dict[str, Amount] = {}
    left: dict[str, Amount] = {}
    beyond: Amount = 0.0
    for role in ROLES:
        sizes = [found[role] for place, found in roles.items() if place in _HOST_PLACES and role in found]
        if sizes:
            parts[role] = sum(sizes)
    for place, counter in _HOST_PLACES.items():
        rest = counters.get(counter, 0.0) - sum(roles.get(place, {}).values())
        left[place] = np.maximum(rest, 0.0)
        beyond = beyond + np.maximum(-rest, 0.0)
    own = _Remainder(left["host"], parts)
    python = counters.get("python.blocks_count", 0.0) * PYTHON_BLOCK_BYTES
    if "host.unnamed_bytes" in counters:
        # Arenas are mappings without a name, and so are the heap's large blocks: no more can be Python's.
        python = np.minimum(python, counters["host.unnamed_bytes"] - counters.get("host.heap_mapped_bytes", 0.0))
    own.take("python_heap", python)
    own.take("libraries", counters.get("host.libraries_bytes", 0.0))
    own.take("native_heap", counters.get("host.heap_used_bytes", 0.0) - sum(roles.get("host", {}).values()))
    own.take("heap_kept", counters.get("host.heap_kept_bytes", 0.0))
    shared, mapped = _Remainder(left["shared"], parts), _Remainder(left["mapped"], parts)
    pinned = counters.get("pinned.reserved_bytes", 0.0) - counters.get("pinned.allocated_bytes", 0.0)
    for pages in (shared, mapped, own):
        pinned = pinned - pages.take("pinned_pool", pinned)
    shared.take("shared_memory", shared.left)
    mapped.take("file_pages", mapped.left)
    parts["unexplained"] = own.left
    parts["not_resident"] = beyond
    return parts


def device_amounts(device: str, roles: Mapping[str, Amount], counters: Mapping[str, Amount]) -> dict[str, Amount]:
    """As `host_amounts`, for a device.

    What the driver counts beyond the allocator's memory is the context, loaded kernels, libraries and communicators.
    """
    allocated, reserved = counters[f"{device}.allocated_bytes"], counters[f"{device}.reserved_bytes"]
    parts: dict[str, Amount] = {role: roles[role] for role in ROLES if role in roles}
    rest = allocated - sum(parts.values())
    cache = _Remainder(np.maximum(reserved - allocated, 0.0), parts)
    parts["unexplained"] = np.maximum(rest, 0.0)
    cache.take("private_pools", counters.get(f"{device}.private_pools_bytes", 0.0))
    cache.take("reserved_free", cache.left)
    parts["context"] = np.maximum(counters.get(f"{device}.process_used_bytes", 0.0) - reserved, 0.0)
    parts["not_resident"] = np.maximum(-rest, 0.0)
    return parts


def _whole(place: str, amounts: Mapping[str, Amount], total: float) -> Bands:
    sizes = {name: round(float(size)) for name, size in amounts.items()}
    unexplained, beyond = sizes.pop("unexplained"), sizes.pop("not_resident")
    return Bands(place, {name: size for name, size in sizes.items() if size > 0}, unexplained, round(total), beyond)


def document(composition: Composition, found: tuple[Bands, ...]) -> dict[str, object]:
    """What `memgui inspect … composition --json` prints: sums over all places, and each place."""
    sums: dict[str, int] = {f"{role}_bytes": 0 for role in (*ROLES, "heap_kept", "python_heap", "native_heap")}
    for place in found:
        for name, size in _figures(place).items():
            sums[name] = sums.get(name, 0) + size
    return {
        **sums,
        "places": {place.place: _figures(place) for place in found},
        "surplus": [{"kind": part.kind, "bytes": part.size_bytes, "text": part.text} for part in composition.surplus],
        "counters": dict(composition.counters),
        "step": composition.step,
        "pause_ms": composition.pause_ms,
        "complete": composition.complete,
        "reason": composition.reason,
    }


def _figures(place: Bands) -> dict[str, int]:
    figures = {f"{name}_bytes": size for name, size in place.parts.items()}
    figures["unexplained_bytes"] = place.unexplained_bytes
    figures["not_resident_bytes"] = place.not_resident_bytes
    figures["total_bytes"] = place.total_bytes
    return figures
