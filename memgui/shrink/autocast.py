"""Autocast as it was at one moment of the training, and again around a trial of the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch

_DEVICES = ("cpu", "cuda", "xpu", "mps")
Autocast = tuple[tuple[str, torch.dtype], ...]


def now() -> Autocast:
    """Device types for which it is on, with the dtypes."""
    return tuple((kind, torch.get_autocast_dtype(kind)) for kind in _DEVICES if torch.is_autocast_enabled(kind))


@contextmanager
def again(seen: Autocast) -> Iterator[None]:
    """On as it was; a safe point lies outside of the loop's own `with torch.autocast`."""
    with ExitStack() as stack:
        for kind, dtype in seen:
            stack.enter_context(torch.autocast(kind, dtype=dtype))
        yield
