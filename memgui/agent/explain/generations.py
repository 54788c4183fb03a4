"""`inspect.generations`: mark, wait, mark again, and see what each generation of tensors has left."""

from __future__ import annotations

import collections
import weakref
from typing import Any, Counter, Dict, List, Optional, Tuple

from memgui.agent import torch_access
from memgui.agent.actions.action import Point
from memgui.agent.explain import look
from memgui.agent.explain.graph import kind_of, storage_of
from memgui.agent.inspect.budget import Budget
from memgui.agent.inspect.inspection import Inspection, Task
from memgui.protocol.errors import Refused
from memgui.protocol.explanation import Generation, Generations, GenerationsParams, Left
from memgui.protocol.inspection import Inspected

_MOST = 20
_SHOWN = 12


class CompareGenerations(Inspection):
    """Tensors by the stretch of steps in which they were born."""

    method = "inspect.generations"
    params = GenerationsParams

    def task(self, asked: Any) -> Task:
        """One comparison."""
        return _Comparing(asked)


class _Comparing(Task):
    """A look every so many steps; the last one counts what is left of each generation."""

    def __init__(self, asked: GenerationsParams) -> None:
        self._every = max(1, asked.steps)
        self._wanted = max(1, min(_MOST, asked.generations))
        # By id, with a reference that tells a tensor from a later one in its place.
        self._known: Dict[int, weakref.ref[Any]] = {}
        self._born: List[Tuple[int, int, List[weakref.ref[Any]]]] = []
        self._since: Optional[int] = None

    def visit(self, point: Point, budget: Budget) -> Optional[Inspected]:
        """Take a generation's tensors down where it is full, and tell of all after one more step."""
        torch = torch_access.loaded("torch")
        if torch is None:
            raise Refused("torch is not imported in this process", "ask again once it trains")
        since = self._since
        if since is not None and point.step - since < (self._every if len(self._born) < self._wanted else 1):
            return None
        with torch._C.DisableTorchFunction():
            tensors = look.everything(torch).tensors
            if since is not None and len(self._born) == self._wanted:
                return Generations(generations=tuple(map(_left, self._born)))
            if since is not None:
                fresh = [weakref.ref(tensor) for tensor in tensors if not self._knows(tensor)]
                self._born.append((since, point.step, fresh))
            self._known = {id(tensor): weakref.ref(tensor) for tensor in tensors}
            self._since = point.step
        return None

    def _knows(self, tensor: Any) -> bool:
        known = self._known.get(id(tensor))
        return known is not None and known() is tensor


def _left(generation: Tuple[int, int, List[weakref.ref[Any]]]) -> Generation:
    first, last, born = generation
    alive = [tensor for tensor in (reference() for reference in born) if tensor is not None]
    counts: Counter[Tuple[str, str, str]] = collections.Counter(map(kind_of, alive))
    sizes: Dict[Tuple[str, str, str], Dict[int, int]] = {}
    for tensor in alive:
        storage = storage_of(tensor)
        if storage is not None:
            sizes.setdefault(kind_of(tensor), {})[storage[0]] = storage[1]
    left = [Left(*kind, count, sum(sizes.get(kind, {}).values())) for kind, count in counts.items()]
    left.sort(key=_most_first)
    return Generation(first, last, len(born), len(alive), tuple(left[:_SHOWN]))


def _most_first(left: Left) -> int:
    return -left.bytes
