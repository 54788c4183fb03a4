"""`inspect.tensors`: all tensors in groups of one shape, type, place and role."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from memgui.agent.actions.action import Point
from memgui.agent.inspect.birthplaces import Birthplaces
from memgui.agent.inspect.budget import Budget
from memgui.agent.inspect.inspection import Inspection
from memgui.agent.inspect.ledger import Claim
from memgui.agent.inspect.nearest import nearest_holders
from memgui.agent.inspect.walk import Walked, Walker
from memgui.protocol.inspection import TensorGroup, Tensors, TensorsParams

LARGEST_ANSWER_GROUPS = 20_000
# One pass over all objects finds the holders of so many tensors; each more makes the pass slower.
_HELD_ASKED = 12
# Some 300 bytes each, in somebody's training process.
_KEPT_GROUPS = 5000

_BORN_IN_STEPS = ("activations", "other_tensors")

_Key = Tuple[Tuple[int, ...], str, str, str]


class _Size(NamedTuple):
    storages: int
    size_bytes: int


class InspectTensors(Inspection):
    """Keeps the sizes of the groups of its last look, as numbers, to tell how they change per step."""

    method = "inspect.tensors"
    params = TensorsParams

    def __init__(self, walker: Walker, births: Birthplaces) -> None:
        self._walker = walker
        self._births = births
        self._before: Dict[_Key, _Size] = {}
        self._before_step: Optional[int] = None
        self._knew_all = True

    def look(self, asked: TensorsParams, point: Point, budget: Budget) -> Tensors:
        """Walk, group, and find who holds what has no name."""
        walked = self._walker.walk(budget, keep=True)
        claims = walked.ledger.claims or ()
        sizes = sizes_of(claims)
        # Of each group, the name of what claimed first.
        names = {_key(claim): claim.name for claim in reversed(claims)}
        order = sorted(sizes, key=lambda key: (-sizes[key].size_bytes, key))
        shown = order[: max(0, min(asked.limit, LARGEST_ANSWER_GROUPS))]
        holders = {} if budget.is_spent() else _holders([key for key in shown if not names[key]], walked)
        told = tuple(
            TensorGroup(
                shape=key[0],
                dtype=key[1],
                device=key[2],
                role=key[3],
                count=sizes[key].storages,
                bytes=sizes[key].size_bytes,
                per_step=self._per_step(key, sizes[key], point.step),
                holder=holders.get(key) or names[key] or None,
                # Of a kind there are parameters as well as what a line has made: only the latter can be meant.
                born=self._births.line_of(*key[:3]) if key[3] in _BORN_IN_STEPS else None,
            )
            for key in shown
        )
        if not budget.is_spent():
            self._before = {key: sizes[key] for key in order[:_KEPT_GROUPS]}
            self._before_step = point.step
            self._knew_all = len(order) <= _KEPT_GROUPS
        total = sum(size.size_bytes for size in sizes.values())
        return Tensors(groups=told, groups_count=len(order), total_bytes=total)

    def _per_step(self, key: _Key, now: _Size, step: int) -> Optional[float]:
        if self._before_step is None or step <= self._before_step:
            return None
        before = self._before.get(key)
        if before is None:
            if not self._knew_all:
                return None
            before = _Size(0, 0)
        return round((now.size_bytes - before.size_bytes) / (step - self._before_step), 3)


def sizes_of(claims: Sequence[Claim]) -> Dict[_Key, _Size]:
    """Storages and bytes of each group of one shape, type, place and role."""
    counts: Dict[_Key, int] = {}
    sizes: Dict[_Key, int] = {}
    for claim in claims:
        key = _key(claim)
        counts[key] = counts.get(key, 0) + 1
        sizes[key] = sizes.get(key, 0) + claim.size_bytes
    return {key: _Size(counts[key], sizes[key]) for key in counts}


def _key(claim: Claim) -> _Key:
    return claim.shape, claim.dtype, claim.place, claim.role


def _holders(keys: List[_Key], walked: Walked) -> Dict[_Key, str]:
    wanted = {(key[0], key[1]): key for key in reversed(keys[:_HELD_ASKED])}
    examples: Dict[_Key, Any] = {}
    for tensor in walked.tensors:
        if tensor.requires_grad:
            continue
        key = wanted.get((tuple(tensor.shape), str(tensor.dtype).replace("torch.", "")))
        if key is not None and key not in examples:
            examples[key] = tensor
    if not examples:
        return {}
    things = list(examples.values())
    names = nearest_holders(things, [walked.tensors, examples])
    return dict(zip(examples, names))
