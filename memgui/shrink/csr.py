"""A linear layer that rests: its weights that are not zero, row by row with their columns, multiplied as they are.

Twice the bytes of a bit pattern at most densities, and no dense weight is made: for evaluation, where time counts.
"""

from __future__ import annotations

import warnings

import torch
from torch import nn

from memgui.shrink.momentary import MomentaryLinear, multiply

VALUES, ROWS, COLUMNS = "weight_values", "weight_rows", "weight_columns"
_INDEX_BYTES = 4


class CsrLinear(MomentaryLinear):
    """No parameter `weight`; three buffers hold it."""

    def held(self) -> torch.Tensor | None:
        """Nothing is trained."""
        return None

    def dense(self, held: torch.Tensor | None) -> torch.Tensor:
        """The values in their places, zeros elsewhere."""
        flat = self._buffers[VALUES].new_zeros(self.out_features * self.in_features)
        return flat.scatter_(0, self._places(), self._buffers[VALUES]).view(self.out_features, self.in_features)

    def picked(self, dense: torch.Tensor) -> torch.Tensor:
        """Never asked, since nothing is trained."""
        raise NotImplementedError

    def take(self, weight: torch.Tensor) -> None:
        """Values elsewhere are dropped."""
        values = self._buffers[VALUES]
        values.copy_(weight.to(values.device).reshape(-1).take(self._places()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """As `nn.Linear`; where a gradient passes through, or by autocast, with the dense weight for a moment."""
        if (torch.is_grad_enabled() and x.requires_grad) or torch.is_autocast_enabled(x.device.type):
            return multiply(self, x, None, self.bias)
        parts = (self._buffers[name] for name in (ROWS, COLUMNS, VALUES))
        weight = torch.sparse_csr_tensor(*parts, size=(self.out_features, self.in_features), check_invariants=False)
        answer = (weight @ x.reshape(-1, self.in_features).t()).t().contiguous()
        return (answer if self.bias is None else answer + self.bias).view(*x.shape[:-1], self.out_features)

    def extra_repr(self) -> str:
        """As `nn.Linear`, and the share of weights that are held."""
        size = self.out_features * self.in_features
        return f"{super().extra_repr()}, density={self._buffers[VALUES].numel() / size:.3f}"

    def _places(self) -> torch.Tensor:
        rows = torch.arange(self.out_features, device=self._buffers[ROWS].device)
        starts = rows.repeat_interleave(self._buffers[ROWS].diff()) * self.in_features
        return starts + self._buffers[COLUMNS]


def parts_of(weight: torch.Tensor, keep: torch.Tensor) -> dict[str, torch.Tensor]:
    """The buffers that hold the weights that are kept."""
    with warnings.catch_warnings():
        # Once a process torch says that its layout is in beta; the training's output is not the place for it.
        warnings.simplefilter("ignore")
        torch.eye(2).to_sparse_csr()
    counts = keep.sum(1).cumsum(0)
    rows = torch.cat([counts.new_zeros(1), counts]).to(torch.int32)
    return {VALUES: weight[keep], ROWS: rows, COLUMNS: keep.nonzero()[:, 1].to(torch.int32)}


def csr_bytes(weight: torch.Tensor, kept: int) -> int:
    """Of the buffers."""
    return kept * (weight.element_size() + _INDEX_BYTES) + (len(weight) + 1) * _INDEX_BYTES


def break_even(weight: torch.Tensor) -> float:
    """The density from which the buffers take as much as the weight."""
    return (weight.numel() * weight.element_size() - csr_bytes(weight, 0)) / csr_bytes(weight[:0], weight.numel())


def speaks_against(module: nn.Linear) -> str | None:
    """Why it cannot be held so."""
    weight = module.weight
    if module.training or weight.requires_grad:
        return "CSR is for layers in eval mode whose weights rest (requires_grad False)"
    if weight.dtype not in (torch.float32, torch.float64) or weight.device.type != "cpu":
        return f"CSR is multiplied in float32 or float64 on a CPU, not in {weight.dtype} on {weight.device.type}"
    if not torch.backends.mkl.is_available():
        return "this build of torch multiplies no CSR (it has no MKL)"
    return None
