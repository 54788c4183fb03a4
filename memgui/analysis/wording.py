"""A growth in words: numbers for people, a sentence, and evidence that a person can check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from memgui.analysis.events import Staircase
from memgui.analysis.growth import SEGMENTS, Growth
from memgui.analysis.kinds import Kind
from memgui.analysis.phrase import Phrase, Wording, phrase
from memgui.analysis.signals import WAITING

_WITNESS_NAMES = {
    "host.heap_used_bytes": phrase("Heap in use"),
    "host.heap_kept_bytes": phrase("Heap kept"),
    "host.shmem_bytes": phrase("Shared memory"),
    "pinned.reserved_bytes": phrase("Pinned memory"),
    "tensors.live_bytes": phrase("Memory of live tensors"),
}
_COUNTS = {
    "python.blocks_count": phrase("Python blocks"),
    "tensors.live_count": phrase("live tensors"),
    "host.threads_count": phrase("threads"),
}
# So many objects a second more wait only where nothing collects the youngest: it holds some hundreds else.
_WAITING_MORE = 10.0
_LIMITS = {"machine": phrase("machine"), "cgroup": phrase("control group"), "device": phrase("device")}


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
    has_stopped: bool = False,
    stairs: Staircase | None = None,
) -> Wording:
    """Title, sentence and evidence for a growth.

    Args:
        shares: what else rose, per byte of the growth.
        limit_name, eta_s: the limit and the time to it; None where none is known.
        slow: it would not get there within the horizon.
        has_stopped: it grows no longer, and gets nowhere.
        stairs: the events that it follows, if it follows any.
    """
    title = phrase("Slow growth: {what}", what=replace(kind.title, inside=True)) if slow else kind.title
    rate = phrase("+{rate}/s", rate=size(growth.rate))
    if growth.per_step is not None:
        rate = phrase("+{step_rate} per step, {rate}/s", step_rate=size(growth.per_step.slope), rate=size(growth.rate))
    step = str(growth.since_step)
    if has_stopped:
        lasted = _lasting(growth.seconds)
        said = phrase("{rate} from step {step} on for {time}; it has stopped", rate=rate, step=step, time=lasted)
    else:
        said = phrase("{rate} since step {step}", rate=rate, step=step)
        if eta_s is not None and limit_name is not None:
            limit = _LIMITS.get(limit_name, limit_name)
            said = phrase(
                "{grows}; the {limit}'s memory lasts another {time}", grows=said, limit=limit, time=_lasting(eta_s)
            )
    if stairs is not None:
        after = phrase("per {event}", event=stairs.name)
        if not stairs.name:
            after = phrase("every {time}", time=_lasting(stairs.period_s))
        said = phrase(
            "+{size} {after}, {rose} of {times} times; {grows}",
            size=size(stairs.bytes_each), after=after, rose=str(stairs.rose), times=str(stairs.times), grows=said,
        )  # fmt: skip
    return Wording(title, phrase("{said}.", said=said), tuple(_evidence(growth, shares)), kind.advice)


def _evidence(growth: Growth, shares: Mapping[str, float]) -> Iterator[Phrase]:
    if growth.grown > 0:
        yield phrase(
            "The lower envelope rose by {size} in {time}, in {rising} of {parts} parts of that time, and has not come "
            "back.",
            size=size(growth.grown), time=_lasting(growth.seconds), rising=str(growth.rising), parts=str(SEGMENTS - 1),
        )  # fmt: skip
    else:
        yield phrase(
            "What had grown was given back: the lower envelope is {size} below where it began.",
            size=size(-growth.grown),
        )
    yield phrase(
        "Between {low}/s and {high}/s, by parts of that time and the noise.",
        low=size(growth.rate_low), high=size(growth.rate_high),
    )  # fmt: skip
    for metric, name in _WITNESS_NAMES.items():
        if (share := shares.get(metric, 0.0)) > 0.1:
            yield phrase("{name} rose by {share} of it.", name=name, share=f"{share:.0%}")
    for metric, name in _COUNTS.items():
        if (count := shares.get(metric, 0.0) * growth.rate) > 0.5:
            yield phrase("{count} more {name} a second.", count=_count(count), name=name)
    if (count := shares.get(WAITING, 0.0) * growth.rate) > _WAITING_MORE:
        yield phrase(
            "{count} more objects a second wait for the collector, which has not run in that time: it may be garbage.",
            count=_count(count),
        )


def _count(number: float) -> str:
    return f"{number:,.0f}" if number >= 1000 else f"{number:.3g}"


def _lasting(seconds: float) -> str | Phrase:
    """A duration whose unit is a word is translated."""
    text = duration(seconds)
    return phrase("{n} days", n=text.removesuffix(" days")) if text.endswith(" days") else text
