"""The survivor watch: in a sample of steps births are recorded, and tensors that outlive some steps are counted.

It stands in the queue of the safe point, is visited at every step boundary, and ends by itself. A sample takes five
visits: autograd's number and the clock are read, some steps later a step is recorded, what it bore is taken down, some
steps later it is counted what of that lives, and after as many steps as its share of the time allows it begins again.
In between a visit is one comparison. Whatever was born is held weakly.
"""

from __future__ import annotations

import threading
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

# The first sample is taken on credit after so many steps. Before each, so many show what a step takes; what belongs to
# one step, however it is cut, does not reach back so far in autograd's graph either.
_FIRST, _BEFORE = 6, 4
_BORN_KEPT = 2000
# After so long, fewer samples that found something are enough.
_LONG_S, _ENOUGH = 15.0, 3


@dataclass(frozen=True)
class _Beginning:
    """What is noted some steps before one that records: autograd's number, and the thread's clock."""

    step: int
    number: Optional[int]
    thread: int
    clock_s: float


@dataclass(frozen=True)
class _Sample:
    """What one step bore, and a graph in it that reaches back over steps."""

    born: List[Tuple[weakref.ref[Any], str]]
    graph: Optional[KeptGraph]


class Watch(Task):
    """One watch, from its start to its end; visited on training threads, told to stop on the agent's.

    Args:
        known: ids of what is meant to live: parameters, gradients, optimizer state, buffers.
        declared: ids of what the script has declared as expected.
        ended: is told once what was found.
    """

    def __init__(
        self,
        asked: WatchParams,
        known: Callable[[], FrozenSet[int]],
        declared: Callable[[], FrozenSet[int]],
        ended: Callable[[WatchReport], None],
    ) -> None:
        self._asked = asked
        self._known = known
        self._declared = declared
        # A list, since two threads may come to tell it at once and only one takes it out.
        self._ended = [ended]
        self._births = Births()
        self._tally = Tally()
        self._allowance = Allowance(asked.share)
        # What comes next, and at which step. Functions of the class: bound ones would be a cycle.
        self._next: Callable[[Watch, Any, int], int] = Watch._begin
        self._wake = -1
        self._began: Tuple[int, float] = (0, 0.0)
        self._before = _Beginning(0, None, 0, 0.0)
        self._since: Optional[int] = None
        self._call_s: Optional[float] = None
        self._sample = _Sample([], None)
        self._stopped = False

    def visit(self, point: Point, _budget: Budget) -> Optional[Inspected]:
        """One boundary."""
        # A second optimizer steps within the same step.
        if point.step < self._wake and not self._stopped:
            return None
        torch = torch_access.loaded("torch")
        if torch is None or self._stopped:
            return Inspected()
        began_s = time.thread_time()
        if self._call_s is None:
            # Not below, where no mode is asked. An obstacle is told at once, and not when a step might be recorded.
            self._call_s = self._births.call_s(torch)
            self._stopped = self._births.why_not is not None
        with torch._C.DisableTorchFunction():
            self._wake = self._next(self, torch, point.step)
        self._allowance.draw(time.thread_time() - began_s)
        return Inspected(reason=self._births.why_not) if self._stopped or self._has_enough else None

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
        if self._asked.samples is None:
            return False
        is_long = self._tally.samples >= _ENOUGH and time.monotonic() - self._began[1] >= _LONG_S
        return self._tally.samples >= self._asked.samples or (is_long and bool(self._tally.survivors()))

    def _tell(self) -> None:
        try:
            ended = self._ended.pop()
        except IndexError:
            return
        ended(self.report())

    def _begin(self, _torch: Any, step: int) -> int:
        self._began = step, time.monotonic()
        self._next = Watch._prepare
        return step + _FIRST - _BEFORE

    def _prepare(self, torch: Any, step: int) -> int:
        self._next = Watch._record
        self._before = _Beginning(step, sequence_now(torch), threading.get_ident(), time.thread_time())
        return step + _BEFORE

    def _record(self, torch: Any, step: int) -> int:
        before = self._before
        if before.thread == threading.get_ident():
            self._allowance.step_took((time.thread_time() - before.clock_s) / (step - before.step))
        self._since = sequence_now(torch)
        self._next = Watch._take
        # A mode of the script's may have stood above the own one, and be gone now.
        self._births.disarm(torch)
        if not self._births.arm(torch):
            self._stopped = self._births.why_not is not None
            self._next = Watch._prepare
        return step + 1

    def _take(self, torch: Any, step: int) -> int:
        self._allowance.draw(self._births.calls * (self._call_s or 0.0))
        self._births.disarm(torch)
        until = max(self._births.nodes, default=0)
        born = [(reference, f"{line[0]}:{line[1]}") for reference, line in self._births.lines.values()]
        self._births.clear()
        alive = [entry for entry in born if entry[0]() is not None][-_BORN_KEPT:]
        since, before = self._since, self._before.number
        graph = None if since is None or before is None else kept_graph(alive, since, until, before)
        self._sample = _Sample(alive, graph)
        self._next = Watch._check
        return step + self._asked.outlive

    def _check(self, _torch: Any, step: int) -> int:
        sample, self._sample = self._sample, _Sample([], None)
        born = [(reference(), line) for reference, line in sample.born]
        alive = [entry for entry in born if entry[0] is not None]
        known = self._known() if alive else frozenset()
        left = [entry for entry in alive if id(entry[0]) not in known]
        self._tally.add(left, sample.graph, self._declared() if left else frozenset())
        self._next = Watch._prepare
        self._allowance.sampled()
        return step + max(1, self._allowance.wait(step - self._began[0]) - _BEFORE)
