"""What is left after each event of a kind: growth in steps that follow marks, or a period found in the data."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

import numpy as np

from memgui.analysis.pyramid import Floats

_KINDS = 8
_TIMES = 128
_NEEDED = 5
_MOST = 0.7
_POSITIVE = 0.8
_REGULAR = 0.35
_NUMBER = re.compile(r"[\s:=#._-]*\d[\d.,]*")


@dataclass(frozen=True)
class Staircase:
    """Growth that comes in steps: after `name`, `rose` of `times` times, so many bytes each."""

    name: str
    rose: int
    times: int
    bytes_each: float
    period_s: float


class Marks:
    """When things happened, by their name without its number; bounded in kinds and times."""

    def __init__(self) -> None:
        self._times: dict[str, deque[float]] = {}

    def add(self, t_s: float, text: str) -> None:
        """Note an event; names beyond the first eight kinds are left out."""
        name = _NUMBER.sub("", text)[:40].strip().lower() or text[:40]
        if name not in self._times and len(self._times) >= _KINDS:
            return
        self._times.setdefault(name, deque(maxlen=_TIMES)).append(t_s)

    def staircase(self, t: Floats, floor: Floats) -> Staircase | None:
        """The kind of event that explains the growth; None where none does.

        Args:
            t, floor: begin of each block and the level that is never undershot later, float64[n].
        """
        best: Staircase | None = None
        for name, times in self._times.items():
            found = _after(name, np.array(times), t, floor)
            if found is not None and (best is None or found.times * found.bytes_each > best.times * best.bytes_each):
                best = found
        return best or _periodic(t, floor)


def _after(name: str, times: Floats, t: Floats, floor: Floats) -> Staircase | None:
    times = times[(times > t[0]) & (times < t[-1])]
    at = np.unique(np.searchsorted(t, times, side="right") - 1)
    # A mark may be set before or after what it marks: from the block before it to the one after the next.
    at = at[(at > 0) & (at + 2 < len(t))]
    if len(at) < _NEEDED or len(at) * 4 > len(t):
        return None
    rises = floor[at + 2] - floor[at - 1]
    grown = float(floor[-1] - floor[0])
    rose = int((rises > 0.2 * rises.mean()).sum())
    if float(rises.sum()) < _MOST * grown or rose < _POSITIVE * len(at):
        return None
    return Staircase(name, rose, len(at), float(rises.sum()) / len(at), float(np.median(np.diff(times))))


def _periodic(t: Floats, floor: Floats) -> Staircase | None:
    rises = np.diff(floor)
    large = np.flatnonzero(rises > 0.25 * rises.max())
    # A step that falls on the border of two blocks counts once.
    starts = large[np.diff(large, prepend=-2) > 1]
    if len(starts) < _NEEDED or len(starts) * 4 > len(t):
        return None
    apart = np.diff(t[starts])
    if float(rises[large].sum()) < _MOST * float(floor[-1] - floor[0]) or apart.std() > _REGULAR * apart.mean():
        return None
    each = float(rises[large].sum()) / len(starts)
    return Staircase("", len(starts), len(starts), each, float(np.median(apart)))
