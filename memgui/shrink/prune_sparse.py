"""Unstructured pruning that frees memory: the smallest weights go, a vector and a bit pattern hold the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import torch
from torch import nn

from memgui.protocol.errors import Refused
from memgui.protocol.shrinking import LayerChange, LeftOut, ShrinkPlan, Sizes
from memgui.shrink import csr
from memgui.shrink.change import Change
from memgui.shrink.linear_layers import linear_layers, on_copies, total, weight_sizes
from memgui.shrink.method import Method, Planned
from memgui.shrink.refusals import refuse_unless_plain, refuse_unless_shaped
from memgui.shrink.scene import Scene
from memgui.shrink.sparse import PATTERN, SparseLinear, pattern_bytes, pattern_of, places_of

# Halvings of the threshold of one ranking over all: float32 has no finer one.
_HALVINGS = 40
_TINY = torch.finfo(torch.float32).tiny


@dataclass(frozen=True)
class _Cut:
    """One layer: weights at or above the threshold stay, as a vector with a pattern or row by row (`csr`)."""

    module: nn.Linear
    kept: int
    threshold: float
    csr: bool = False


class PruneSparse(Method):
    """Keeps the largest weights of each layer, or of all."""

    def plan(self, scene: Scene, params: Mapping[str, Any]) -> Planned:
        """Rank the weights.

        Raises:
            Refused: there is no layer for it, or so much would be kept that it takes more memory than before.
        """
        form = str(params.get("format", "auto"))
        # A second model of the same shapes may well keep its weights, where those that are trained keep theirs.
        refuse_unless_plain(Scene(scene.models, scene.optimizers) if form == "csr" else scene)
        refuse_unless_shaped(scene)
        for optimizer in scene.optimizers:
            if "muon" in type(optimizer).__name__.lower():
                raise Refused(
                    f"{type(optimizer).__name__} works on matrices, and the weights would be vectors",
                    "prune_structured keeps them matrices",
                )
        ratio = float(params.get("ratio", 0.8))
        layers, left_out = linear_layers(scene, str(params.get("modules", "")))
        if form == "csr":
            layers = _resting(scene, layers, left_out, everywhere=not params.get("modules"))
        if not layers:
            reasons = dict.fromkeys(left.reason for left in left_out)
            raise Refused(f"no linear layer can be pruned: {'; '.join(reasons) or 'there is none'}", "choose others")
        thresholds = _thresholds(layers, ratio, whole=params.get("scope", "layer") == "global")
        changes: list[LayerChange] = []
        cuts: dict[str, _Cut] = {}
        for name, module in layers.items():
            size = module.weight.numel()
            kept = int((module.weight.detach().abs() >= thresholds[name]).sum())
            before = weight_sizes(scene, module.weight)
            most = csr.break_even(module.weight)
            rests = form != "pattern" and csr.speaks_against(module) is None
            cut = _Cut(module, kept, thresholds[name], csr=form == "csr" or (rests and kept < most * size))
            if not cut.csr:
                most = 1 - pattern_bytes(size) / before.total
            if cut.kept >= most * size:
                left_out.append(
                    LeftOut(name, f"{cut.kept / size:.1%} of its weights stay; below {most:.1%} memory is freed")
                )
                continue
            if cut.kept == 0:
                left_out.append(LeftOut(name, "none of its weights would stay"))
                continue
            cuts[name] = cut
            changes.append(_layer(name, cut, before))
        if not cuts:
            raise Refused(
                f"nothing would be freed: {left_out[-1].module}: {left_out[-1].reason}", "prune a larger share"
            )
        changes.sort(key=lambda layer: (layer.after.total - layer.before.total) / max(layer.damage or 0.0, 1e-6))
        plan = ShrinkPlan(
            tuple(changes),
            tuple(left_out),
            total([layer.before for layer in changes]),
            total([layer.after for layer in changes]),
        )
        return _Planned(plan, scene, [cuts[layer.module] for layer in changes])


class _Planned(Planned):
    def __init__(self, plan: ShrinkPlan, scene: Scene, cuts: list[_Cut]) -> None:
        self.plan = plan
        self._scene = scene
        self._cuts = cuts
        inside = {id(cut.module) for cut in cuts if not cut.csr}
        self._roots = [root for root in scene.models if any(id(module) in inside for module in root.modules())]

    def tensors(self) -> Iterator[torch.Tensor]:
        yield from self._scene.tensors(self._roots)
        for cut in self._cuts:
            if cut.csr:
                yield from (part for part in (cut.module.weight, cut.module.weight.grad) if part is not None)

    def apply(self, change: Change) -> None:
        change.keep_values(self._roots)
        for cut in self._cuts:
            weight = cut.module._parameters["weight"].detach()
            keep = weight.abs() >= cut.threshold
            if cut.csr:
                parts = csr.parts_of(weight, keep)
                change.empty_parameter(cut.module, "weight")
                for name, part in parts.items():
                    change.set_buffer(cut.module, name, part)
                change.set_class(cut.module, csr.CsrLinear)
                continue
            pattern = pattern_of(keep)
            places = places_of(pattern, weight.numel())
            pick = _Pick(places)
            change.replace_parameter(cut.module, "weight", pick(weight), pick)
            change.set_buffer(cut.module, PATTERN, pattern)
            change.set_class(cut.module, SparseLinear)

    def decided(self) -> Mapping[str, str]:
        found = {}
        for layer, cut in zip(self.plan.layers, self._cuts, strict=True):
            places = [csr.ROWS, csr.COLUMNS] if cut.csr else [PATTERN]
            bits = b"".join(cut.module._buffers[name].cpu().numpy().tobytes() for name in places)
            found[layer.module] = blake2b(bits, digest_size=8).hexdigest()
        return found

    def on_copy(self, root: nn.Module, copied: nn.Module) -> None:
        cuts = {id(cut.module): cut for cut in self._cuts}
        for module, twin in on_copies(root, copied, [cut.module for cut in self._cuts]):
            weight = module.weight.detach()
            kept = torch.where(weight.abs() >= cuts[id(module)].threshold, weight, 0.0)
            twin._parameters["weight"] = nn.Parameter(kept, requires_grad=False)


class _Pick:
    def __init__(self, places: torch.Tensor) -> None:
        self._places = places

    def __call__(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor.detach().reshape(-1).take(self._places)


def _layer(name: str, cut: _Cut, before: Sizes) -> LayerChange:
    weight = cut.module.weight.detach()
    share = cut.kept / weight.numel()
    if cut.csr:  # state of the time when it was trained stays where it is
        after = Sizes(csr.csr_bytes(weight, cut.kept), 0, before.state)
    else:
        after = Sizes(
            round(before.parameters * share) + pattern_bytes(weight.numel()),
            round(before.gradients * share),
            round(before.state * share),
        )
    gone = torch.where(weight.abs() >= cut.threshold, 0.0, weight)
    norm = weight.norm().item()
    damage = gone.norm().item() / norm if norm > 0 else 0.0
    text = f"{cut.kept} of {weight.numel()} weights kept, {share:.1%}" + (", in CSR for evaluation" if cut.csr else "")
    return LayerChange(name, type(cut.module).__name__, text, before, after, damage)


def _resting(
    scene: Scene, layers: Mapping[str, nn.Linear], left_out: list[LeftOut], *, everywhere: bool
) -> dict[str, nn.Linear]:
    """Those that are for evaluation; of the other models too, where all is meant."""
    found = dict(layers)
    for root in scene.others if everywhere else ():
        more, _ = linear_layers(Scene([root], scene.optimizers, scene.models), "")
        found.update({f"{type(root).__name__}:{name}": module for name, module in more.items()})
    reasons = {name: csr.speaks_against(module) for name, module in found.items()}
    left_out += [LeftOut(name, reason) for name, reason in reasons.items() if reason is not None]
    return {name: module for name, module in found.items() if reasons[name] is None}


def _thresholds(layers: Mapping[str, nn.Linear], ratio: float, *, whole: bool) -> dict[str, float]:
    """The magnitude at which weights begin to stay; zeros never do."""
    if not whole:
        return {name: _at(module.weight.detach(), ratio) for name, module in layers.items()}
    weights = [module.weight.detach() for module in layers.values()]
    wanted = ratio * sum(weight.numel() for weight in weights)
    low, high = 0.0, max(weight.abs().max().item() for weight in weights)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if sum(int((weight.abs() < middle).sum()) for weight in weights) < wanted:
            low = middle
        else:
            high = middle
    return dict.fromkeys(layers, max(high, _TINY))


def _at(weight: torch.Tensor, ratio: float) -> float:
    goes = min(int(ratio * weight.numel()), weight.numel() - 1)
    return max(weight.abs().reshape(-1).kthvalue(goes + 1).values.item(), _TINY)
