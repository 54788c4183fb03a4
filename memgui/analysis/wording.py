"""A growth in words: what kind of memory it is, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from memgui.analysis.growth import SEGMENTS, Growth

# A live small Python object takes about this much, its header and its share of a pool included.
_BYTES_PER_BLOCK = 64.0


@dataclass(frozen=True)
class Words:
    """The parts of a finding that a person reads."""

    kind: str
    title: str
    sentence: str
    evidence: tuple[str, ...]
    advice: str
    action: str | None


def size(number: float) -> str:
    """Bytes in binary units, three digits: 3.0 MiB."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(number) < 1000:
            return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"


def duration(seconds: float) -> str:
    """Rounded to what matters: 38 s, 12 min, 5.3 h, 9 days."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86_400:.0f} days"


def describe(
    metric: str, growth: Growth, shares: Mapping[str, float], state: str, limit_name: str | None, eta_s: float | None
) -> Words:
    """Kind, title, sentence, evidence and advice for a growth of `metric`.

    Args:
        shares: what rose along, as a share of the growth; blocks of Python per byte of growth.
    """
    kind, title, advice, action = _kind(metric, shares)
    if eta_s is not None and eta_s > 7 * 86_400:
        title = f"Slow growth: {title[0].lower()}{title[1:]}"
    per_step = f"{size(growth.per_step)} per step, " if growth.per_step else ""
    sentence = f"+{per_step}{size(growth.rate)}/s since step {growth.since_step}"
    if eta_s is not None:
        sentence += f"; the {limit_name}'s memory lasts another {duration(eta_s)}"
    evidence = [
        f"The lower envelope rose by {size(growth.grown)} in {duration(growth.seconds)}, in {growth.rising} of "
        f"{SEGMENTS - 1} parts of that time, and has not come back.",
        f"Between {size(growth.rate_low)}/s and {size(growth.rate_high)}/s, by parts of the interval.",
    ]
    names = {
        "host.heap_used_bytes": "heap in use",
        "host.heap_kept_bytes": "heap kept",
        "host.shmem_bytes": "shared memory",
    }
    evidence += [f"{names[name].capitalize()} rose by {share:.0%} of it." for name, share in shares.items()
                 if name in names and share > 0.1]  # fmt: skip
    return Words(kind, title, sentence + ".", tuple(evidence), advice, action)


def _kind(metric: str, shares: Mapping[str, float]) -> tuple[str, str, str, str | None]:
    if metric.startswith("children."):
        return (
            "workers",
            "Loader workers keep growing",
            "Look for Python objects that a Dataset collects; keep its data in arrays or tensors.",
            None,
        )
    if not metric.startswith("host."):
        return (
            "tensors",
            "Device tensors are never released",
            "Look for outputs or losses that are kept with their graph; detach() or item() what is kept.",
            "collect_garbage",
        )
    python = shares.get("python.blocks_count", 0.0) * _BYTES_PER_BLOCK
    if shares.get("host.shmem_bytes", 0.0) > 0.6:
        return (
            "shared memory",
            "Shared memory is never released",
            "Look for batches of loader workers that are kept; clone() what is kept.",
            "collect_garbage",
        )
    if shares.get("host.heap_kept_bytes", 0.0) > 0.6:
        return (
            "arenas",
            "The C heap keeps freed memory",
            "It is free memory that the allocator holds back; trimming the heap returns it.",
            "trim_heap",
        )
    if python > 0.4:
        return (
            "python",
            "Python objects pile up",
            "Look for lists, dicts and caches that only grow.",
            "collect_garbage",
        )
    return (
        "tensors, graph or native",
        "Host memory is never released",
        "Look for tensors or losses that are kept from step to step; detach() or item() what is kept.",
        "collect_garbage",
    )
