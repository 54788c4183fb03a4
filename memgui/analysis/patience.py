"""How long a growth must last before it rings: the longer it does, the less likely something only fills up.

Pure functions; docs/verdicts.md gives the reasons.
"""

from __future__ import annotations

from collections.abc import Mapping

from memgui.analysis.pyramid import Pyramid
from memgui.analysis.signals import HELD, HOST, subject_of
from memgui.analysis.track import SURE_S, Track

# So many times the usual time it takes where only free memory of the heap grows, which is used again sooner or later.
_KEPT_PATIENCE = 2.2
# And so many where more than a day is left to the limit; two days where two series show it.
_UNHURRIED, _UNHURRIED_DAYS, _SHOWN_TWICE_DAYS = 1.5, 1.0, 2.0
_DAY_S = 86400.0


def has_lasted(
    track: Track, tracks: Mapping[str, Track], pyramid: Pyramid, headroom_bytes: float, *, knows_held: bool
) -> bool:
    """A sure growth may ring: it has lasted, or cannot wait.

    Args:
        tracks: all judged series by their names.
        headroom_bytes: what can still be taken until the limit.
        knows_held: it is known how much is held without the heap's free memory.
    """
    assert track.growth is not None
    if track.name == HOST and knows_held and not tracks[HELD].is_sure:
        return track.has_lasted(pyramid, _KEPT_PATIENCE)
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
