"""Tensors that only autograd holds: reached from `grad_fn` over the nodes that are to run before it."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, List, Tuple

from memgui.agent.inspect.budget import Budget

_ASKED_EVERY = 64
_KINDS_KEPT = 4096
# Names of the attributes that hold what a kind of node saves, by the kind's name: a class must not be kept alive.
_ATTRIBUTES: Dict[str, List[str]] = {}


def saved_tensors(torch: Any, tensors: Iterable[Any], budget: Budget) -> Iterator[Tuple[Any, str]]:
    """Each tensor that a node has saved, and the name of the node.

    What a hook has packed (activation checkpointing, offloading) is looked at as it lies there, never unpacked:
    unpacking would compute or copy it anew.
    """
    kind = torch.Tensor
    waiting = [tensor.grad_fn for tensor in tensors if tensor.requires_grad]
    # Kept until the end, since the address of a node's Python object means nothing once it is gone.
    nodes: Dict[int, Any] = {}
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in nodes:
            continue
        nodes[id(node)] = node
        if len(nodes) % _ASKED_EVERY == 0 and budget.is_spent():
            return
        yield from node_tensors(kind, node)
        waiting.extend(following for following, _ in node.next_functions)


def node_tensors(kind: type, node: Any) -> Iterator[Tuple[Any, str]]:
    """What one node has saved, with a name."""
    cls = type(node)
    names = _ATTRIBUTES.get(cls.__name__)
    if names is None:
        names = [name for name in dir(cls) if name.startswith("_raw_saved_")]
        if len(_ATTRIBUTES) < _KINDS_KEPT:
            _ATTRIBUTES[cls.__name__] = names
    for name in names:
        for held in _held(node, name):
            for tensor in _tensors(kind, held):
                yield tensor, f"{cls.__name__}.{name[len('_raw_saved_') :]}"
    # What a function of the script's own has put on its context.
    for name, value in list(getattr(node, "__dict__", {}).items()):
        for tensor in _tensors(kind, value):
            yield tensor, f"{cls.__name__}.{name}"


def _held(node: Any, name: str) -> List[Any]:
    try:
        raw = getattr(node, name)
        saved = raw if isinstance(raw, (list, tuple)) else (raw,)
        # Versions of torch whose saved tensors have no `data` offer no way to see one without unpacking it.
        return [one.data for one in saved if hasattr(one, "data")]
    except RuntimeError:
        # Freed by a backward.
        return []


def _tensors(kind: Any, value: Any, depth: int = 2) -> Iterator[Any]:
    if issubclass(type(value), kind):
        yield value
    elif depth and type(value) in (list, tuple):
        for part in value:
            yield from _tensors(kind, part, depth - 1)
    elif depth and type(value) is dict:
        for part in list(value.values()):
            yield from _tensors(kind, part, depth - 1)
