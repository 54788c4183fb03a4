"""What the sampled steps of a survivor watch have left, by line, shape, dtype and device."""

from __future__ import annotations

import time
import weakref
from dataclasses import dataclass
from typing import Any, Dict, FrozenSet, List, Optional, Sequence, Set, Tuple

from memgui.agent.explain.graph import NODE_BYTES, Walker, kind_of, reaches_back, storage_of
from memgui.protocol.watch import Survivors

_GROUPS_KEPT = 200
_SHOWN = 20
_HEADS = 32
_NODES = 4000
_SEARCH_S = 0.02

# Line, shape, dtype, device; the graph goes back over steps; the script has declared it as expected.
Key = Tuple[str, str, str, str, bool, bool]


@dataclass(frozen=True)
class KeptGraph:
    """What one step has added to a graph that reaches back over steps.

    Attributes:
        key: line, shape, dtype and device of the tensor at its head.
        saved: addresses of the storages that the nodes of this step saved.
    """

    key: Tuple[str, str, str, str]
    nodes: int
    size_bytes: int
    saved: FrozenSet[int]


def kept_graph(
    born: Sequence[Tuple[weakref.ref[Any], str]], since: int, until: int, before: int
) -> Optional[KeptGraph]:
    """The graph among what a step bore that is older than autograd's number `before`; None where there is none.

    Args:
        since, until: autograd's numbers at the step's two ends.
        before: some steps earlier: what belongs to one step, however it is cut, does not reach so far.
    """
    seen: Dict[int, Any] = {}
    # What was computed last hangs on all the rest.
    for reference, line in list(reversed(born))[:_HEADS]:
        tensor = reference()
        if tensor is not None and tensor.grad_fn is not None and reaches_back(tensor, before, _NODES, seen):
            # A sum takes in what was computed before the boundary only after it, so one step's worth of nodes is
            # counted in the stretch before.
            graph = Walker(time.monotonic() + _SEARCH_S, _NODES).walk(0, tensor, since - (until - since), since)
            size_bytes = graph.nodes * NODE_BYTES + sum(graph.saved.values())
            return KeptGraph((line, *kind_of(tensor)), graph.nodes, size_bytes, frozenset(graph.saved))
    return None


@dataclass
class _Group:
    samples: int = 0
    count: int = 0
    bytes: int = 0
    graphs: int = 0


class Tally:
    """Sums over the sampled steps.

    Attributes:
        samples: how many were added.
    """

    def __init__(self) -> None:
        self.samples = 0
        self._groups: Dict[Key, _Group] = {}

    def add(
        self,
        alive: Sequence[Tuple[Any, str]],
        graph: Optional[KeptGraph],
        declared: FrozenSet[int] = frozenset(),
    ) -> None:
        """Count what is left of one step: tensors with the lines that made them, and a graph.

        Args:
            declared: ids of tensors that the script has declared as expected.
        """
        self.samples += 1
        # A storage counts once; what a graph saved hangs on the graph.
        storages: Set[int] = set(graph.saved) if graph is not None else set()
        touched: Set[Key] = set()
        for tensor, line in alive:
            storage = storage_of(tensor)
            if graph is not None and storage is not None and storage[0] in graph.saved:
                continue
            key = (line, *kind_of(tensor), False, id(tensor) in declared)
            group = self._group(key)
            if group is None:
                continue
            if storage is not None and storage[0] not in storages:
                storages.add(storage[0])
                group.bytes += storage[1]
            group.count += 1
            group.graphs += tensor.grad_fn is not None
            touched.add(key)
        if graph is not None:
            key = (*graph.key, True, False)
            group = self._group(key)
            if group is not None:
                group.count += graph.nodes
                group.bytes += graph.size_bytes
                group.graphs += 1
                touched.add(key)
        for key in touched:
            self._groups[key].samples += 1

    def survivors(self) -> Tuple[Survivors, ...]:
        """By bytes, most first; what only one of several samples has left is chance. From any thread."""
        steps = max(1, self.samples)
        groups = sorted(list(self._groups.items()), key=_most_first)  # noqa: C414 - another thread may add to it
        return tuple(
            Survivors(
                *key[:4],
                round(group.count / steps, 3),
                round(group.bytes / steps, 1),
                group.graphs > 0,
                key[4],
                key[5],
            )
            for key, group in groups[:_SHOWN]
            if group.samples >= min(2, steps)
        )

    def _group(self, key: Key) -> Optional[_Group]:
        if key not in self._groups and len(self._groups) >= _GROUPS_KEPT:
            return None
        return self._groups.setdefault(key, _Group())


def _most_first(entry: Tuple[Key, _Group]) -> int:
    return -entry[1].bytes


def census(found: Sequence[Survivors]) -> List[Dict[str, Any]]:
    """For whoever judges the curves, by device: what outlives each step, and the line that made most of it."""
    told = []
    for device in sorted({one.device for one in found}) or ["cpu"]:
        all_here = [one for one in found if one.device == device]
        here = [one for one in all_here if not one.expected]
        size = sum(one.bytes_per_step for one in here)
        with_graph = sum(one.bytes_per_step for one in here if one.has_graph)
        told.append(
            {
                "device": device.replace(":", "."),
                "per_step": sum(one.per_step for one in here),
                "bytes_per_step": size,
                "has_graph": any(one.goes_back for one in here) or with_graph > size / 2,
                "born": here[0].born if here else None,
                "expected_bytes_per_step": sum(one.bytes_per_step for one in all_here if one.expected),
                "by": "watch",
            }
        )
    return told
