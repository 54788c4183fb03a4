"""Weights in one byte a value: of layers that are not trained, or as the base of adapters that are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from memgui.protocol.errors import Refused
from memgui.protocol.shrinking import LayerChange, LeftOut, ShrinkPlan, Sizes
from memgui.shrink.change import Change
from memgui.shrink.int8 import (
    ADAPTER_SCALE,
    CODES,
    SCALE,
    AdaptedLinear,
    Int8Linear,
    codes_of,
    int8_bytes,
    new_adapters,
    wide,
)
from memgui.shrink.linear_layers import linear_layers, on_copies, total, weight_sizes
from memgui.shrink.method import Method, Planned
from memgui.shrink.refusals import refuse_unless_plain, refuse_unless_shaped
from memgui.shrink.scene import Scene


class QuantizeWeights(Method):
    """Int8 with a scale for each row."""

    def plan(self, scene: Scene, params: Mapping[str, Any]) -> Planned:
        """Find the layers of the mode.

        Raises:
            Refused: there is none, or something else relies on the weights as they are.
        """
        adapt = params.get("mode", "frozen") == "adapters"
        rank, alpha = int(params.get("rank", 8)), float(params.get("alpha", 16.0))
        # A second model of the same shapes may well stay in full precision, and the first one's codes beside it.
        refuse_unless_plain(scene if adapt else Scene(scene.models, scene.optimizers))
        if adapt:
            refuse_unless_shaped(scene)
        layers, left_out = linear_layers(scene, str(params.get("modules", "")))
        if not adapt and not params.get("modules"):
            for root in scene.others:
                more, _ = linear_layers(Scene([root], scene.optimizers, scene.models), "")
                layers.update({f"{type(root).__name__}:{name}": module for name, module in more.items()})
        trained = scene.trained()
        changes: list[LayerChange] = []
        chosen: dict[str, nn.Linear] = {}
        for name, module in layers.items():
            weight = module.weight
            learns = weight.requires_grad and (module.training or id(weight) in trained)
            reason = _adapters_against(weight, rank, learns=learns and id(weight) in trained) if adapt else None
            if not adapt and learns:
                reason = "it is trained; mode=adapters trains small matrices beside it"
            if not weight.is_floating_point():
                reason = f"its weight is {weight.dtype}"
            if reason is not None:
                left_out.append(LeftOut(name, reason))
                continue
            chosen[name] = module
            changes.append(_layer(name, module, weight_sizes(scene, weight), rank if adapt else 0))
        if not chosen:
            reasons = dict.fromkeys(left.reason for left in left_out)
            raise Refused(f"no weight can be stored in int8: {'; '.join(reasons) or 'there is none'}", "choose others")
        changes.sort(key=lambda layer: (layer.after.total - layer.before.total) / max(layer.damage or 0.0, 1e-6))
        plan = ShrinkPlan(
            tuple(changes),
            tuple(left_out),
            total([layer.before for layer in changes]),
            total([layer.after for layer in changes]),
        )
        modules = [chosen[layer.module] for layer in changes]
        return _Adapted(plan, modules, scene, rank, alpha) if adapt else _Frozen(plan, modules)


class _Frozen(Planned):
    def __init__(self, plan: ShrinkPlan, modules: list[nn.Linear]) -> None:
        self.plan = plan
        self._modules = modules

    def tensors(self) -> Iterator[torch.Tensor]:
        for module in self._modules:
            yield module.weight
            if module.weight.grad is not None:
                yield module.weight.grad

    def apply(self, change: Change) -> None:
        for module in self._modules:
            codes, scale = codes_of(module.weight)
            change.empty_parameter(module, "weight")
            _hold(change, module, codes, scale)
            change.set_class(module, Int8Linear)

    def on_copy(self, root: nn.Module, copied: nn.Module) -> None:
        for module, twin in on_copies(root, copied, self._modules):
            twin._parameters["weight"] = nn.Parameter(wide(*codes_of(module.weight)), requires_grad=False)


class _Adapted(_Frozen):
    def __init__(self, plan: ShrinkPlan, modules: list[nn.Linear], scene: Scene, rank: int, alpha: float) -> None:
        super().__init__(plan, modules)
        self._scene = scene
        self._rank = rank
        self._alpha = alpha
        inside = {id(module) for module in modules}
        self._roots = [root for root in scene.models if any(id(module) in inside for module in root.modules())]

    def tensors(self) -> Iterator[torch.Tensor]:
        return self._scene.tensors(self._roots)

    def apply(self, change: Change) -> None:
        change.keep_values(self._roots)
        for module in self._modules:
            weight = module._parameters["weight"]
            codes, scale = codes_of(weight.detach())
            adapters = new_adapters(weight.detach(), self._rank)
            change.replace_parameter(module, "weight", adapters, _Blank(adapters))
            for optimizer, state in self._scene.states(weight):
                if "step" in state:  # its bias correction begins with the new moments
                    step = state["step"]
                    begun = torch.zeros_like(step) if isinstance(step, torch.Tensor) else type(step)(0)
                    change.set_state(optimizer, weight, "step", begun)
            _hold(change, module, codes, scale)
            change.set_attribute(module, ADAPTER_SCALE, self._alpha / self._rank)
            change.set_class(module, AdaptedLinear)


class _Blank:
    """Gradient and moments of parameters that are new."""

    def __init__(self, adapters: torch.Tensor) -> None:
        self._shape = adapters.shape

    def __call__(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor.new_zeros(self._shape)


def _hold(change: Change, module: nn.Module, codes: torch.Tensor, scale: torch.Tensor) -> None:
    change.set_buffer(module, CODES, codes)
    change.set_buffer(module, SCALE, scale)


def _adapters_against(weight: torch.Tensor, rank: int, *, learns: bool) -> str | None:
    rows, columns = weight.shape
    if not learns:
        return "it is not trained; mode=frozen stores it without adapters"
    if rank * (rows + columns) * 2 > rows * columns:
        return f"adapters of rank {rank} would be half as large as its weight of {rows} by {columns}"
    return None


def _layer(name: str, module: nn.Linear, before: Sizes, rank: int) -> LayerChange:
    weight = module.weight.detach()
    rows, columns = weight.shape
    share = rank * (rows + columns) / weight.numel()
    adapters = rank * (rows + columns) * weight.element_size()
    held = int8_bytes(rows, columns, weight.element_size()) + adapters
    if rank:
        after = Sizes(held, round(before.gradients * share), round(before.state * share))
    else:  # state of the time when it was trained stays where it is
        after = Sizes(held, 0, before.state)
    norm = weight.norm().item()
    damage = (wide(*codes_of(weight)) - weight).norm().item() / norm if norm > 0 else 0.0
    text = "weight in int8" + (f", adapters of rank {rank} learn beside it" if rank else "")
    return LayerChange(name, type(module).__name__, text, before, after, damage)
