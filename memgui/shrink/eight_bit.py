"""Optimizer state in eight bits a value: torchao's `OptimState8bit`, made of wide tensors and made wide again.

Codes are those of torchao (blockwise, dynamic exponent). It finds each by nine gathers, which only its compiled step
makes fast; here the leading bits of a float are the place of its code in a table.
Source: https://arxiv.org/abs/2110.02861; torchao/optim/subclass_8bit.py.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator
from typing import Any

import torch

# torchao's own limit: a smaller tensor is not worth its scales.
SMALLEST = 4096
_BLOCKS = (256, 128, 64, 32)
_SLICE = 1 << 18
# Sign, exponent and nine bits: two neighbours differ by 0.2 %, two codes of the map by 1.4 % at least.
_KEPT, _DROPPED = 18, 14


def block_of(numel: int) -> int | None:
    """Values that share a scale: the largest block that divides the count; None where the tensor stays as it is."""
    if numel < SMALLEST:
        return None
    return next((block for block in _BLOCKS if numel % block == 0), None)


def narrow_bytes(numel: int) -> int:
    """Bytes of so many values in eight bits, scales included; the map of 1 KiB is one for all."""
    block = block_of(numel)
    if block is None:
        raise ValueError(f"{numel} values are not stored in eight bits")
    return numel + 4 * (numel // block)


def is_narrow(value: Any) -> bool:
    """Whether it is such a tensor."""
    return type(value).__name__ == "OptimState8bit"


def narrow(wide: torch.Tensor, *, signed: bool) -> torch.Tensor:
    """The tensor in eight bits; it goes on telling the wide one's dtype.

    Raises:
        ValueError: `block_of` its count is None.
    """
    block = block_of(wide.numel())
    if block is None:
        raise ValueError(f"{wide.numel()} values are not stored in eight bits")
    codes = torch.empty(wide.shape, dtype=torch.uint8, device=wide.device)
    scale = torch.empty(wide.numel() // block, dtype=torch.float32, device=wide.device)
    made = state_class()(codes, scale, _map(signed, wide.device), signed, dtype=wide.dtype)
    narrow_into(made, wide)
    return made


@torch.no_grad()
def narrow_into(target: Any, wide: torch.Tensor) -> None:
    """Put wide values into a tensor of eight bits. A block with a NaN or an infinity is NaN afterwards."""
    table = _table(target.signed, wide.device)
    flat, codes = wide.reshape(-1), target.codes.view(-1)
    for values, blocks in _slices(wide.numel(), target.block_size):
        part = flat[values].float().view(-1, target.block_size)
        scale = part.abs().amax(-1).clamp_(min=1e-12)
        target.scale[blocks] = scale
        bits = (part / scale.unsqueeze(1)).view(-1).view(torch.int32)
        codes[values] = table.index_select(0, bits.bitwise_right_shift_(_DROPPED).bitwise_and_((1 << _KEPT) - 1))


@torch.no_grad()
def widen(source: Any) -> torch.Tensor:
    """The values as a plain tensor of the dtype that was narrowed."""
    wide = torch.empty(source.codes.shape, dtype=source.dtype, device=source.codes.device)
    flat, codes = wide.view(-1), source.codes.view(-1)
    for values, blocks in _slices(wide.numel(), source.block_size):
        part = source.qmap.index_select(0, codes[values].int()).view(-1, source.block_size)
        flat[values] = part.mul_(source.scale[blocks].unsqueeze(1)).view(-1).to(source.dtype)
    return wide


def _slices(numel: int, block: int) -> Iterator[tuple[slice, slice]]:
    """Slices of the values and of their blocks."""
    for start in range(0, numel, _SLICE):
        end = min(numel, start + _SLICE)
        yield slice(start, end), slice(start // block, end // block)


@functools.lru_cache(maxsize=1)
def state_class() -> Any:
    """torchao's class. The first call imports torchao, which takes seconds and warns of kernels for other devices."""
    noisy = [logging.getLogger(name) for name in ("torchao", "torch.utils._pytree")]
    levels = [logger.level for logger in noisy]
    for logger in noisy:
        logger.setLevel(logging.ERROR)
    try:
        from torchao.optim.subclass_8bit import OptimState8bit
    finally:
        for logger, level in zip(noisy, levels):
            logger.setLevel(level)
    return OptimState8bit


@functools.lru_cache(maxsize=32)
def _map(signed: bool, device: torch.device) -> torch.Tensor:  # noqa: FBT001 - a cache key
    from torchao.optim.quant_utils import create_dynamic_map

    return torch.tensor(create_dynamic_map(signed), dtype=torch.float32, device=device)


@functools.lru_cache(maxsize=32)
def _table(signed: bool, device: torch.device) -> torch.Tensor:  # noqa: FBT001 - a cache key
    """The code of every float by its leading bits."""
    keys = torch.arange(1 << _KEPT, dtype=torch.int64) << _DROPPED | 1 << (_DROPPED - 1)
    values = _map(signed, torch.device("cpu"))
    middles = (values[:-1] + values[1:]) / 2
    floats = keys.to(torch.int32).view(torch.float32)
    return torch.bucketize(floats, middles, out_int32=True, right=True).to(torch.uint8).to(device)
