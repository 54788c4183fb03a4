"""Starts and stops the one survivor watch of a process; on the agent's thread, save for the end of a watch."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Callable, FrozenSet, Optional

from memgui.agent.events import Events
from memgui.agent.inspect.birthplaces import Birthplaces
from memgui.agent.inspect.look import NOBODY, Look
from memgui.agent.safepoint import SafePoints
from memgui.protocol.watch import Watching, WatchParams, WatchReport
from memgui.protocol.wire import WireError, to_wire

if TYPE_CHECKING:
    from memgui.agent.explain.watch import Watch

_LONGEST_S = 3600.0
_SHARE = (0.001, 0.2)
# So many sampled steps are evidence: of what survives, and that nothing does.
_SURE, _SURE_OF_NOTHING = 3, 6


class Watcher:
    """There is at most one watch at a time."""

    def __init__(
        self,
        safe_points: SafePoints,
        events: Events,
        known: Callable[[], FrozenSet[int]],
        declared: Callable[[], FrozenSet[int]],
        births: Birthplaces,
    ) -> None:
        self._safe_points = safe_points
        self._events = events
        self._known = known
        self._declared = declared
        self._births = births
        self._look: Optional[Look] = None
        self._watch: Optional[Watch] = None

    def start(self, asked: WatchParams) -> Optional[Watching]:
        """Begin, or tell of the watch that is on; None where too much waits for step boundaries.

        Raises:
            WireError: the parameters are wrong.
        """
        if not (math.isfinite(asked.seconds) and math.isfinite(asked.share)) or asked.outlive < 1:
            raise WireError("WatchParams: expected finite numbers, and outlive of at least 1")
        if self._look is not None:
            return Watching(self._look.deadline_s, already=True)
        now_s = time.monotonic()
        kept = replace(
            asked,
            seconds=min(_LONGEST_S, max(1.0, asked.seconds)),
            share=min(_SHARE[1], max(_SHARE[0], asked.share)),
            samples=None if asked.samples is None else max(1, asked.samples),
        )
        from memgui.agent.explain.watch import Watch  # a run that nobody watches does not pay for it

        watch = Watch(kept, self._known, self._declared, self._ended)
        look = Look(watch, "watch.start", 0.0, NOBODY, NOBODY, now_s, now_s + kept.seconds, _ignore)
        if not self._safe_points.submit(look):
            return None
        self._look, self._watch = look, watch
        text = f"survivor watch on for {kept.seconds:g} s, at most {kept.share * 100:g} % of the step time"
        if kept.cause is not None:
            text += f", since {kept.cause} is suspected to grow"
        self._events.post("watch", text, {"on": True, "until_s": look.deadline_s, "cause": kept.cause})
        return Watching(look.deadline_s)

    def stop(self) -> WatchReport:
        """End it, and tell what it found; an empty report where none was on."""
        look, watch = self._look, self._watch
        if look is None or watch is None:
            return WatchReport(reason="no survivor watch was on")
        self._safe_points.expire(lambda errand: "it was stopped" if errand is look else None, "refused")
        # A training thread may be inside a visit just now: then it ends at the next one.
        watch.drop()
        return watch.report()

    def _ended(self, report: WatchReport) -> None:
        self._look = self._watch = None
        for one in reversed(report.survivors):
            self._births.note(one.shape, one.dtype, one.device, one.born)
        most = report.survivors[0] if report.survivors else None
        found = f"{len(report.survivors)} groups of survivors" if most is not None else "nothing outlived its step"
        text = f"survivor watch off: {found} in {report.sampled_steps} sampled steps"
        self._events.post("watch", text, {"on": False, **to_wire(report)})
        if report.sampled_steps >= (_SURE if report.survivors else _SURE_OF_NOTHING):
            from memgui.agent.explain.survivors import census  # imported by the watch already

            for data in census(report.survivors):
                self._events.post("survivors", f"{found}, {data['device']}", data)


def _ignore(_pause_ms: float) -> None:
    """The watch measures its own cost."""
