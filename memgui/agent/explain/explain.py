"""`inspect.explain`: look, wait some steps, look again, and say who holds what is new and still there."""

from __future__ import annotations

import time
from typing import Any, Callable, List, Optional, Tuple

from memgui.agent import torch_access
from memgui.agent.actions.action import Point
from memgui.agent.declared import Declared
from memgui.agent.events import Events
from memgui.agent.explain import graph, growth, loaders, look
from memgui.agent.explain.births import Births
from memgui.agent.explain.suspects.case import Evidence
from memgui.agent.explain.suspects.found import suspects
from memgui.agent.inspect.birthplaces import Birthplaces
from memgui.agent.inspect.budget import Budget
from memgui.agent.inspect.inspection import Inspection, Task
from memgui.protocol.errors import Refused
from memgui.protocol.explanation import ExplainParams, Explanation, Suspect
from memgui.protocol.inspection import Inspected

_RECORDED_STEPS = 10
_RECORDED_S = 1.0
_SHORTEST_S = 2.0
_FEWEST = 2
_HEAP_SAMPLES = 600

HeapReader = Callable[[], Tuple[int, int]]


class Explain(Inspection):
    """Who holds what grows, and which line made it."""

    method = "inspect.explain"
    params = ExplainParams

    def __init__(self, heap: Optional[HeapReader], events: Events, births: Birthplaces, declared: Declared) -> None:
        self._heap = heap
        self._events = events
        self._births = births
        self._declared = declared

    def task(self, asked: Any) -> Task:
        """One explanation."""
        return _Explaining(asked, self._heap, self._events, self._births, self._declared)


class _Explaining(Task):
    """Three looks: before, one step before the end, and at the end. What the second found anew and the third finds
    again was born meanwhile and has outlived a whole step."""

    def __init__(
        self,
        asked: ExplainParams,
        heap: Optional[HeapReader],
        events: Events,
        birthplaces: Birthplaces,
        declared: Declared,
    ) -> None:
        self._asked = asked
        self._heap = heap
        self._events = events
        self._birthplaces = birthplaces
        self._declared = declared
        self._births = Births()
        self._first: Optional[look.Look] = None
        self._second: Optional[look.Look] = None
        self._recorded_since: Tuple[int, float] = (0, 0.0)
        # Two lists of numbers: tuples would be objects that grow in the next look.
        self._heap_steps: List[int] = []
        self._heap_bytes: List[int] = []
        self._steps = 0

    def visit(self, point: Point, budget: Budget) -> Optional[Inspected]:
        """The next of the looks, or only a reading of the heap."""
        torch = torch_access.loaded("torch")
        if torch is None:
            raise Refused("torch is not imported in this process", "ask again once it trains")
        with torch._C.DisableTorchFunction():
            if self._first is None:
                self._first = self._look(torch, point)
            elif self._second is None:
                self._between(torch, point)
            else:
                return self._last(torch, point, budget)
        if self._asked.births and self._second is None and not self._recorded_since[0]:
            self._recorded_since = (point.step, time.monotonic())
            self._births.arm(torch)
        return None

    def so_far(self) -> str:
        """Steps since the first look."""
        return f"{self._steps} steps after the first" if self._first is not None else ""

    def drop(self) -> None:
        """Record nothing more."""
        self._births.quiet()

    def end(self) -> None:
        """Take the recorder away."""
        torch = torch_access.loaded("torch")
        if torch is not None and not self._births.disarm(torch):
            self._births.quiet()

    def _look(self, torch: Any, point: Point) -> look.Look:
        taken = look.take(look.everything(torch), point.step, self._first)
        taken.children = loaders.children_bytes()
        taken.sequence = graph.sequence_now(torch)
        return taken

    def _between(self, torch: Any, point: Point) -> None:
        first = self._first
        assert first is not None
        now_s = time.monotonic()
        step, since_s = self._recorded_since
        recorded = point.step - step >= _RECORDED_STEPS or now_s - since_s > _RECORDED_S
        room = self._heap is not None and len(self._heap_steps) < _HEAP_SAMPLES
        if recorded and self._births.disarm(torch) and self._heap is not None and room:
            self._heap_steps.append(point.step)
            self._heap_bytes.append(self._heap()[0])
        self._steps = point.step - first.step
        steps, waited_s = self._steps, now_s - first.t_s
        enough = steps >= self._asked.steps and waited_s >= min(_SHORTEST_S, self._asked.seconds)
        if enough or (waited_s >= self._asked.seconds and steps >= _FEWEST):
            self._births.disarm(torch)
            self._second = self._look(torch, point)

    def _last(self, torch: Any, point: Point, budget: Budget) -> Explanation:
        first, second = self._first, self._second
        assert first is not None
        assert second is not None
        steps = max(1, second.step - first.step)
        heap = list(zip(self._heap_steps, self._heap_bytes))
        declared = frozenset(map(id, self._declared.holders()))
        evidence = Evidence(torch, first, second, steps, self._births, heap, loaders.children_bytes(), declared)
        alive = look.everything(torch)
        found = suspects(alive, evidence, budget)
        for one in reversed(found):
            self._birthplaces.note(one.shape, one.dtype, one.device, one.born)
        self._post(found)
        return Explanation(
            suspects=found,
            steps=steps,
            seconds=round(time.monotonic() - first.t_s, 3),
            types=growth.types_grown(alive, first, second, point.step - first.step, len(self._births.lines)),
            births=self._births.why_not if self._asked.births else "not asked for",
        )

    def _post(self, found: Tuple[Suspect, ...]) -> None:
        """The census for whoever judges the curves: what survives with each step, by device."""
        kept = [one for one in found if one.kind not in ("python", "workers", "native")]
        for device in sorted({one.device or "cpu" for one in kept}) or ["cpu"]:
            all_here = [one for one in kept if (one.device or "cpu") == device]
            here = [one for one in all_here if not one.expected]
            data = {
                "device": device.replace(":", "."),
                "per_step": sum(one.count_per_step or 0.0 for one in here),
                "bytes_per_step": sum(one.per_step or 0.0 for one in here),
                "has_graph": any(one.kind == "graph" for one in here),
                "born": here[0].born if here else None,
                "expected_bytes_per_step": sum(one.per_step or 0.0 for one in all_here if one.expected),
            }
            text = "".join(here[0].holder) if here else "no tensor outlives its step"
            self._events.post("survivors", text, data)
