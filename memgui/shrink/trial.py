"""Trying something on a copy: the script's own modules, its random numbers and its hooks notice nothing."""

from __future__ import annotations

import copy
import random
import sys
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from memgui.protocol.errors import Refused
from memgui.shrink import autocast
from memgui.shrink.scene import Inputs

_HOOKS = (
    "_forward_hooks",
    "_forward_pre_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks_with_kwargs",
    "_backward_hooks",
    "_backward_pre_hooks",
)


def alias(module: nn.Module) -> nn.Module:
    """A copy whose parameters are the same memory, without hooks, in eval mode; buffers are copies.

    Raises:
        Refused: the module holds something that cannot be copied.
    """
    memo: dict[int, Any] = {}
    for part in module.parameters():
        memo[id(part)] = nn.Parameter(part.detach(), _floats(part))
    for part in module.modules():
        for name, value in vars(part).items():
            if name in _HOOKS:
                memo[id(value)] = OrderedDict()
            elif isinstance(value, torch.Tensor) and not value.is_leaf:
                memo[id(value)] = value.detach()
    try:
        copied = copy.deepcopy(module, memo)
    except Exception as error:
        raise Refused(
            f"{type(module).__name__} cannot be copied for a trial: {type(error).__name__}: {error}",
            "choose modules below it",
        ) from error
    return copied.eval()


def run(module: nn.Module, inputs: Inputs) -> Any:
    """What the module answers, with no gradient and no trace left in the random number generators."""
    with torch.no_grad(), same_random_numbers(), autocast.again(inputs.autocast):
        return module(*inputs.args, **inputs.kwargs)


@contextmanager
def same_random_numbers() -> Iterator[None]:
    """Whatever is drawn inside, the script draws the same numbers afterwards."""
    numpy = sys.modules.get("numpy")
    drawn = numpy.random.get_state() if numpy is not None else None
    state = random.getstate()
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices=devices):
        try:
            yield
        finally:
            random.setstate(state)
            if numpy is not None:
                numpy.random.set_state(drawn)


def tensors_of(answer: Any) -> list[torch.Tensor]:
    """The tensors in a module's answer, in order."""
    if isinstance(answer, torch.Tensor):
        return [answer]
    if isinstance(answer, dict):
        return [part for value in answer.values() for part in tensors_of(value)]
    if isinstance(answer, (list, tuple)):
        return [part for value in answer for part in tensors_of(value)]
    return []


def _floats(tensor: torch.Tensor) -> bool:
    return tensor.is_floating_point() or tensor.is_complex()
