"""What memory is made of: roles and counters of one moment as disjoint bands that add up to what the system says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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
    "activations": "Activations and saved tensors",
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


@dataclass
class _Remainder:
    """Pages that no band has taken yet."""

    left: float
    parts: dict[str, int] = field(default_factory=dict)

    def take(self, name: str, size: float) -> float:
        """Give a band what it asks for, as far as there is as much."""
        taken = min(max(size, 0.0), self.left)
        if taken > 0:
            self.parts[name] = self.parts.get(name, 0) + round(taken)
            self.left -= taken
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

    Tensors are sure, Python's and the libraries' share are nearly so; what the heap has handed out and what it keeps
    may lie in pages that are not resident, so they take what is left, in this order.
    """
    rss, anon = counters.get("host.rss_bytes"), counters.get("host.anon_bytes")
    if rss is None or anon is None:
        return None
    parts: dict[str, int] = {}
    left: dict[str, float] = {}
    beyond = 0.0
    for place, counter in _HOST_PLACES.items():
        pages = anon if place == "host" else counters.get(counter, 0.0)
        tensors = {role: size for role, size in roles.get(place, {}).items() if size > 0}
        for role in tensors:
            parts[role] = parts.get(role, 0) + round(tensors[role])
        total = sum(tensors.values())
        beyond += max(0.0, total - pages)
        left[place] = max(0.0, pages - total)
    parts = {role: parts[role] for role in ROLES if role in parts}
    own = _Remainder(left["host"], parts)
    own.take("python_heap", counters.get("python.blocks_count", 0.0) * PYTHON_BLOCK_BYTES)
    own.take("libraries", counters.get("host.libraries_bytes", 0.0))
    heap_used = counters.get("host.heap_used_bytes")
    if heap_used is not None:
        own.take("native_heap", heap_used - sum(roles.get("host", {}).values()))
    own.take("heap_kept", counters.get("host.heap_kept_bytes", 0.0))
    pinned = counters.get("pinned.reserved_bytes", 0.0) - counters.get("pinned.allocated_bytes", 0.0)
    for place in ("shared", "mapped", "host"):
        pages_left = own if place == "host" else _Remainder(left[place], parts)
        pinned -= pages_left.take("pinned_pool", pinned)
        left[place] = pages_left.left
    _Remainder(left["shared"], parts).take("shared_memory", left["shared"])
    _Remainder(left["mapped"], parts).take("file_pages", left["mapped"])
    return Bands(HOST, parts, round(left["host"]), round(rss), round(beyond))


def device_bands(device: str, roles: Sizes, counters: Sizes) -> Bands | None:
    """Bands of a device's memory that this process holds; None where its allocator was not read.

    What the driver counts beyond the allocator's memory is the context, loaded kernels, libraries and communicators.
    """
    allocated = counters.get(f"{device}.allocated_bytes")
    reserved = counters.get(f"{device}.reserved_bytes")
    if allocated is None or reserved is None:
        return None
    tensors = {role: round(roles[role]) for role in ROLES if roles.get(role, 0) > 0}
    beyond = max(0, sum(tensors.values()) - allocated)
    live = _Remainder(max(0.0, allocated - sum(tensors.values())))
    cache = _Remainder(max(0.0, reserved - allocated), dict(tensors))
    cache.take("private_pools", counters.get(f"{device}.private_pools_bytes", 0.0))
    cache.take("reserved_free", cache.left)
    used = counters.get(f"{device}.process_used_bytes")
    parts = cache.parts
    if used is not None and used > reserved:
        parts["context"] = round(used - reserved)
    return Bands(device, parts, round(live.left), round(max(used or 0.0, reserved)), round(beyond))


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
