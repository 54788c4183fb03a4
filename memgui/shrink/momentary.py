"""A linear layer whose dense weight exists only while it is multiplied with: made in forward, and again in backward."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn
from torch.autograd.function import once_differentiable

Make = Callable[[Any], torch.Tensor]
Pick = Callable[[torch.Tensor], torch.Tensor]


class MomentaryLinear(nn.Linear):
    """Base of layers that hold their weight in another form.

    Checkpoints hold the dense weight, so that they load into a plain model; `weight` gives it to whoever asks.
    """

    def held(self) -> torch.Tensor | None:
        """What of the weight is trained; None where nothing is."""
        raise NotImplementedError

    def dense(self, held: torch.Tensor | None) -> torch.Tensor:
        """The dense weight, of what is held."""
        raise NotImplementedError

    def picked(self, dense: torch.Tensor) -> torch.Tensor:
        """Of a tensor like the dense weight the part that is held: the gradient, or new values."""
        raise NotImplementedError

    def take(self, weight: torch.Tensor) -> None:
        """Hold this dense weight, as well as the form allows."""
        raise NotImplementedError

    @property
    def weight(self) -> torch.Tensor:
        """The dense weight, made for the caller; gradients reach what is held."""
        return _Dense.apply(self.held(), self.dense, self.picked)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """As `nn.Linear`."""
        return multiply(self, x, self.held(), self.bias)

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:  # noqa: FBT001 - torch's
        weight = self.weight
        destination[prefix + "weight"] = weight if keep_vars else weight.detach()
        if self.bias is not None:
            destination[prefix + "bias"] = self.bias if keep_vars else self.bias.detach()

    def _load_from_state_dict(self, state_dict: Mapping[str, Any], prefix: str, *rest: Any) -> None:
        _metadata, _strict, missing, _unexpected, errors = rest
        weight, shape = state_dict.get(prefix + "weight"), (self.out_features, self.in_features)
        if weight is None:
            missing.append(prefix + "weight")
        elif tuple(weight.shape) != shape:
            errors.append(f"size mismatch for {prefix}weight: {tuple(weight.shape)} in the checkpoint, {shape} here")
        else:
            with torch.no_grad():
                self.take(weight)
        if self.bias is not None:
            bias = state_dict.get(prefix + "bias")
            if bias is None:
                missing.append(prefix + "bias")
            else:
                with torch.no_grad():
                    self.bias.copy_(bias)


def multiply(layer: MomentaryLinear, x: torch.Tensor, held: Any, bias: Any) -> torch.Tensor:
    """`x` times the dense weight of what is held, in the dtype of autocast where that is on."""
    if torch.is_autocast_enabled(x.device.type):
        dtype = torch.get_autocast_dtype(x.device.type)
        x, held, bias = (None if part is None else part.to(dtype) for part in (x, held, bias))
    return _Linear.apply(x, held, bias, layer.dense, layer.picked)


class _Dense(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, held: torch.Tensor | None, make: Make, pick: Pick) -> torch.Tensor:
        ctx.pick = pick
        return make(held)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[Any, ...]:
        return (ctx.pick(gradient) if ctx.needs_input_grad[0] else None), None, None


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any, held: Any, bias: Any, make: Make, pick: Pick) -> torch.Tensor:
        ctx.save_for_backward(x if ctx.needs_input_grad[1] else None, held)
        ctx.make, ctx.pick, ctx.dtype = make, pick, x.dtype
        return nn.functional.linear(x, make(held).to(x.dtype), bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[Any, ...]:
        x, held = ctx.saved_tensors
        for_x = for_held = for_bias = None
        if ctx.needs_input_grad[0]:
            for_x = gradient @ ctx.make(held).to(ctx.dtype)
        rows = gradient.reshape(-1, gradient.shape[-1])
        if ctx.needs_input_grad[1]:
            for_held = ctx.pick(rows.t() @ x.reshape(-1, x.shape[-1]))
        if ctx.needs_input_grad[2]:
            for_bias = rows.sum(0)
        return for_x, for_held, for_bias, None, None
