"""The linear layers of a scope whose weights can be held in another form, and what their weights cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import nn

from memgui.protocol.shrinking import LeftOut, Sizes
from memgui.shrink.momentary import MomentaryLinear
from memgui.shrink.recompute import Recomputed
from memgui.shrink.scene import Scene, nbytes

# Masks save no memory, and the next step revives what they hide.
MADE_ANEW = (
    "its weight is made anew in each forward, by a mask (torch.nn.utils.prune) or a norm; make it plain first, as by "
    "torch.nn.utils.prune.remove"
)


def linear_layers(scene: Scene, wanted: str) -> tuple[dict[str, nn.Linear], list[LeftOut]]:
    """Those that can be changed by name, and what else holds a matrix, with the reason.

    Raises:
        Refused: a name in `wanted` fits no module.
    """
    uses = Counter(
        id(parameter)
        for root in [*scene.models, *scene.others]
        for module in root.modules()
        for parameter in module._parameters.values()
    )
    found: dict[str, nn.Linear] = {}
    left_out: list[LeftOut] = []
    for name, module in scene.chosen(wanted):
        weight = module._parameters.get("weight")
        if not isinstance(module, nn.Linear) and (weight is None or weight.dim() < 2):
            continue
        reason = _speaks_against(module, shared=uses[id(weight)] > 1)
        if reason is None:
            found[name] = module
        else:
            left_out.append(LeftOut(name, reason))
    return found, left_out


def _speaks_against(module: nn.Module, *, shared: bool) -> str | None:
    if isinstance(module, MomentaryLinear):
        return "its weight is held in another form already"
    if isinstance(module, nn.modules.linear.NonDynamicallyQuantizableLinear):
        return "nn.MultiheadAttention reads this weight without calling the layer"
    if module._parameters.get("weight") is None:
        return MADE_ANEW
    if type(module) is not nn.Linear:
        return f"only nn.Linear is supported, not {type(module).__name__}"
    if shared:
        return "its weight is tied to another module's"
    if "forward" in module.__dict__ and not isinstance(module.__dict__["forward"], Recomputed):
        return "something else took the place of its forward"
    return None


def weight_sizes(scene: Scene, weight: torch.Tensor) -> Sizes:
    """Of a weight, its gradient, and the state that is shaped like it."""
    state = sum(
        nbytes(value)
        for _, held in scene.states(weight)
        for value in held.values()
        if isinstance(value, torch.Tensor) and value.shape == weight.shape
    )
    return Sizes(nbytes(weight), nbytes(weight.grad), state)


def on_copies(root: nn.Module, copied: nn.Module, modules: Sequence[nn.Linear]) -> Iterator[tuple[nn.Linear, Any]]:
    """Each of the modules that is in `root`, and what stands for it in a copy."""
    wanted = {id(module) for module in modules}
    for module, twin in zip(root.modules(), copied.modules()):
        if id(module) in wanted:
            yield module, twin


def total(sizes: Sequence[Sizes]) -> Sizes:
    """Their sum."""
    return Sizes(
        sum(each.parameters for each in sizes),
        sum(each.gradients for each in sizes),
        sum(each.state for each in sizes),
    )
