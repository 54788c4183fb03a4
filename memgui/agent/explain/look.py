"""One look at all that lives: tensors, containers and types, as numbers and ids; nothing is kept alive by it."""

from __future__ import annotations

import collections
import gc
import time
import weakref
from dataclasses import dataclass, field
from typing import Any, Counter, Dict, FrozenSet, List, Optional, Set, Tuple

from memgui.agent.explain.graph import kind_of, storage_of

BOXES = frozenset((list, dict, set, collections.deque, collections.OrderedDict, collections.defaultdict))
# What looks themselves leave: torch keeps the Python side of a storage once somebody has asked for it.
OF_LOOKING = frozenset(("torch.storage.UntypedStorage", "weakref.ReferenceType"))
_BOXES_KEPT = 300_000
_REFERENCES_KEPT = 50_000
Kind = Tuple[str, str, str]


@dataclass
class Look:
    """What one look leaves behind.

    Attributes:
        tensors: ids of the tensors that Python sees.
        storages: addresses of their storages.
        kinds: how many there are of each shape, dtype and device.
        boxes: length of each container, by id.
        types: how many objects there are of each type, by name.
        born: weak references to the tensors that an earlier look did not see.
        sequence: autograd's number at that time; None where it cannot be had.
        children: anonymous bytes of each child process.
    """

    step: int
    t_s: float = field(default_factory=time.monotonic)
    tensors: FrozenSet[int] = frozenset()
    storages: FrozenSet[int] = frozenset()
    kinds: Dict[Kind, int] = field(default_factory=dict)
    boxes: Dict[int, int] = field(default_factory=dict)
    types: Dict[str, int] = field(default_factory=dict)
    born: Dict[int, weakref.ref[Any]] = field(default_factory=dict)
    sequence: Optional[int] = None
    children: Dict[int, int] = field(default_factory=dict)
    objects: int = 0


@dataclass
class Alive:
    """The objects themselves, for as long as the training thread stands still."""

    objects: List[Any]
    tensors: List[Any]
    types: Counter[type]

    def of(self, base: type) -> List[Any]:
        """Instances of a class or a subclass, by their type."""
        kinds = {kind for kind in self.types if base in type.__dict__["__mro__"].__get__(kind)}
        return [thing for thing in self.objects if type(thing) in kinds] if kinds else []


def everything(torch: Any) -> Alive:
    """All that the collector knows of. On the training thread only: elsewhere this crashes processes (bpo-15108)."""
    objects = gc.get_objects()
    alive = Alive(objects, [], collections.Counter(map(type, objects)))
    alive.tensors = alive.of(torch.Tensor)
    return alive


def take(alive: Alive, step: int, earlier: Optional[Look] = None) -> Look:
    """What is worth remembering of what is alive."""
    look = Look(step, objects=len(alive.objects))
    look.tensors = frozenset(map(id, alive.tensors))
    storages: Set[int] = set()
    kinds: Counter[Kind] = collections.Counter()
    for tensor in alive.tensors:
        known = storage_of(tensor)
        if known is not None and known[0] not in storages:
            storages.add(known[0])
        kinds[kind_of(tensor)] += 1
        if earlier is not None and id(tensor) not in earlier.tensors and len(look.born) < _REFERENCES_KEPT:
            look.born[id(tensor)] = weakref.ref(tensor)
    look.storages, look.kinds = frozenset(storages), dict(kinds)
    boxes = [thing for thing in alive.objects if type(thing) in BOXES]
    look.boxes = {id(box): len(box) for box in boxes[:_BOXES_KEPT]}
    look.types = {f"{kind.__module__}.{kind.__qualname__}": count for kind, count in alive.types.items() if count > 8}
    return look
