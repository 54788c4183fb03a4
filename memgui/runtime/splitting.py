"""What micro-batching must know of a function and a batch: its modules, its samples, and why it must not be split."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import nn

from memgui.runtime.sizes import tensors_in

_BATCH_NORMS = (nn.modules.batchnorm._BatchNorm,)


def modules_of(function: Callable[..., Any]) -> tuple[nn.Module, ...]:
    """The modules that a function reaches: itself, its object and that one's attributes, closure, globals by name."""
    found: dict[int, nn.Module] = {}
    for value in _reached(function):
        if isinstance(value, nn.Module):
            found[id(value)] = value
    return tuple(found.values())


def _reached(function: Any) -> Iterator[Any]:
    yield function
    if isinstance(function, functools.partial):
        for part in (function.func, *function.args, *function.keywords.values()):
            yield from _reached(part)
        return
    owner = getattr(function, "__self__", None)
    if owner is not None:
        yield owner
        yield from vars(owner).values() if hasattr(owner, "__dict__") else ()
    plain = inspect.unwrap(getattr(function, "__func__", function))
    code = getattr(plain, "__code__", None)
    if code is None:
        return
    for cell in plain.__closure__ or ():
        try:
            held = cell.cell_contents
        except ValueError:  # a variable that is not bound yet
            continue
        yield held
        if not isinstance(held, nn.Module) and hasattr(held, "__dict__"):
            yield from vars(held).values()
    for name in code.co_names:
        if name in plain.__globals__:
            yield plain.__globals__[name]


def why_not_split(modules: tuple[nn.Module, ...]) -> str | None:
    """The reason why the modules need the whole batch at once; None where they do not."""
    for top in modules:
        for name, part in top.named_modules():
            if isinstance(part, _BATCH_NORMS) and part.training:
                where = name or type(part).__name__
                return (
                    f"{where} is batch norm in train mode: its statistics are those of the whole batch, so "
                    "micro-batches would train another model. Put it into eval mode, or use group or layer norm"
                )
    return None


def samples_in(batch: Any) -> int:
    """Length of the batch: the first dimension of its tensors.

    Raises:
        ValueError: there is no tensor, or they differ in length.
    """
    lengths = {tensor.shape[0] if tensor.dim() else 0 for tensor in tensors_in(batch)}
    if len(lengths) != 1 or 0 in lengths:
        told = ", ".join(str(length) for length in sorted(lengths)) or "no tensors"
        raise ValueError(
            f"a batch needs tensors of one length in their first dimension, and at least one sample; found {told}"
        )
    return lengths.pop()


def piece(batch: Any, start: int, end: int) -> Any:
    """Samples `start` to `end` of a batch; views, no copies."""
    if isinstance(batch, torch.Tensor):
        return batch[start:end]
    if isinstance(batch, Mapping):
        return {key: piece(part, start, end) for key, part in batch.items()}
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(piece(part, start, end) for part in batch))
    if isinstance(batch, (tuple, list)):
        return type(batch)(piece(part, start, end) for part in batch)
    return batch


def is_out_of_memory(error: BaseException) -> bool:
    """torch's own class on devices; on the host a RuntimeError of its allocator, or Python's MemoryError.

    Source: c10/core/impl/alloc_cpu.cpp, «DefaultCPUAllocator: can't allocate memory» and «not enough memory».
    """
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and ("DefaultCPUAllocator" in text or "out of memory" in text)
