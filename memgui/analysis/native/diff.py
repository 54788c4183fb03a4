"""What changed between two reports of one tool. Any thread.

A leak that something still points to is none to the tools that look for lost memory; it shows as what grows from a
short run to a long one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from memgui.analysis.native.model import Frame, Report
from memgui.analysis.native.sites import KEPT_BYTES, Site, sites


@dataclass(frozen=True)
class Change:
    """A call that took memory in one report or both.

    Attributes:
        before_…, after_…: 0 where the report does not have it.
        caller: who called it, of the report that has more of it.
    """

    frame: Frame
    before_bytes: int
    after_bytes: int
    before_count: int
    after_count: int
    caller: Frame | None

    @property
    def grown_bytes(self) -> int:
        """More than before; negative for less."""
        return self.after_bytes - self.before_bytes

    @property
    def is_finding(self) -> bool:
        """Grew by so much that no cache explains it."""
        return self.grown_bytes >= KEPT_BYTES


def diff(before: Report, after: Report) -> tuple[Change, ...]:
    """The calls whose bytes differ, the largest growth first.

    A call is known by function, source and line, and by its library's name without the folder: the two runs may have
    been made in different environments.
    """
    old, new = _by_call(sites(before)), _by_call(sites(after))
    changes = (_change(old.get(call), new.get(call)) for call in {**new, **old})
    return tuple(sorted((one for one in changes if one.grown_bytes), key=lambda one: one.grown_bytes, reverse=True))


def _by_call(found: Iterable[Site]) -> dict[tuple[str, str, int | None, str], list[Site]]:
    calls: dict[tuple[str, str, int | None, str], list[Site]] = {}
    for site in found:
        frame = site.frame
        key = (frame.function, _name(frame.file), frame.line, "" if frame.file else _name(frame.module))
        calls.setdefault(key, []).append(site)
    return calls


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _change(old: list[Site] | None, new: list[Site] | None) -> Change:
    before, after = old or [], new or []
    larger = max((*after, *before), key=lambda site: site.bytes)
    return Change(
        larger.frame,
        sum(site.bytes for site in before),
        sum(site.bytes for site in after),
        sum(site.count for site in before),
        sum(site.count for site in after),
        larger.caller,
    )
