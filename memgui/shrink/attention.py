"""torch's MultiheadAttention with fewer heads: its own code insists that the heads make up the width."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional


class PrunedAttention(nn.MultiheadAttention):
    """Becomes the class of a MultiheadAttention whose heads were cut; `head_dim` and the width stay what they were."""

    def forward(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        key_padding_mask: torch.Tensor | None = None,
        need_weights: bool = True,  # noqa: FBT001, FBT002 - torch's signature
        attn_mask: torch.Tensor | None = None,
        average_attn_weights: bool = True,  # noqa: FBT001, FBT002
        is_causal: bool = False,  # noqa: FBT001, FBT002
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """As torch's, without its fast paths."""
        batched = query.dim() == 3
        if not batched:
            query, key, value = query.unsqueeze(0), key.unsqueeze(0), value.unsqueeze(0)
            key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
        elif not self.batch_first:
            query, key, value = query.transpose(0, 1), key.transpose(0, 1), value.transpose(0, 1)
        q, k, v = self._projected(query, key, value)
        mask = self._mask(attn_mask, key_padding_mask, q, k.shape[-2])
        dropout = self.dropout if self.training else 0.0
        weights = None
        if need_weights:
            scores = (q * self.head_dim**-0.5) @ k.transpose(-2, -1)
            weights = (scores if mask is None else scores + mask).softmax(-1)
            weights = functional.dropout(weights, dropout) if dropout else weights
            out = weights @ v
            weights = weights.mean(1) if average_attn_weights else weights
        else:
            out = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=dropout)
        out = self.out_proj(out.transpose(1, 2).flatten(2))
        if not batched:
            return out.squeeze(0), None if weights is None else weights.squeeze(0)
        return (out if self.batch_first else out.transpose(0, 1)), weights

    def _projected(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        parts = self.in_proj_weight.chunk(3)
        biases: Any = (None,) * 3 if self.in_proj_bias is None else self.in_proj_bias.chunk(3)
        return tuple(
            functional.linear(x, weight, bias).unflatten(-1, (self.num_heads, self.head_dim)).transpose(1, 2)
            for x, weight, bias in zip(inputs, parts, biases, strict=True)
        )

    def _mask(
        self, mask: torch.Tensor | None, padding: torch.Tensor | None, q: torch.Tensor, keys: int
    ) -> torch.Tensor | None:
        added = None
        if mask is not None:
            mask = _as_added(mask, q.dtype)
            added = mask if mask.dim() == 2 else mask.view(q.shape[0], -1, q.shape[-2], keys)
        if padding is not None:
            padding = _as_added(padding, q.dtype).view(q.shape[0], 1, 1, keys)
            added = padding if added is None else added + padding
        return added


def _as_added(mask: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    if mask.dtype is not torch.bool:
        return mask.to(dtype)
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill(mask, float("-inf"))
