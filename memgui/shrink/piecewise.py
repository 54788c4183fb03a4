"""A step of an optimizer whose state is narrow between steps: a few parameters at a time are widened and stepped.

The user's object steps with torch's own arithmetic, in full precision, whatever the implementation (for-loop, foreach,
fused); the widened state of one piece is all that exists at a time.
"""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.optim import Optimizer

from memgui.shrink.eight_bit import block_of, is_narrow, narrow, narrow_into, widen

# The state that may be narrow, and whether it has a sign.
KEYS = {"exp_avg": True, "exp_avg_sq": False, "max_exp_avg_sq": False}
# Values in a piece: large enough for foreach to pay, small beside a model that is worth shrinking.
PIECE = 1 << 22


def can_step(optimizer: Optimizer) -> bool:
    """Whether its step is torch's own and treats each parameter by itself, with the state that may be narrow."""
    own = {
        inspect.unwrap(kind.step)
        for kind in (torch.optim.Adam, torch.optim.AdamW, torch.optim.NAdam, torch.optim.RAdam)
    }
    return inspect.unwrap(type(optimizer).step) in own


def piecewise_step(optimizer: Optimizer) -> Callable[..., Any]:
    """What takes the place of `optimizer.step`; hooks run once a step, and schedulers see it called.

    It holds the optimizer weakly, as a scheduler's wrapper does, so that dropping the optimizer frees its state.
    """
    outer = type(optimizer).step
    inner = outer.__wrapped__ if getattr(outer, "hooked", False) else outer
    whole = Optimizer.profile_hook_step(functools.partial(_step, inner))
    reference = weakref.ref(optimizer)

    def called(*args: Any, **kwargs: Any) -> Any:
        alive = reference()
        assert alive is not None
        alive._opt_called = True
        return whole(alive, *args, **kwargs)

    step: Any = functools.wraps(inner)(called)
    # A scheduler that is made later wraps `step.__func__`; one that was made before looks for its mark.
    # Source: torch.optim.lr_scheduler.LRScheduler, patch_track_step_called.
    step.__func__ = whole
    step._wrapped_by_lr_sched = True
    step._steps_piecewise = True
    return step


def _step(inner: Callable[..., Any], optimizer: Optimizer, closure: Callable[[], Any] | None = None) -> Any:
    loss = None
    if closure is not None:
        with torch.enable_grad():
            loss = closure()
    groups = optimizer.param_groups
    try:
        for group, parameters in _pieces(groups):
            narrow_ones = _widen(optimizer, parameters)
            # A copy of the group: torch's step reads it only.
            optimizer.param_groups = [{**group, "params": parameters}]
            try:
                inner(optimizer)
            finally:
                _narrow(optimizer, parameters, narrow_ones)
    finally:
        optimizer.param_groups = groups
    return loss


def _pieces(groups: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], list[torch.Tensor]]]:
    for group in groups:
        piece: list[torch.Tensor] = []
        values = 0
        for parameter in group["params"]:
            if parameter.grad is None:
                continue
            if piece and values + parameter.numel() > PIECE:
                yield group, piece
                piece, values = [], 0
            piece.append(parameter)
            values += parameter.numel()
        if piece:
            yield group, piece


def _widen(optimizer: Optimizer, parameters: list[torch.Tensor]) -> dict[tuple[int, str], Any]:
    """Put wide state in the place of narrow; the narrow tensors, to take the new values back."""
    found: dict[tuple[int, str], Any] = {}
    for place, parameter in enumerate(parameters):
        state = optimizer.state.get(parameter, {})
        for key in KEYS:
            if is_narrow(state.get(key)):
                found[place, key] = state[key]
                state[key] = widen(state[key])
    return found


def _narrow(optimizer: Optimizer, parameters: list[torch.Tensor], before: dict[tuple[int, str], Any]) -> None:
    """Put the new values into the narrow tensors, and those back into their places."""
    for (place, key), target in before.items():
        state = optimizer.state[parameters[place]]
        narrow_into(target, state[key])
        state[key] = target


def widened(_optimizer: Optimizer, state_dict: dict[str, Any]) -> dict[str, Any]:
    """A state_dict post-hook: checkpoints hold plain tensors, and load where torchao is not."""
    state = {
        key: {name: widen(value) if is_narrow(value) else value for name, value in held.items()}
        for key, held in state_dict["state"].items()
    }
    return {**state_dict, "state": state}


def narrowed(places: frozenset[tuple[int, int]], optimizer: Optimizer) -> None:
    """A load_state_dict post-hook: what was loaded wide is narrow again.

    Args:
        places: number of the group and of the parameter in it, of those whose state is narrow.
    """
    for group, place in places:
        state = optimizer.state.get(optimizer.param_groups[group]["params"][place], {})
        for key, value in state.items():
            if can_be_narrow(key, value):
                state[key] = narrow(value, signed=KEYS[key])


def can_be_narrow(key: str, value: Any) -> bool:
    """Whether this entry of a state is a tensor that is worth it."""
    plain = key in KEYS and type(value) is torch.Tensor and value.is_floating_point()
    return plain and block_of(value.numel()) is not None
