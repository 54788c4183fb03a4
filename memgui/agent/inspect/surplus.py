"""Expected against actual: what parameters, types and optimizer slots should take, and what lies beyond it."""

from __future__ import annotations

from collections import Counter
from typing import Any, Dict, Iterator, List, Set, Tuple

from memgui.agent.inspect import module_tree
from memgui.agent.inspect.models import holds, trained
from memgui.agent.inspect.walk import Walked
from memgui.protocol.inspection import Surplus

# What is smaller than this share of the trained parameters, or than a mebibyte, is not worth a sentence.
_SHARE, _FLOOR_BYTES = 0.05, 2**20
# So many of the trained tensors must have a like among others for these to be a copy.
_LIKE_SHARE = 0.9
# State tensors as large as the parameter. Source: torch.optim, each class's step.
_SLOTS: Dict[str, Tuple[str, ...]] = {
    "SGD": ("momentum_buffer",),
    "Adam": ("exp_avg", "exp_avg_sq", "max_exp_avg_sq"),
    "AdamW": ("exp_avg", "exp_avg_sq", "max_exp_avg_sq"),
    "NAdam": ("exp_avg", "exp_avg_sq"),
    "RAdam": ("exp_avg", "exp_avg_sq"),
    "Adamax": ("exp_avg", "exp_inf"),
    "Adagrad": ("sum",),
    "Adadelta": ("square_avg", "acc_delta"),
    "RMSprop": ("square_avg", "momentum_buffer", "grad_avg"),
    "Muon": ("momentum_buffer",),
}


def find_surplus(walked: Walked) -> Iterator[Surplus]:
    """What there is beyond the expected, the models first."""
    parameters = trained(walked.optimizers)
    wanted = {id(part) for part in parameters}
    floor = max(_FLOOR_BYTES, _SHARE * sum(_bytes(part) for part in parameters))
    yield from _models(walked, wanted, floor)
    yield from _copies(walked, parameters, floor)
    yield from _state(walked, floor)


def _models(walked: Walked, wanted: Set[int], floor: float) -> Iterator[Surplus]:
    if not wanted:
        return
    shared = {id(part) for root in walked.roots for part in _parameters(root)}
    for root in module_tree.roots(walked.modules):
        if holds(root, wanted):
            continue
        own = {id(part): part for part in _parameters(root) if id(part) not in shared}
        size = sum(_bytes(part) for part in own.values())
        if size >= floor:
            name = type(root).__name__
            text = f"{name} with {len(own)} parameter tensors is held, and no optimizer that was seen trains it"
            yield Surplus("model", size, text)


def _copies(walked: Walked, parameters: List[Any], floor: float) -> Iterator[Surplus]:
    shapes = Counter(tuple(part.shape) for part in parameters)
    claims = [claim for claim in walked.ledger.claims or () if claim.role == "other_tensors"]
    for dtype in sorted({claim.dtype for claim in claims}):
        sizes: Dict[Tuple[int, ...], List[int]] = {}
        for claim in claims:
            if claim.dtype == dtype and claim.shape in shapes:
                sizes.setdefault(claim.shape, []).append(claim.size_bytes)
        matched = {shape: min(len(found), shapes[shape]) for shape, found in sizes.items()}
        size = sum(sum(sizes[shape][:count]) for shape, count in matched.items())
        if size >= floor and sum(matched.values()) >= _LIKE_SHARE * sum(shapes.values()):
            count = sum(matched.values())
            text = f"{count} tensors have the shapes of the trained parameters: a copy of them in {dtype}"
            yield Surplus("copy", size, text)


def _state(walked: Walked, floor: float) -> Iterator[Surplus]:
    for optimizer in walked.optimizers:
        name = type(optimizer).__name__
        slots = _SLOTS.get(name)
        if slots is None:
            continue
        beyond: Dict[str, int] = {}
        for part, state in list(optimizer.state.items()):
            for key, value in list(state.items()) if isinstance(state, dict) else ():
                if key not in slots and key != "step" and hasattr(value, "untyped_storage") and value is not part:
                    beyond[str(key)] = beyond.get(str(key), 0) + _bytes(value)
        size = sum(beyond.values())
        if size >= floor:
            keys = ", ".join(sorted(beyond))
            yield Surplus("optimizer", size, f"{name} keeps more than its own state for each parameter: {keys}")


def _parameters(root: Any) -> Iterator[Any]:
    for _, module in module_tree.tree(root):
        for _, part in module_tree.parameters(module):
            yield part


def _bytes(tensor: Any) -> int:
    local = getattr(tensor, "_local_tensor", tensor)
    return int(local.numel() * local.element_size())
