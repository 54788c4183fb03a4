"""Taking whole units, channels and heads out of a model that trains, with their gradients and optimizer state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import torch
from torch import nn

from memgui.protocol.errors import Refused
from memgui.protocol.shrinking import LayerChange, LeftOut, ShrinkPlan, Sizes
from memgui.shrink import refusals, trial
from memgui.shrink.change import Change
from memgui.shrink.linear_layers import MADE_ANEW
from memgui.shrink.method import Method, Planned
from memgui.shrink.prune import blocks, importance, traced
from memgui.shrink.prune.groups import Cut, Group, on_copy, select
from memgui.shrink.scene import Scene, nbytes

_BISECTIONS = 14
_MOST_RATIO = 0.95


class PruneStructured(Method):
    """Finds what can be cut, judges it, and cuts what matters least."""

    def watch(self, scene: Scene) -> list[nn.Module]:
        """The models, and one block of each kind, to be tried on a copy."""
        wanted = list(scene.models)
        seen: set[Any] = set()
        for name, module in scene.modules():
            if blocks.proposed(name, module):
                signature = blocks.signature(module)
                if signature not in seen:
                    seen.add(signature)
                    wanted.append(module)
        return wanted

    def plan(self, scene: Scene, params: Mapping[str, Any]) -> Planned:
        """Plan it."""
        refusals.refuse_unless_plain(scene)
        refusals.refuse_unless_shaped(scene)
        chosen = {id(module) for _, module in scene.chosen(str(params["modules"]))}
        found, left_out = _found(scene, chosen)
        if not found:
            reasons = "; ".join(f"{name}: {reason}" for name, reason in list(left_out.items())[:5])
            raise Refused(
                f"nothing can be taken out of the chosen modules{f' ({reasons})' if reasons else ''}",
                "choose linear or convolution layers, or blocks of attention or MLP",
            )
        scores = [importance.scores(group, str(params["criterion"])) for group in found]
        together = params["scope"] == "global"
        if params["target_bytes"]:
            kept = _by_target(scene, found, scores, int(params["target_bytes"]), together=together)
        else:
            kept = importance.kept(found, scores, float(params["ratio"]), together=together)
        chosen_units = [
            (group, units, importance.lost(each, units))
            for group, units, each in zip(found, kept, scores, strict=True)
            if len(units) < group.count
        ]
        if not chosen_units:
            raise Refused("no unit would go by this ratio, so nothing would be freed", "choose a higher ratio")
        planned = _Pruning(scene, chosen_units, left_out)
        _try(scene, planned.cut)
        return planned


class _Pruning(Planned):
    def __init__(
        self,
        scene: Scene,
        chosen: Sequence[tuple[Group, torch.Tensor, float]],
        left_out: Mapping[str, str],
    ) -> None:
        self.cut = Cut.of((group, units) for group, units, _ in chosen)
        self._scene = scene
        self._units = sum(group.count - len(units) for group, units, _ in chosen)
        self._names = {id(module): name for name, module in scene.modules()}
        layers = [
            LayerChange(
                group.name,
                group.kind,
                f"{group.count - len(units)} of {group.count} {group.noun} removed",
                _sizes(scene, Cut.of([(group, units)]), kept=False),
                _sizes(scene, Cut.of([(group, units)]), kept=True),
                lost,
            )
            for group, units, lost in chosen
        ]
        layers.sort(key=_worth, reverse=True)
        self.plan = ShrinkPlan(
            tuple(layers),
            tuple(LeftOut(name, reason) for name, reason in left_out.items()),
            _sizes(scene, self.cut, kept=False),
            _sizes(scene, self.cut, kept=True),
        )

    def tensors(self) -> Iterator[torch.Tensor]:
        """All of the models, since undo brings back the moment of the run."""
        return self._scene.tensors()

    def apply(self, change: Change) -> None:
        """Cut it."""
        change.keep_values(self._scene.models)
        with torch.no_grad():
            for module, name, keep in self.cut.keeps.values():
                tensor: torch.Tensor = getattr(module, name)
                if module._parameters.get(name) is None:
                    change.set_buffer(module, name, select(tensor, keep))
                    continue
                change.replace_parameter(
                    module,
                    name,
                    select(tensor, keep),
                    lambda other, keep=keep: select(other, keep),  # type: ignore[misc]
                )
        for module, name, value in self.cut.numbers.values():
            change.set_attribute(module, name, value)
        for module, kind in self.cut.classes.values():
            change.set_class(module, kind)

    def on_copy(self, root: nn.Module, copied: nn.Module) -> None:
        """Cut a copy."""
        on_copy(self.cut, root, copied)

    def details(self) -> Mapping[str, Any]:
        """For the receipt."""
        return {"units_removed": self._units, "tensors_cut": len(self.cut.keeps)}

    def recipe(self) -> Mapping[str, Any]:
        """What is kept, by name: a pruned checkpoint does not fit a fresh model without it."""
        return {
            "kept": {
                self._path(module, name): {str(dim): places.tolist() for dim, places in keep.items()}
                for module, name, keep in self.cut.keeps.values()
            },
            "numbers": {self._path(module, name): value for module, name, value in self.cut.numbers.values()},
            "classes": {
                self._names[id(module)]: f"{kind.__module__}:{kind.__qualname__}"
                for module, kind in self.cut.classes.values()
            },
        }

    def decided(self) -> Mapping[str, str]:
        """The places that are kept of each tensor, by its module."""
        found: dict[str, Any] = {}
        for module, name, keep in self.cut.keeps.values():
            found.setdefault(self._names[id(module)], blake2b(digest_size=8)).update(
                repr((name, [(dim, places.tolist()) for dim, places in sorted(keep.items())])).encode()
            )
        return {module: digest.hexdigest() for module, digest in found.items()}

    def _path(self, module: nn.Module, name: str) -> str:
        prefix = self._names[id(module)]
        return f"{prefix}.{name}" if prefix else name


def _found(scene: Scene, chosen: set[int]) -> tuple[list[Group], dict[str, str]]:
    found: list[Group] = []
    left_out: dict[str, str] = {}
    tried: dict[Any, list[str | None]] = {}
    for root in scene.models:
        own = _blocks(scene, root, left_out, tried)
        if own is None:
            prefix = next(name for name, module in scene.modules() if module is root)
            inputs = scene.inputs(root)
            if inputs is None:
                left_out[prefix] = "its forward was not called in the step that was watched"
                continue
            own, reasons = traced.groups(prefix, root, inputs)
            left_out.update(reasons)
        found += own
    owners: dict[int, int] = {}
    for _, module in scene.modules():
        for parameter in module._parameters.values():
            if parameter is not None:
                owners[id(parameter)] = owners.get(id(parameter), 0) + 1
    free = []
    for group in found:
        if not any(not member.takes and id(member.module) in chosen for member in group.members):
            continue
        if any(member.name not in member.module._parameters | member.module._buffers for member in group.members):
            left_out[group.name] = MADE_ANEW
        elif any(owners.get(id(member.tensor), 1) > 1 for member in group.members):
            left_out[group.name] = "its weights are tied to another layer, whose width is not its own"
        elif group.count > 1:
            free.append(group)
    names = {name for name, module in scene.modules() if id(module) in chosen}
    return free, {name: reason for name, reason in left_out.items() if name in names}


def _blocks(
    scene: Scene, root: nn.Module, left_out: dict[str, str], tried: dict[Any, list[str | None]]
) -> list[Group] | None:
    """Groups of attention and MLP blocks; None for a model without attention, which is traced as a whole."""
    prefix = next(name for name, module in scene.modules() if module is root)
    proposals = [(name, module, blocks.proposed(name, module)) for name, module in root.named_modules(prefix=prefix)]
    attention = any(group.noun != "hidden units" for _, _, groups in proposals for group in groups)
    transposed = any(blocks.is_transposed(module) for _, module, _ in proposals)
    if not attention and not transposed:
        return None
    seen: dict[Any, tuple[nn.Module, list[Group]]] = {}
    for _, module, groups in proposals:
        if groups and scene.inputs(module) is not None:
            seen.setdefault(blocks.signature(module), (module, groups))
    found = []
    for name, module, groups in proposals:
        if not groups:
            continue
        signature = blocks.signature(module)
        if signature not in tried and signature in seen:
            first, same = seen[signature]
            inputs = scene.inputs(first)
            assert inputs is not None
            tried[signature] = [blocks.fault(group, first, inputs) for group in same]
        unseen: list[str | None] = ["it was not called in the step that was watched"] * len(groups)
        for group, fault in zip(groups, tried.get(signature, unseen), strict=True):
            if fault is None:
                found.append(group)
            else:
                left_out[name] = fault
    for group in found:
        # Two layers may be proposed both ways round, of which one only can be right.
        left_out.pop(group.name, None)
    return found


def _by_target(
    scene: Scene, groups: Sequence[Group], scores: Sequence[torch.Tensor], target: int, *, together: bool
) -> list[torch.Tensor]:
    """The smallest cut that frees so many bytes.

    Raises:
        Refused: the most that may be cut does not free as many.
    """

    def cut(ratio: float) -> tuple[list[torch.Tensor], int]:
        kept = importance.kept(groups, scores, ratio, together=together)
        whole = Cut.of(zip(groups, kept, strict=True))
        return kept, _sizes(scene, whole, kept=False).total - _sizes(scene, whole, kept=True).total

    low, high = 0.0, _MOST_RATIO
    best, most = cut(high)
    if most < target:
        raise Refused(
            f"the chosen modules can give {most} bytes, not {target}", "choose more modules or a lower target"
        )
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        kept, freed = cut(middle)
        if freed >= target:
            high, best = middle, kept
        else:
            low = middle
    return best


def _sizes(scene: Scene, cut: Cut, *, kept: bool) -> Sizes:
    """Of the tensors that a cut touches, before or after; buffers count with the parameters."""
    parameters = gradients = state = 0
    for module, name, _ in cut.keeps.values():
        tensor: torch.Tensor = getattr(module, name)
        share = cut.numel_kept(module, name) / max(1, tensor.numel()) if kept else 1.0
        parameters += round(nbytes(tensor) * share)
        if isinstance(tensor, nn.Parameter):
            gradients += round(nbytes(tensor.grad) * share)
            for _, held in scene.states(tensor):
                state += sum(
                    round(nbytes(value) * share)
                    for value in held.values()
                    if isinstance(value, torch.Tensor) and value.shape == tensor.shape and value.dim()
                )
    return Sizes(parameters, gradients, state)


def _worth(layer: LayerChange) -> float:
    return (layer.before.total - layer.after.total) / max(layer.damage or 0.0, 1e-9)


def _try(scene: Scene, cut: Cut) -> None:
    """Hold the answer of a cut copy against that of the model, by its shapes.

    Raises:
        Refused: the forward does not work with the cut.
    """
    for root in scene.models:
        inputs = scene.inputs(root)
        if inputs is None:
            continue
        copied = trial.alias(root)
        shapes = [tensor.shape for tensor in trial.tensors_of(trial.run(copied, inputs))]
        on_copy(cut, root, copied)
        try:
            cut_shapes = [tensor.shape for tensor in trial.tensors_of(trial.run(copied, inputs))]
        except Exception as error:
            raise Refused(
                f"the model's forward does not work with the cut: {type(error).__name__}: {str(error)[:200]}",
                "leave out the modules whose sizes the code takes for granted",
            ) from error
        if shapes != cut_shapes:
            raise Refused(
                "the model's answer would have another shape with the cut",
                "leave out the modules whose sizes the code takes for granted",
            )
