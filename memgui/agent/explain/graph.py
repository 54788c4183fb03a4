"""What autograd holds: the nodes behind a tensor's grad_fn and the tensors they saved.

The collector does not see them: the references go from C++ to C++. Saved tensors are read only where no unpack hook
stands before them, since such a hook runs code of the script (checkpointing computes the forward pass again).
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass, field
from typing import Any, Dict, FrozenSet, Iterable, Iterator, List, Optional, Tuple

_LEAF = "AccumulateGrad"
# A node of autograd with its edges, measured by the heap's growth over chains of additions on torch 2.13.
NODE_BYTES = 1500


@dataclass
class Graph:
    """What one tensor's grad_fn keeps alive.

    Attributes:
        head: index of the tensor in the list that was walked.
        saved: bytes of each storage among the saved tensors, by its address; shapes: bytes of each kind of tensor.
        numbers: sequence numbers of the counted nodes; alike: of those of the kind that stands at the head.
        cut: there was more than time or limit allowed.
    """

    head: int
    nodes: int = 0
    saved: Dict[int, int] = field(default_factory=dict)
    shapes: Dict[Tuple[str, str, str], int] = field(default_factory=dict)
    numbers: List[int] = field(default_factory=list)
    alike: List[int] = field(default_factory=list)
    cut: bool = False


def sequence_now(torch: Any) -> Optional[int]:
    """The number that autograd's next node of this thread would get; None where it cannot be had unnoticed."""
    before = torch.is_grad_enabled()
    try:
        torch.set_grad_enabled(True)
        node = torch.empty(0, device="cpu", requires_grad=True).view(-1).grad_fn
        return int(node._sequence_nr())
    except (AttributeError, RuntimeError, TypeError):
        return None
    finally:
        torch.set_grad_enabled(before)


def reaches_back(tensor: Any, before: int, limit: int, seen: Dict[int, Any]) -> bool:
    """A node numbered below `before` is behind the tensor: its graph is older than that.

    The oldest node is followed first, so that a sum over many steps is seen through in as many nodes.

    Args:
        limit: so many nodes are looked at.
        seen: nodes that other tensors have led to, and behind which there is nothing older, by id; kept for the sake
            of their ids. Drop it before the training goes on.
    """
    top = tensor.grad_fn
    # By number; where two are alike, by the order in which they were met.
    waiting: List[Tuple[int, int, Any]] = [] if top is None or id(top) in seen else [(_sequence(top) or 0, 0, top)]
    limit += len(seen)
    while waiting and len(seen) < limit:
        number, _, node = heapq.heappop(waiting)
        if number < before:
            return True
        for further, _ in node.next_functions:
            if further is not None and id(further) not in seen and type(further).__name__ != _LEAF:
                seen[id(further)] = further
                found = _sequence(further)
                if found is not None:
                    heapq.heappush(waiting, (found, len(seen), further))
    return False


class Walker:
    """Walks graphs, each node once; drop it before the training goes on."""

    def __init__(self, deadline_s: float, limit: int) -> None:
        self._deadline_s = deadline_s
        self._left = limit
        # Python makes a node's wrapper anew whenever nobody holds it: kept, so that its id stays its own.
        self._seen: Dict[int, Any] = {}
        self._names: Dict[type, Tuple[str, ...]] = {}

    def walk(self, head: int, tensor: Any, since: int = -1, until: Optional[int] = None) -> Graph:
        """The graph behind a tensor: nodes numbered above `since`; those above `until` are passed but not counted."""
        graph = Graph(head)
        top = tensor.grad_fn
        stack = [] if top is None or id(top) in self._seen else [top]
        while stack:
            node = stack.pop()
            if id(node) in self._seen:
                continue
            self._seen[id(node)] = node
            if type(node).__name__ == _LEAF:
                continue
            number = _sequence(node)
            if number is not None and number <= since:
                continue
            self._left -= 1
            if self._left < 0 or (self._left % 256 == 0 and time.monotonic() > self._deadline_s):
                graph.cut = True
                break
            if number is None or until is None or number <= until:
                self._count(graph, node, number, alike=type(node) is type(top))
            stack += [further for further, _ in node.next_functions if further is not None]
        return graph

    def _count(self, graph: Graph, node: Any, number: Optional[int], *, alike: bool) -> None:
        graph.nodes += 1
        if number is not None:
            graph.numbers.append(number)
            if alike:
                graph.alike.append(number)
        for tensor in self._saved(node):
            known = storage_of(tensor)
            if known is not None and known[0] not in graph.saved:
                graph.saved[known[0]] = known[1]
                kind = kind_of(tensor)
                graph.shapes[kind] = graph.shapes.get(kind, 0) + known[1]

    def _saved(self, node: Any) -> Iterator[Any]:
        cls = type(node)
        names = self._names.get(cls)
        if names is None:
            names = self._names[cls] = tuple(name for name in dir(cls) if name.startswith("_raw_saved_"))
        for name in names:
            try:
                held = getattr(node, name)
            except (RuntimeError, AttributeError):
                continue
            for saved in held if type(held) in (tuple, list) else (held,):
                tensor = _unpacked(saved)
                if tensor is not None:
                    yield tensor


def _sequence(node: Any) -> Optional[int]:
    try:
        return int(node._sequence_nr())
    except (AttributeError, RuntimeError):
        return None


def _unpacked(saved: Any) -> Any:
    """The saved tensor; None where it is gone, or where a hook of the script would have to run for it."""
    try:
        if saved is None or saved.unpack_hook is not None:
            return None
        return saved.data
    except (AttributeError, RuntimeError):
        return None


def storage_of(tensor: Any) -> Optional[Tuple[int, int]]:
    """Address and bytes of its storage; None where it has none of its own."""
    try:
        storage = tensor.untyped_storage()
        return storage._cdata, storage.nbytes()
    except Exception:  # noqa: BLE001 - a subclass may answer anything; such a tensor has no storage of its own
        return None


def kind_of(tensor: Any) -> Tuple[str, str, str]:
    """Shape, dtype and device in words."""
    shape = ", ".join(map(str, tensor.shape))
    return f"({shape})", str(tensor.dtype).replace("torch.", ""), str(tensor.device)


def by_age(tensors: List[Any]) -> List[int]:
    """Indices of those that have a grad_fn, the youngest graph first."""
    numbered = []
    for at, tensor in enumerate(tensors):
        node = tensor.grad_fn
        if node is not None:
            numbered.append((_sequence(node) or 0, at))
    return [at for _, at in sorted(numbered, reverse=True)]


def bytes_of(tensors: Iterable[Any], without: FrozenSet[int]) -> int:
    """Of their storages, each counted once, but for those in `without`."""
    sizes: Dict[int, int] = {}
    for tensor in tensors:
        known = storage_of(tensor)
        if known is not None and known[0] not in without:
            sizes[known[0]] = known[1]
    return sum(sizes.values())
