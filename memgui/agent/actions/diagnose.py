"""The ladder: free what can be freed, one rung a step boundary, and see which rung gave the memory back."""

from __future__ import annotations

import gc
import time
from typing import Any, Callable, Dict, Optional, Sequence, Tuple

from memgui.agent.actions.action import Action, Estimate, Outcome, Point
from memgui.agent.actions.ladder import COLLECT, Rung, cause_of, own_bytes, returned_bytes

ReadBytes = Callable[[], Dict[str, float]]
# Where steps take longer than this, the pauses of the rungs are nothing beside them, and whoever asked would wait long.
_SLOW_STEP_S = 3.0
_NOT_FREED = ("_peak_bytes", "device_used_bytes", "device_total_bytes")
# What the ladder has climbed, and memory at its start.
_State = Tuple[Tuple[Rung, ...], float]


class Diagnose(Action):
    """Garbage collector, device cache, pinned cache, heap trim, each measured by itself.

    Every rung is an action of its own; one that is unavailable here is skipped and says why. Between two rungs
    training takes a step, so that no pause is longer than the longest rung; where steps are slow, all are climbed at
    one boundary.
    """

    name = "diagnose"
    title = "Diagnose growth"
    group = "diagnose"
    description = (
        "Frees what can be freed, one way at each of the next step boundaries, and measures what each gives back: "
        "collecting garbage, emptying the device cache and the pinned cache, trimming the heap. The way that frees the "
        "memory names the cause; if none does, something truly holds it. The model is not touched."
    )

    def __init__(self, rungs: Sequence[Action], read_bytes: ReadBytes, last_step_s: Callable[[], float]) -> None:
        """`rungs` in the order in which they are climbed; `read_bytes` reads the counters on any thread."""
        self._rungs = tuple(rungs)
        self._read_bytes = read_bytes
        self._last_step_s = last_step_s

    def estimate(self, params: Dict[str, Any]) -> Estimate:
        """The price of each rung, and which will be left out; what they free is what the ladder is to find out."""
        pauses, lines = [], []
        for rung in self._rungs:
            reason = _obstacle(rung)
            if reason is not None:
                lines.append(f"{rung.title}: left out, {reason}.")
                continue
            pause_ms = rung.estimate({}).pause_ms
            pauses.append(pause_ms)
            price = "a pause not known beforehand" if pause_ms is None else f"a pause of about {pause_ms:g} ms"
            lines.append(f"{rung.title}: {price}.")
        known = [pause for pause in pauses if pause is not None]
        return Estimate(None, round(sum(known), 1) if len(known) == len(pauses) else None, tuple(lines))

    def run(self, params: Dict[str, Any], point: Point, so_far: Outcome) -> Outcome:
        """Climb the next rung, and those after it that have to be skipped."""
        climbed, level = so_far.state or ((), _level(self._read_bytes()))
        slow = self._last_step_s() > _SLOW_STEP_S
        now: Tuple[Rung, ...] = ()
        for action in self._rungs[len(climbed) :]:
            reason = _obstacle(action)
            rung = Rung(action.name, skipped=reason) if reason is not None else None
            if rung is None and not slow and any(done.skipped is None for done in now):
                break
            now += (rung or self._climb(action, point),)
        climbed += now
        complete = len(climbed) == len(self._rungs)
        own = own_bytes(climbed)
        details: Dict[str, Any] = {"rungs": [rung.document(own.get(rung.name, 0.0)) for rung in climbed]}
        if complete:
            details["cause"], details["cause_text"] = cause_of(climbed, level)
        state: _State = (climbed, level)
        return Outcome(sum(map(returned_bytes, now)), details, complete, state)

    def _climb(self, action: Action, point: Point) -> Rung:
        before = self._read_bytes()
        begin = time.perf_counter()
        outcome = action.run({}, point, Outcome())
        cost_ms = (time.perf_counter() - begin) * 1e3
        after = self._read_bytes()
        freed = {name: before[name] - after[name] for name in before if name in after and not name.endswith(_NOT_FREED)}
        return Rung(action.name, point.step, None, cost_ms, freed, outcome.details)


def _obstacle(rung: Action) -> Optional[str]:
    reason = rung.unavailable()
    if reason is None and rung.name == COLLECT and gc.get_debug() & gc.DEBUG_SAVEALL:
        return "gc.DEBUG_SAVEALL is set in this process, so the collector would keep what it finds"
    return reason


def _level(values: Dict[str, float]) -> float:
    names = [name for name in values if name == "host.anon_bytes" or name.endswith(".reserved_bytes")]
    return sum(values[name] for name in names)
