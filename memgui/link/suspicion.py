"""When a growth is worth a survivor watch: once for each that is suspected, never for what survivors cannot explain.

For the window and for commands, which ask it about what they see of a target and send what it says. A watch that
somebody else has armed, from a terminal or another window, stands among the target's events and counts as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from memgui.analysis import kinds
from memgui.analysis.finding import RESOLVED, Finding
from memgui.link.batch import CONNECTED
from memgui.link.target import LiveTarget
from memgui.protocol.watch import WatchParams

# With so many sampled steps it ends, enough to say that nothing survives; where steps are long, after this time.
SAMPLES, LONGEST_S = 6, 120.0
# So long no other watch is armed by itself, whatever is found.
AGAIN_S = 600.0
_TENSORS = frozenset(kind.word for kind in (kinds.TENSOR, kinds.GRAPH, kinds.NATIVE))


class Suspicion:
    """Remembers for which growth of one target a watch was armed. Single-threaded."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._armed: dict[tuple[str, str], float] = {}

    def consider(self, target: LiveTarget, hides: Callable[[Finding], bool] | None = None) -> WatchParams | None:
        """What to ask the target for; None where there is no reason to, or there was a watch for it.

        Args:
            hides: what a person wants to hear nothing of is no reason.
        """
        now_s = self._clock()
        if target.state != CONNECTED or target.recording is not None or now_s - self._last_s(target) < AGAIN_S:
            return None
        for finding in target.findings:
            ident = (finding.rule, finding.metric)
            known_s = self._armed.get(ident)
            # What began after the last watch is another growth.
            is_new = known_s is None or finding.since_s > known_s
            if is_suspect(finding) and is_new and not (hides is not None and hides(finding)):
                self._armed[ident] = now_s
                return WatchParams(seconds=LONGEST_S, samples=SAMPLES, cause=finding.metric)
        return None

    def _last_s(self, target: LiveTarget) -> float:
        watched = last_watch(target)
        return max([*self._armed.values(), watched[0] if watched is not None else 0.0], default=0.0)


def is_suspect(finding: Finding) -> bool:
    """Tensors that outlive their step may be what grows, and nobody has counted them."""
    return (
        finding.state != RESOLVED
        and finding.kind in _TENSORS
        and "survivors" not in finding.signals
        and finding.event is None
        and not finding.expected
    )


def last_watch(target: LiveTarget) -> tuple[float, Mapping[str, Any]] | None:
    """When the survivor watch last began or ended, and what was told of it."""
    found = [event for event in target.timeline.events if event.kind == "watch"]
    return (found[-1].t_s, found[-1].data) if found else None
