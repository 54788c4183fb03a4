"""The survivor watch: in a sample of steps births are recorded, and tensors that outlive some steps are counted.

It stands in the queue of the safe point, is visited at every step boundary, and ends by itself. One step of many
records, as its share of the time allows; between them a visit costs microseconds. Whatever was born is held weakly.
"""

from __future__ import annotations

import time
import weakref
from dataclasses import dataclass
from typing import Any, Callable, FrozenSet, List, Optional, Tuple

from memgui.agent import torch_access
from memgui.agent.actions.action import Point
from memgui.agent.explain.allowance import Allowance
from memgui.agent.explain.births import Births
from memgui.agent.explain.graph import sequence_now
from memgui.agent.explain.survivors import KeptGraph, Tally, kept_graph
from memgui.agent.inspect.budget import Budget
from memgui.agent.inspect.inspection import Task
from memgui.protocol.inspection import Inspected
from memgui.protocol.watch import WatchParams, WatchReport

_EVERY = 4
_SAMPLES_KEPT = 4
_BORN_KEPT = 2000


@dataclass
class _Sample:
    """What one step bore, and a graph in it that reaches back over steps."""

    step: int
    born: List[Tuple[weakref.ref[Any], str]]
    graph: Optional[KeptGraph]


class Watch(Task):
    """One watch, from its start to its end; visited on training threads, told to stop on the agent's.

    Args:
        known: ids of what is meant to live: parameters, gradients, optimizer state, buffers.
        ended: is told once what was found.
    """

    def __init__(
        self, asked: WatchParams, known: Callable[[], FrozenSet[int]], ended: Callable[[WatchReport], None]
    ) -> None:
        self._asked = asked
        self._known = known
        # A list, since two threads may come to tell it at once and only one takes it out.
        self._ended = [ended]
        self._births = Births()
        self._samples: List[_Sample] = []
        self._tally = Tally()
        self._allowance = Allowance(asked.share)
        self._last_step = -1
        self._next_step = 0
        # Autograd's numbers at the beginning of the step that records, and of the one that did before.
        self._numbers: Tuple[Optional[int], Optional[int]] = (None, None)
        self._stopped = False

    def visit(self, point: Point, _budget: Budget) -> Optional[Inspected]:
        """One boundary."""
        torch = torch_access.loaded("torch")
        if torch is None or self._stopped:
            return Inspected()
        if point.step == self._last_step:
            # A second optimizer steps within the same step.
            return None
        if self._last_step < 0 and not self._births.may_arm(torch):
            # Told at once, and not when the first step might have been recorded.
            return Inspected(reason=self._births.why_not)
        begin_s = time.thread_time()
        recording = self._births.armed
        self._allowance.step_ended(recorded=recording, is_one=point.step == self._last_step + 1)
        self._last_step = point.step
        looks = recording or bool(self._due(point.step))
        with torch._C.DisableTorchFunction():
            if recording:
                self._take(torch, point.step)
            self._check(point.step)
            if self._may_record(point.step, recording=recording):
                self._record(torch, point.step)
        self._allowance.draw(time.thread_time() - begin_s, looked=looks)
        if self._stopped or self._has_enough:
            return Inspected(reason=self._births.why_not)
        self._allowance.step_begins()
        return None

    def drop(self) -> None:
        """It is over: nothing is recorded from now on."""
        self._stopped = True
        self._births.quiet()
        self._tell()

    def end(self) -> None:
        """Take the recorder away."""
        torch = torch_access.loaded("torch")
        if torch is not None:
            self._births.disarm(torch)
        self._tell()

    def report(self) -> WatchReport:
        """What was found so far."""
        return WatchReport(
            self._tally.survivors(),
            self._tally.samples,
            self._asked.outlive,
            round(self._allowance.taken, 4),
            self._births.why_not,
            self._asked.cause,
        )

    @property
    def _has_enough(self) -> bool:
        return self._asked.samples is not None and self._tally.samples >= self._asked.samples

    def _tell(self) -> None:
        try:
            ended = self._ended.pop()
        except IndexError:
            return
        ended(self.report())

    def _may_record(self, step: int, *, recording: bool) -> bool:
        room = len(self._samples) < _SAMPLES_KEPT and not recording
        return step >= self._next_step and room and self._allowance.covers_another()

    def _record(self, torch: Any, step: int) -> None:
        self._next_step = step + _EVERY
        number = sequence_now(torch)
        if self._births.arm(torch):
            self._numbers = (number, self._numbers[0])
        elif self._births.why_not is not None:
            self._stopped = True

    def _take(self, torch: Any, step: int) -> None:
        self._births.disarm(torch)
        until = max(self._births.nodes, default=0)
        born = [(reference, f"{line[0]}:{line[1]}") for reference, line in self._births.lines.values()]
        self._births.clear()
        alive = [entry for entry in born[:_BORN_KEPT] if entry[0]() is not None]
        since, before = self._numbers
        graph = None if since is None or before is None else kept_graph(alive, since, until, before)
        self._samples.append(_Sample(step, alive, graph))

    def _due(self, step: int) -> List[_Sample]:
        return [sample for sample in self._samples if step - sample.step >= self._asked.outlive]

    def _check(self, step: int) -> None:
        for sample in self._due(step):
            self._samples.remove(sample)
            alive = [
                (tensor, line) for tensor, line in ((born(), line) for born, line in sample.born) if tensor is not None
            ]
            known = self._known() if alive else frozenset()
            self._tally.add([entry for entry in alive if id(entry[0]) not in known], sample.graph)
