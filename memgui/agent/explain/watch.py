"""The survivor watch: in a sample of steps births are recorded, and tensors that outlive some steps are counted.

It stands in the queue of the safe point, is visited at every step boundary, and ends by itself. One step of many
records, as its share of the time allows; between them a visit costs microseconds. Whatever was born is held weakly.
"""

from __future__ import annotations

import time
import weakref
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional, Set, Tuple

from memgui.agent import torch_access
from memgui.agent.actions.action import Point
from memgui.agent.explain.births import Births
from memgui.agent.explain.graph import kind_of, storage_of
from memgui.agent.inspect.budget import Budget
from memgui.agent.inspect.inspection import Task
from memgui.protocol.inspection import Inspected
from memgui.protocol.watch import Survivors, WatchParams, WatchReport

_FIRST_EVERY = 16
_RAREST, _MOST_OFTEN = 2000, 4
_SAMPLES_KEPT = 4
_BORN_KEPT = 2000
_GROUPS_KEPT = 200
_STEPS_KNOWN = 15
_SHOWN = 20

Key = Tuple[str, str, str, str]


@dataclass
class _Sample:
    """What one step bore."""

    step: int
    born: List[Tuple[weakref.ref[Any], str]]


@dataclass
class _Group:
    """Survivors of one line, shape, dtype and device."""

    samples: int = 0
    count: int = 0
    bytes: int = 0
    graphs: int = 0


@dataclass
class _Costs:
    """What the watch takes: seconds of its own, and by how much a recording step is longer than another."""

    began_s: float = field(default_factory=time.monotonic)
    own_s: float = 0.0
    usual: List[float] = field(default_factory=list)
    recorded: List[float] = field(default_factory=list)

    def note(self, seconds: float, *, recording: bool) -> None:
        """A step has taken so long."""
        steps = self.recorded if recording else self.usual
        steps.append(seconds)
        del steps[:-_STEPS_KNOWN]

    @property
    def usual_s(self) -> float:
        """Of a step that does not record, 0 while unknown."""
        return sorted(self.usual)[len(self.usual) // 2] if self.usual else 0.0

    @property
    def extra_s(self) -> float:
        """Of a step that records, beside the usual; a third of the usual while unknown."""
        if not self.recorded:
            return self.usual_s / 3
        return max(0.0, sorted(self.recorded)[len(self.recorded) // 2] - self.usual_s)


class Watch(Task):
    """One watch, from its start to its end; visited on training threads, told to stop on the agent's."""

    def __init__(self, asked: WatchParams, optimizers: Callable[[], List[Any]], ended: Callable[[WatchReport], None]):
        self._asked = asked
        self._optimizers = optimizers
        # A list, since two threads may come to tell it at once and only one takes it out.
        self._ended = [ended]
        self._births = Births()
        self._samples: List[_Sample] = []
        self._groups: Dict[Key, _Group] = {}
        self._costs = _Costs()
        self._looked = 0
        self._last: Tuple[int, float] = (-1, 0.0)
        self._next_step = 0
        self._stopped = False

    def visit(self, point: Point, budget: Budget) -> Optional[Inspected]:
        """One boundary."""
        torch = torch_access.loaded("torch")
        if torch is None or self._stopped:
            return Inspected()
        begin_s = time.perf_counter()
        with torch._C.DisableTorchFunction():
            recording = self._births.armed
            step, at_s = self._last
            if step == point.step - 1:
                self._costs.note(begin_s - at_s, recording=recording)
            if recording:
                self._take(torch, point.step)
            self._check(point.step)
        if point.step >= self._next_step and len(self._samples) < _SAMPLES_KEPT and not recording:
            self._next_step = point.step + self._every()
            if not self._births.arm(torch) and self._births.why_not is not None:
                self._stopped = True
        self._last = (point.step, time.perf_counter())
        self._costs.own_s += self._last[1] - begin_s
        return Inspected(reason=self._births.why_not) if self._stopped else None

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
        steps = max(1, self._looked)
        groups = sorted(list(self._groups.items()), key=_most_first)  # noqa: C414 - another thread may add to it
        found = tuple(
            Survivors(
                line,
                shape,
                dtype,
                device,
                round(group.count / steps, 3),
                round(group.bytes / steps, 1),
                group.graphs > 0,
            )
            for (line, shape, dtype, device), group in groups[:_SHOWN]
            if group.samples >= min(2, steps)
        )
        elapsed_s = max(1e-9, time.monotonic() - self._costs.began_s)
        taken_s = self._costs.own_s + self._looked * self._costs.extra_s
        return WatchReport(
            found, self._looked, self._asked.outlive, round(taken_s / elapsed_s, 4), self._births.why_not
        )

    def _tell(self) -> None:
        try:
            ended = self._ended.pop()
        except IndexError:
            return
        ended(self.report())

    def _every(self) -> int:
        """How many steps apart, so that recording and checking keep to the share that was asked for."""
        usual_s = self._costs.usual_s
        if not usual_s or self._looked < 2:
            return _FIRST_EVERY
        each_s = self._costs.extra_s + self._costs.own_s / self._looked
        # Half of what is allowed: a measurement may be off by as much.
        return int(min(_RAREST, max(_MOST_OFTEN, 2 * each_s / (usual_s * self._asked.share))))

    def _take(self, torch: Any, step: int) -> None:
        self._births.disarm(torch)
        born = [(reference, f"{line[0]}:{line[1]}") for reference, line in self._births.lines.values()]
        self._births.clear()
        self._samples.append(_Sample(step, [entry for entry in born[:_BORN_KEPT] if entry[0]() is not None]))

    def _check(self, step: int) -> None:
        due = [sample for sample in self._samples if step - sample.step >= self._asked.outlive]
        for sample in due:
            self._samples.remove(sample)
            self._looked += 1
            alive = [
                (tensor, line) for tensor, line in ((born(), line) for born, line in sample.born) if tensor is not None
            ]
            if alive:
                known = self._known()
                self._count([entry for entry in alive if id(entry[0]) not in known])

    def _known(self) -> Set[int]:
        """Parameters, gradients and the optimizers' state: they are meant to live."""
        known: Set[int] = set()
        for optimizer in self._optimizers():
            for group in optimizer.param_groups:
                for parameter in group["params"]:
                    known.add(id(parameter))
                    known.add(id(parameter.grad))
            for state in optimizer.state.values():
                known.update(map(id, state.values() if isinstance(state, dict) else ()))
        return known

    def _count(self, alive: List[Tuple[Any, str]]) -> None:
        storages: Set[int] = set()
        touched: Set[Key] = set()
        for tensor, line in alive:
            key = (line, *kind_of(tensor))
            if key not in self._groups and len(self._groups) >= _GROUPS_KEPT:
                continue
            group = self._groups.setdefault(key, _Group())
            storage = storage_of(tensor)
            if storage is not None and storage[0] not in storages:
                storages.add(storage[0])
                group.bytes += storage[1]
            group.count += 1
            group.graphs += tensor.grad_fn is not None
            touched.add(key)
        for key in touched:
            self._groups[key].samples += 1


def _most_first(entry: Tuple[Key, _Group]) -> int:
    return -entry[1].bytes
