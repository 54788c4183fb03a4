"""Linear layers whose weight is held in one byte a value, with a scale for each row; and with adapters that learn."""

from __future__ import annotations

import math

import torch
from torch import nn

from memgui.shrink.momentary import MomentaryLinear, multiply

CODES, SCALE = "weight_int8", "weight_scale"
ADAPTER_SCALE = "adapter_scale"


class Int8Linear(MomentaryLinear):
    """No parameter `weight`; two buffers hold it."""

    def held(self) -> torch.Tensor | None:
        """Nothing is trained."""
        return None

    def dense(self, held: torch.Tensor | None) -> torch.Tensor:
        """The weight, to within half a code."""
        return wide(self._buffers[CODES], self._buffers[SCALE])

    def picked(self, dense: torch.Tensor) -> torch.Tensor:
        """Never asked, since nothing is trained."""
        raise NotImplementedError

    def take(self, weight: torch.Tensor) -> None:
        """Hold its nearest codes."""
        codes, scale = codes_of(weight)
        self._buffers[CODES].copy_(codes)
        self._buffers[SCALE].copy_(scale)


class AdaptedLinear(Int8Linear):
    """The base stays as it is; the parameter `weight` holds two thin matrices side by side, whose product is added.

    It is the parameter that the dense weight was, so that whoever trains or clips that one goes on with the adapters.
    """

    @property
    def weight(self) -> torch.Tensor:
        """The dense weight with the adapters in it; gradients reach them."""
        down, up = self._adapters()
        return self.dense(None) + self.__dict__[ADAPTER_SCALE] * (up.t() @ down)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The base and the adapters; their product is never made."""
        down, up = self._adapters()
        added = nn.functional.linear(nn.functional.linear(x, down), up.t())
        return multiply(self, x, None, self.bias) + self.__dict__[ADAPTER_SCALE] * added

    def take(self, weight: torch.Tensor) -> None:
        """Hold it in the base; the adapters begin anew."""
        super().take(weight)
        self._adapters()[1].zero_()

    def _adapters(self) -> tuple[torch.Tensor, torch.Tensor]:
        both = self._parameters["weight"]
        return both[:, : self.in_features], both[:, self.in_features :]

    def extra_repr(self) -> str:
        """As `nn.Linear`, and the rank."""
        return f"{super().extra_repr()}, rank={len(self._parameters['weight'])}"


@torch.no_grad()
def codes_of(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Codes and scales, a row each; a row with a NaN or an infinity is NaN when it is wide again."""
    scale = (weight.abs().amax(1, keepdim=True) / 127).clamp_(min=torch.finfo(weight.dtype).tiny)
    codes = (weight / scale).round_().nan_to_num_(0.0).clamp_(-127, 127).to(torch.int8)
    return codes, scale


def wide(codes: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """The values, of the dtype of the scales."""
    return codes.to(scale.dtype).mul_(scale)


def int8_bytes(rows: int, columns: int, item: int) -> int:
    """Of codes and scales."""
    return rows * columns + rows * item


def new_adapters(weight: torch.Tensor, rank: int) -> torch.Tensor:
    """Adapters whose product is zero; the script's random numbers are not touched."""
    rows, columns = weight.shape
    numbers = torch.Generator(device=weight.device).manual_seed(rows * columns)
    both = torch.zeros(rank, columns + rows, dtype=weight.dtype, device=weight.device)
    both[:, :columns].uniform_(-1, 1, generator=numbers).mul_(1 / math.sqrt(columns))
    return both
