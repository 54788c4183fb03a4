"""A growth in words: numbers for people, a sentence, and evidence that a person can check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from memgui.analysis.events import Staircase
from memgui.analysis.growth import SEGMENTS, Growth
from memgui.analysis.kinds import Kind

_WITNESS_NAMES = {
    "host.heap_used_bytes": "Heap in use",
    "host.heap_kept_bytes": "Heap kept",
    "host.shmem_bytes": "Shared memory",
    "pinned.reserved_bytes": "Pinned memory",
    "tensors.live_bytes": "Memory of live tensors",
}
_COUNTS = {
    "python.blocks_count": "Python blocks",
    "tensors.live_count": "live tensors",
    "host.threads_count": "threads",
}


@dataclass(frozen=True)
class Words:
    """The parts of a finding that a person reads."""

    title: str
    sentence: str
    evidence: tuple[str, ...]


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
    kind: Kind,
    growth: Growth,
    shares: Mapping[str, float],
    *,
    limit_name: str | None = None,
    eta_s: float | None = None,
    slow: bool = False,
    stairs: Staircase | None = None,
) -> Words:
    """Title, sentence and evidence for a growth.

    Args:
        shares: what else rose, per byte of the growth.
        limit_name, eta_s: the limit and the time to it; None where none is known.
        slow: it would not get there within the horizon.
        stairs: the events that it follows, if it follows any.
    """
    title = f"Slow growth: {kind.title[0].lower()}{kind.title[1:]}" if slow else kind.title
    per_step = f"{size(growth.per_step.slope)} per step, " if growth.per_step else ""
    sentence = f"+{per_step}{size(growth.rate)}/s since step {growth.since_step}"
    if eta_s is not None:
        sentence += f"; the {limit_name}'s memory lasts another {duration(eta_s)}"
    if stairs is not None:
        after = f"per {stairs.name}" if stairs.name else f"every {duration(stairs.period_s)}"
        sentence = f"+{size(stairs.bytes_each)} {after}, {stairs.rose} of {stairs.times} times; {sentence}"
    evidence = [
        f"The lower envelope rose by {size(growth.grown)} in {duration(growth.seconds)}, in {growth.rising} of "
        f"{SEGMENTS - 1} parts of that time, and has not come back.",
        f"Between {size(growth.rate_low)}/s and {size(growth.rate_high)}/s, by parts of that time and the noise.",
    ]
    evidence += [
        f"{name} rose by {share:.0%} of it."
        for metric, name in _WITNESS_NAMES.items()
        if (share := shares.get(metric, 0.0)) > 0.1
    ]
    evidence += [
        f"{count:.3g} more {name} a second."
        for metric, name in _COUNTS.items()
        if (count := shares.get(metric, 0.0) * growth.rate) > 0.5
    ]
    return Words(title, sentence + ".", tuple(evidence))
