"""A linear layer that holds only the weights that are not zero, and one bit for each place."""

from __future__ import annotations

import torch
from torch import nn

from memgui.shrink.momentary import MomentaryLinear

PATTERN = "weight_pattern"


class SparseLinear(MomentaryLinear):
    """The parameter `weight` is a vector of the values that were kept; the places stay the same for good."""

    def held(self) -> torch.Tensor:
        """The values."""
        return self._parameters["weight"]

    def dense(self, held: torch.Tensor | None) -> torch.Tensor:
        """The values in their places, zeros elsewhere."""
        assert held is not None
        flat = held.new_zeros(self.out_features * self.in_features)
        return flat.scatter_(0, self._places(), held.detach()).view(self.out_features, self.in_features)

    def picked(self, dense: torch.Tensor) -> torch.Tensor:
        """What stands in the places that are kept."""
        return dense.reshape(-1).take(self._places())

    def take(self, weight: torch.Tensor) -> None:
        """Values elsewhere are dropped."""
        self.held().copy_(self.picked(weight.to(self.held().device)))

    def _places(self) -> torch.Tensor:
        return places_of(self._buffers[PATTERN], self.out_features * self.in_features)

    def extra_repr(self) -> str:
        """As `nn.Linear`, and the share of weights that are held."""
        size = self.out_features * self.in_features
        return f"{super().extra_repr()}, density={self.held().numel() / size:.3f}"


def pattern_of(keep: torch.Tensor) -> torch.Tensor:
    """A mask in bits, eight places a byte."""
    flat = nn.functional.pad(keep.reshape(-1).to(torch.uint8), (0, -keep.numel() % 8)).view(-1, 8)
    return (flat << _shifts(keep.device)).sum(1, dtype=torch.uint8)


def places_of(pattern: torch.Tensor, count: int) -> torch.Tensor:
    """The places of the ones among the first `count`, in order."""
    bits = (pattern.unsqueeze(1) >> _shifts(pattern.device)) & 1
    return bits.view(-1)[:count].nonzero().squeeze(1)


def pattern_bytes(count: int) -> int:
    """Of so many places."""
    return -(-count // 8)


def _shifts(device: torch.device) -> torch.Tensor:
    return torch.arange(8, dtype=torch.uint8, device=device)
