"""`inspect.mark`: one light look at everything, as numbers, that stays in the history to be compared with another."""

from __future__ import annotations

import collections
import gc
from typing import Any, Counter, Dict, List, Tuple

from memgui.agent.actions.action import Point
from memgui.agent.events import Events
from memgui.agent.explain.loaders import children_bytes
from memgui.agent.explain.look import OF_LOOKING
from memgui.agent.inspect.budget import Budget
from memgui.agent.inspect.composition import roles_of
from memgui.agent.inspect.inspection import Inspection
from memgui.agent.inspect.modules import InspectModules
from memgui.agent.inspect.tensors import sizes_of
from memgui.agent.inspect.walk import Walker
from memgui.protocol.inspection import ModuleNode
from memgui.protocol.marking import Marked, MarkParams, Tally
from memgui.protocol.wire import to_wire

# Some 40 KB in all: it is kept in somebody's training process, and sent to every viewer.
_KEPT = 200


class Mark(Inspection):
    """Keeps nothing itself; the event does, and there are few of these."""

    method = "inspect.mark"
    params = MarkParams

    def __init__(self, walker: Walker, modules: InspectModules, events: Events) -> None:
        self._walker = walker
        self._modules = modules
        self._events = events

    def look(self, asked: MarkParams, point: Point, budget: Budget) -> Marked:
        """Count everything once."""
        types = _types()
        ledger = self._walker.walk(budget, keep=True).ledger
        sizes = sizes_of(ledger.claims or ())
        tensors = [
            Tally(f"({', '.join(map(str, shape))}) {dtype} {place} {role}", size.storages, size.size_bytes)
            for (shape, dtype, place, role), size in sizes.items()
        ]
        nodes = [] if budget.is_spent() else self._modules.tree(budget, {}).modules
        modules = [Tally(node.path, 1, _whole(node)) for node in nodes]
        workers = [Tally(str(pid), 1, size) for pid, size in sorted(children_bytes().items())]
        cut: List[str] = []
        found = Marked(
            roles=roles_of(ledger),
            tensors=_largest("tensors", tensors, cut),
            modules=_largest("modules", [module for module in modules if module.size_bytes], cut),
            types=_largest("types", types, cut),
            workers=tuple(workers),
            cut=tuple(cut),
            reason=budget.reason,
        )
        # Half a look would take what it did not come to for gone.
        if asked.keep and budget.reason is None:
            self._events.post("look", asked.text or f"look at step {point.step}", to_wire(found))
        return found


def _types() -> List[Tally]:
    counts: Counter[type] = collections.Counter(map(type, gc.get_objects()))
    names: Dict[str, int] = {}
    for kind, count in counts.items():
        name = f"{kind.__module__}.{kind.__qualname__}".replace("builtins.", "")
        names[name] = names.get(name, 0) + count
    return [Tally(name, count) for name, count in names.items() if name not in OF_LOOKING]


def _whole(node: ModuleNode) -> int:
    return node.parameters_bytes + node.gradients_bytes + node.optimizer_bytes + node.buffers_bytes


def _largest(what: str, found: List[Tally], cut: List[str]) -> Tuple[Tally, ...]:
    if len(found) > _KEPT:
        cut.append(what)
    return tuple(sorted(found, key=_most_first)[:_KEPT])


def _most_first(tally: Tally) -> Any:
    return -(tally.size_bytes or 0), -tally.count
