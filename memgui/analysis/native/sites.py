"""Leaks by the call that took the memory: what a person goes through, the largest first. Any thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from memgui.analysis.native.fold import caller, is_import, reason, site
from memgui.analysis.native.model import ARENAS, DEFINITE, HIGH_WATER, INDIRECT, KINDS, REACHABLE, Frame, Leak, Report

# Below it, what the interpreter itself keeps, or what a tool cannot tell from memory in use, is no finding: caches,
# interned strings and modules, which every program keeps to its end.
KEPT_BYTES = 1 << 20
_IN_USE = frozenset((REACHABLE, HIGH_WATER))


@dataclass(frozen=True)
class Site:
    """All leaks that one call has taken.

    Attributes:
        frame: the call.
        caller: who called it, in the largest leak; None where nobody is known.
        callers: how many different ones called it.
        kinds: bytes by kind, in the order of `KINDS`.
        leaks: the largest first.
    """

    frame: Frame
    bytes: int
    count: int
    kinds: Mapping[str, int]
    leaks: tuple[Leak, ...]
    caller: Frame | None
    callers: int

    @property
    def is_plumbing(self) -> bool:
        """The interpreter or the allocator itself took it; no library's or script's own call is in the stack."""
        return bool(reason(self.frame))

    @cached_property
    def is_finding(self) -> bool:
        """Worth a person's time: lost for certain by a library's or script's call, or much of it and not by imports."""
        lost = self.kinds.get(DEFINITE, 0) + self.kinds.get(INDIRECT, 0)
        if lost and not self.is_plumbing:
            return True
        kept = sum(leak.bytes for leak in self.leaks if leak.kind not in _IN_USE and not is_import(leak.stack))
        return kept >= KEPT_BYTES and self.frame != ARENAS


def sites(report: Report) -> tuple[Site, ...]:
    """The report's leaks grouped by the call that took the memory, the largest first."""
    groups: dict[Frame, list[Leak]] = {}
    for leak in report.leaks:
        groups.setdefault(site(leak.stack), []).append(leak)
    found = [_site(frame, tuple(leaks)) for frame, leaks in groups.items()]
    return tuple(sorted(found, key=lambda one: one.bytes, reverse=True))


def has_findings(report: Report) -> bool:
    """A leak that is worth a person's time, or memory used wrongly."""
    return bool(report.faults) or any(site.is_finding for site in sites(report))


def _site(frame: Frame, leaks: tuple[Leak, ...]) -> Site:
    kinds = {kind: sum(leak.bytes for leak in leaks if leak.kind == kind) for kind in KINDS}
    callers = dict.fromkeys(found for leak in leaks if (found := caller(leak.stack)) is not None)
    return Site(
        frame,
        sum(leak.bytes for leak in leaks),
        sum(leak.count for leak in leaks),
        {kind: size for kind, size in kinds.items() if size},
        leaks,
        next(iter(callers), None),
        len(callers),
    )
