"""What the rungs of the ladder say together: which of them gave the memory back, and what that means. Pure functions.

The rung that frees the memory names the cause; where none does, it is truly held.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

COLLECT, DEVICE_CACHE, PINNED_CACHE, TRIM = (
    "collect_garbage",
    "empty_device_cache",
    "empty_pinned_cache",
    "trim_heap",
)
CYCLES, CACHED, PINNED, ARENAS, HELD = "cycles", "device_cache", "pinned_pool", "arenas", "held"

_CAUSES = {COLLECT: CYCLES, DEVICE_CACHE: CACHED, PINNED_CACHE: PINNED, TRIM: ARENAS}
_SENTENCES = {
    CYCLES: "Reference cycles: the memory was garbage that waited for Python's collector.",
    CACHED: "Fragmentation or cached device memory: torch's caching allocator kept it, no tensor used it.",
    PINNED: "The pinned pool: torch's host allocator kept page-locked memory that no transfer used.",
    ARENAS: "The C heap: freed memory that the allocator kept in its arenas.",
    HELD: "Truly held: something still refers to the memory, or native code never freed it.",
}
# What a healthy run gives back anyway: young garbage, the heap's free ends, what answering a viewer took.
_LITTLE_BYTES = 8 * 2**20
_LITTLE_RATIO = 0.02


@dataclass(frozen=True)
class Rung:
    """One rung as it went.

    Attributes:
        name: the action that it is.
        skipped: why it was not climbed; None where it was.
        cost_ms: how long the training thread was kept by it.
        freed: what each metric fell by during the rung, bytes; below 0 where it rose.
        details: what else its action told.
    """

    name: str
    step: int = -1
    skipped: Optional[str] = None
    cost_ms: float = 0.0
    freed: Mapping[str, float] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)

    def document(self, own_bytes: float) -> Dict[str, Any]:
        """As it stands in a receipt; `own_bytes` is what this rung alone accounts for."""
        if self.skipped is not None:
            return {"rung": self.name, "skipped": self.skipped}
        return {
            "rung": self.name,
            "step": self.step,
            "cost_ms": round(self.cost_ms, 3),
            "freed_bytes": int(own_bytes),
            "freed": {name: int(value) for name, value in self.freed.items() if value},
            **self.details,
        }


def own_bytes(rungs: Sequence[Rung]) -> Dict[str, float]:
    """What each climbed rung gave back that no rung before it had freed already.

    Collecting hands memory to the C heap and to the device caches, where it is free but kept until a later rung returns
    it: that part counts for the collector.
    """
    own: Dict[str, float] = {}
    heap_owed = device_owed = 0.0
    for rung in rungs:
        if rung.skipped is not None:
            continue
        anon = rung.freed.get("host.anon_bytes", 0.0)
        if rung.name == COLLECT:
            heap = rung.freed.get("host.heap_used_bytes", 0.0)
            device = _sum(rung.freed, ".allocated_bytes")
            own[rung.name] = max(heap, anon, 0.0) + max(device, 0.0)
            heap_owed = max(max(heap, 0.0) - max(anon, 0.0), 0.0)
            device_owed = max(max(device, 0.0) - max(_sum(rung.freed, ".reserved_bytes"), 0.0), 0.0)
        elif rung.name == DEVICE_CACHE:
            own[rung.name] = max(_sum(rung.freed, ".reserved_bytes") - device_owed, 0.0)
        elif rung.name == PINNED_CACHE:
            own[rung.name] = max(rung.freed.get("pinned.reserved_bytes", 0.0), 0.0)
        else:
            own[rung.name] = max(anon - heap_owed, 0.0)
    return own


def returned_bytes(rung: Rung) -> int:
    """What went back to the system, the drivers and the devices during a rung."""
    host = rung.freed.get("host.anon_bytes", 0.0)
    return int(host + _sum(rung.freed, ".reserved_bytes") + rung.freed.get("pinned.reserved_bytes", 0.0))


def cause_of(rungs: Sequence[Rung], level_bytes: float) -> Tuple[str, str]:
    """The cause in one word, and in sentences.

    Args:
        rungs: all of them, in the order in which they were climbed.
        level_bytes: host memory and reserved device memory at the start; what is little compared with it counts for
            nothing.
    """
    little = max(_LITTLE_BYTES, _LITTLE_RATIO * level_bytes)
    own = own_bytes(rungs)
    name = max(own, key=lambda rung: own[rung], default="")
    most = own.get(name, 0.0)
    cause = _CAUSES[name] if most >= little else HELD
    if cause != HELD:
        return cause, f"{_SENTENCES[cause]} It gave back {most / 2**20:.0f} MiB."
    sentences = [_SENTENCES[HELD], f"No way of freeing gave back more than {most / 2**20:.1f} MiB."]
    sentences += [f"Not tried: {rung.name} ({rung.skipped})." for rung in rungs if _may_hide_memory(rung)]
    return HELD, " ".join(sentences)


def _may_hide_memory(rung: Rung) -> bool:
    """A rung for accelerators that the run does not use hides nothing; the others might."""
    return rung.skipped is not None and rung.name in (COLLECT, TRIM)


def _sum(freed: Mapping[str, float], ending: str) -> float:
    return sum(value for name, value in freed.items() if name.endswith(ending) and not name.startswith("pinned."))
