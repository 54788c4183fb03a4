"""Optimizer state in eight bits: copied in live, while the user's own optimizer goes on being the one that steps."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from memgui.protocol.errors import Refused
from memgui.protocol.shrinking import LayerChange, LeftOut, ShrinkPlan, Sizes
from memgui.shrink.change import Change
from memgui.shrink.eight_bit import SMALLEST, block_of, is_narrow, narrow, narrow_bytes, state_class, widen
from memgui.shrink.method import Method, Planned
from memgui.shrink.piecewise import KEYS, can_be_narrow, can_step, narrowed, piecewise_step, widened
from memgui.shrink.scene import Scene, nbytes

# Values of a tensor that the error is estimated from.
_SAMPLE = 1 << 16
_MAP_BYTES = 1024


@dataclass(frozen=True)
class _Entry:
    """One tensor of state that becomes narrow."""

    optimizer: Optimizer
    parameter: torch.Tensor
    key: str

    @property
    def tensor(self) -> torch.Tensor:
        return self.optimizer.state[self.parameter][self.key]


class QuantizeOptimizer(Method):
    """Exchanges exp_avg and exp_avg_sq for eight bits a value with a scale for every 256."""

    def __init__(self) -> None:
        state_class()  # imports torchao, off the training thread

    def plan(self, scene: Scene, params: Mapping[str, Any]) -> Planned:
        """Find the state that can be narrow.

        Raises:
            Refused: no optimizer steps in a way that this works with, or there is no state of that kind.
        """
        optimizers = _usable(scene.optimizers)
        entries: list[_Entry] = []
        layers: list[LayerChange] = []
        left_out: list[LeftOut] = []
        seen: set[int] = set()
        for name, module in scene.chosen(str(params.get("modules", ""))):
            own: list[_Entry] = []
            kept: list[str] = []
            for parameter in module._parameters.values():
                if parameter is None or id(parameter) in seen:
                    continue
                seen.add(id(parameter))
                for optimizer in optimizers:
                    state = optimizer.state.get(parameter, {})
                    own += [_Entry(optimizer, parameter, key) for key in state if can_be_narrow(key, state[key])]
                    kept += _why_not(state)
            if own:
                layers.append(_layer(name, type(module).__name__, own))
                entries += own
            elif kept:
                left_out.append(LeftOut(name, kept[0]))
        if not entries:
            reasons = dict.fromkeys(left.reason for left in left_out)
            raise Refused(
                f"no state can be stored in eight bits: {'; '.join(reasons) or 'there is none yet'}",
                "choose modules with larger weights, or wait for the first steps",
            )
        layers.sort(key=lambda layer: (layer.after.total - layer.before.total) / max(layer.damage or 0.0, 1e-6))
        maps = {(KEYS[entry.key], entry.tensor.device) for entry in entries}
        before = sum(layer.before.state for layer in layers)
        after = sum(layer.after.state for layer in layers) + _MAP_BYTES * len(maps)
        return _Planned(ShrinkPlan(tuple(layers), tuple(left_out), Sizes(state=before), Sizes(state=after)), entries)


class _Planned(Planned):
    def __init__(self, plan: ShrinkPlan, entries: list[_Entry]) -> None:
        self.plan = plan
        self._entries = entries

    def tensors(self) -> Iterator[torch.Tensor]:
        return (entry.tensor for entry in self._entries)

    def apply(self, change: Change) -> None:
        parts: dict[Optimizer, set[int]] = {}
        for entry in self._entries:
            eight = narrow(entry.tensor, signed=KEYS[entry.key])
            change.set_state(entry.optimizer, entry.parameter, entry.key, eight)
            parts.setdefault(entry.optimizer, set()).add(id(entry.parameter))
        for optimizer, ids in parts.items():
            places = frozenset(
                (number, place)
                for number, group in enumerate(optimizer.param_groups)
                for place, parameter in enumerate(group["params"])
                if id(parameter) in ids
            )
            _take_the_step(change, optimizer)
            change.custom(optimizer.register_state_dict_post_hook(widened).remove)
            loaded = functools.partial(narrowed, places)
            change.custom(optimizer.register_load_state_dict_post_hook(loaded).remove)

    def on_copy(self, root: nn.Module, copied: nn.Module) -> None:
        raise NotImplementedError("the weights stay as they are, and so does the loss of this batch")


def _take_the_step(change: Change, optimizer: Optimizer) -> None:
    before: Callable[..., Any] | None = optimizer.__dict__.get("step")
    if _is_ours(before):
        return
    change.custom(_give_the_step_back, weakref.ref(optimizer), before)
    step = piecewise_step(optimizer)
    optimizer.step = step


def _give_the_step_back(reference: Callable[[], Optimizer | None], before: Callable[..., Any] | None) -> None:
    optimizer = reference()
    if optimizer is None:
        return
    if before is None:
        optimizer.__dict__.pop("step", None)
    else:
        optimizer.step = before


def _is_ours(step: Any) -> bool:
    return getattr(step, "_steps_piecewise", False) is True


def _usable(optimizers: list[Optimizer]) -> list[Optimizer]:
    """Those whose step can be taken.

    Raises:
        Refused: there is none.
    """
    found, reasons = [], []
    for optimizer in optimizers:
        reason = _speaks_against(optimizer)
        if reason is None:
            found.append(optimizer)
        else:
            reasons.append(reason)
    if not found:
        what, way_out = reasons[0] if reasons else ("no optimizer was seen stepping", "")
        raise Refused(what, way_out)
    return found


def _speaks_against(optimizer: Optimizer) -> tuple[str, str] | None:
    """Why its step cannot be taken, and the way out."""
    kind = type(optimizer).__name__
    if not can_step(optimizer):
        return (
            f"{kind} is not Adam, AdamW, NAdam or RAdam of torch, or steps in a way of its own",
            "offload_optimizer or prune_structured work with every optimizer",
        )
    step = optimizer.__dict__.get("step")
    if step is not None and not getattr(step, "_wrapped_by_lr_sched", False):
        return (
            f"something took the place of {kind}.step, such as accelerate for float16, and would be passed over",
            "train in bfloat16, which needs no wrapped step",
        )
    for group in optimizer.param_groups:
        for option in ("capturable", "differentiable"):
            if group.get(option):
                return (
                    f"{kind} is {option}: its state must stay the tensors that it is",
                    f"make the optimizer without {option}",
                )
    return None


def _why_not(state: Mapping[str, Any]) -> list[str]:
    found = []
    for key, value in state.items():
        if key in KEYS and is_narrow(value):
            found.append("its state is in eight bits already")
        elif key in KEYS and isinstance(value, torch.Tensor) and not can_be_narrow(key, value):
            if value.numel() < SMALLEST:
                found.append(f"its state has fewer than {SMALLEST} values")
            elif block_of(value.numel()) is None:
                found.append(f"its {value.numel()} values are no multiple of 32")
            else:
                found.append(f"its state is {type(value).__name__} of {value.dtype}")
    return found


def _layer(name: str, kind: str, entries: list[_Entry]) -> LayerChange:
    before = sum(nbytes(entry.tensor) for entry in entries)
    after = sum(narrow_bytes(entry.tensor.numel()) for entry in entries)
    text = f"{', '.join(sorted({entry.key for entry in entries}))} in 8 bits a value"
    damage = max(_error(entry.tensor, signed=KEYS[entry.key]) for entry in entries)
    return LayerChange(name, kind, text, Sizes(state=before), Sizes(state=after), damage)


def _error(tensor: torch.Tensor, *, signed: bool) -> float:
    """Relative error, of the first values."""
    size = tensor.numel() if tensor.numel() < _SAMPLE else _SAMPLE
    part = tensor.detach().reshape(-1)[:size].float()
    norm = part.norm().item()
    return (widen(narrow(part, signed=signed)) - part).norm().item() / norm if norm > 0 else 0.0
