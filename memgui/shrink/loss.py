"""The loss as the loop gives it to backward, noted only while somebody needs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


class LossMeter:
    """Stands in front of `torch.autograd.backward`; what is computed is the same to the bit.

    `Tensor.backward` looks the function up at each call. Where several backwards make a step, as with accumulation,
    the loss of the step is their mean. A GradScaler's scale is in it.
    """

    def __init__(self, listener: Callable[[torch.Tensor], None] | None = None) -> None:
        """`listener` is told each loss, before its backward."""
        self._listener = listener
        self._original: Callable[..., Any] | None = torch.autograd.backward
        self._seen: list[torch.Tensor] = []
        original = torch.autograd.backward

        def backward(tensors: Any, *args: Any, **kwargs: Any) -> Any:
            if self._original is not None:
                self._note(tensors)
            return original(tensors, *args, **kwargs)

        self._wrapper = backward
        torch.autograd.backward = backward

    def take(self) -> float | None:
        """Mean of the scalars since the last call; None where there was none. Waits for the device."""
        seen, self._seen = self._seen, []
        return sum(float(value) for value in seen) / len(seen) if seen else None

    def end(self) -> None:
        """Stand aside; on any thread. Where somebody has wrapped it meanwhile, the wrapper stays and does nothing."""
        original, self._original = self._original, None
        self._seen = []
        if original is not None and torch.autograd.backward is self._wrapper:
            torch.autograd.backward = original

    def _note(self, tensors: Any) -> None:
        loss: Any = tensors[0] if isinstance(tensors, (list, tuple)) and len(tensors) == 1 else tensors
        if type(loss) is torch.Tensor and loss.numel() == 1 and len(self._seen) < 4096:
            self._seen.append(loss.detach().clone())
            if self._listener is not None:
                self._listener(loss)
