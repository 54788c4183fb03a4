"""Feeds the detector with what a target tells, in the order of time: samples, marks, evidence. Owner's thread.

Events come by other ways than samples: those of the past arrive before the samples that they lie between, a live one
may come a moment after the sample that followed it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from memgui.analysis.detector import Detector
from memgui.analysis.finding import Finding
from memgui.store.events import MarkedEvent

_WAITING = 10_000
# A mark that comes later than this after its place in time would be compared with the wrong samples.
_LATE_S = 1.0
# The detector's names for the rungs of `diagnose`.
_RUNGS = {
    "collect_garbage": "gc",
    "empty_device_cache": "device_cache",
    "empty_pinned_cache": "pinned_cache",
    "trim_heap": "trim",
}


class Judge:
    """One target's detector and what waits to be told to it."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._waiting: deque[MarkedEvent] = deque(maxlen=_WAITING)
        self._last_s = float("-inf")

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the rules say at present, the most urgent first."""
        return self._detector.findings

    def set_limit(self, name: str, limit_bytes: float, headroom_bytes: float, *, device: str | None = None) -> None:
        """Tell what binds."""
        self._detector.set_limit(name, limit_bytes, headroom_bytes, device=device)

    def note(self, event: MarkedEvent) -> None:
        """Take in an event; those that say nothing about growth are left out."""
        is_diagnosis = event.kind == "receipt" and event.data.get("action") == "diagnose"
        is_evidence = is_diagnosis or event.kind == "survivors"
        if event.kind != "mark" and not is_evidence:
            return
        if event.t_s > self._last_s:
            place = len(self._waiting)
            while place and self._waiting[place - 1].t_s > event.t_s:
                place -= 1
            if len(self._waiting) == _WAITING:
                self._waiting.popleft()
                place = max(place - 1, 0)
            self._waiting.insert(place, event)
        elif is_evidence or self._last_s - event.t_s <= _LATE_S:
            self._tell(event)

    def sample(self, t_s: float, step: int, values: Mapping[str, float | None]) -> None:
        """Take in a sample, after what happened before it."""
        while self._waiting and self._waiting[0].t_s <= t_s:
            self._tell(self._waiting.popleft())
        self._last_s = t_s
        self._detector.add(t_s, step, values)

    def _tell(self, event: MarkedEvent) -> None:
        if event.kind == "mark":
            self._detector.mark(event.t_s, event.step, event.text)
        elif event.kind == "survivors":
            self._tell_survivors(event)
        else:
            self._tell_diagnosis(event)

    def _tell_survivors(self, event: MarkedEvent) -> None:
        data = event.data
        count, size = data.get("per_step"), data.get("bytes_per_step")
        expected = data.get("expected_bytes_per_step")
        if isinstance(count, int | float) and isinstance(size, int | float):
            self._detector.take_survivors(
                event.t_s, event.step, count, size,
                device=str(data.get("device", "cpu")), has_graph=data.get("has_graph") is True,
                born=_text(data.get("born")),
                expected_bytes_per_step=expected if isinstance(expected, int | float) else 0.0,
            )  # fmt: skip

    def _tell_diagnosis(self, event: MarkedEvent) -> None:
        freed = freed_by_rung(event.data)
        details = event.data.get("details")
        cause = details.get("cause") if isinstance(details, Mapping) else None
        if freed:
            self._detector.take_diagnosis(event.t_s, event.step, freed, cause if isinstance(cause, str) else None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def freed_by_rung(receipt: Mapping[str, Any]) -> dict[str, float]:
    """What each rung that was climbed accounts for, in bytes; empty where the ladder was not climbed to its end."""
    details = receipt.get("details")
    if receipt.get("outcome") != "done" or not isinstance(details, Mapping) or "cause" not in details:
        return {}
    rungs = details.get("rungs")
    return {
        _RUNGS[rung["rung"]]: float(rung["freed_bytes"])
        for rung in (rungs if isinstance(rungs, list | tuple) else ())
        if isinstance(rung, Mapping) and rung.get("rung") in _RUNGS and isinstance(rung.get("freed_bytes"), int | float)
    }
