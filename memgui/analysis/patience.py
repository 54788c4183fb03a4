"""How long a growth must last before it rings: the longer it does, the less likely something only fills up.

Pure functions; docs/verdicts.md gives the reasons.
"""

from __future__ import annotations

from collections.abc import Mapping

from memgui.analysis.kinds import MOST
from memgui.analysis.pyramid import Pyramid
from memgui.analysis.signals import subject_of
from memgui.analysis.track import SURE_S, Track

# So many times the usual time it takes where it is free memory of the heap that grows, which is used again sooner or
# later (what is held rings by itself), and where what is left of a fill goes on ever more slowly.
_PATIENT = 4.0
# And so many where more than a day is left to the limit; two days where two series show it.
_UNHURRIED, _UNHURRIED_DAYS, _SHOWN_TWICE_DAYS = 1.5, 1.0, 2.0
_DAY_S = 86400.0


def has_lasted(
    track: Track, tracks: Mapping[str, Track], pyramid: Pyramid, headroom_bytes: float, *, kept: float
) -> bool:
    """A sure growth may ring: it has lasted, or cannot wait.

    Args:
        tracks: all judged series by their names.
        headroom_bytes: what can still be taken until the limit.
        kept: the share of the growth that the heap keeps though it is free.
    """
    assert track.growth is not None
    hurried = headroom_bytes <= _UNHURRIED_DAYS * _DAY_S * track.growth.rate
    if kept > MOST or (not hurried and track.bends(pyramid)):
        return track.has_lasted(pyramid, _PATIENT)
    days = _SHOWN_TWICE_DAYS if _is_shown_twice(track, tracks) else _UNHURRIED_DAYS
    if headroom_bytes <= days * _DAY_S * track.growth.rate:
        return True
    # What had stopped before has taken longer than that already.
    return track.needed_s > SURE_S or track.has_lasted(pyramid, _UNHURRIED)


def _is_shown_twice(track: Track, tracks: Mapping[str, Track]) -> bool:
    """Another series about the same grows too."""
    subject = subject_of(track.name)
    return any(
        other.growth is not None and not other.has_stopped
        for name, other in tracks.items()
        if name != track.name and subject_of(name) == subject
    )
