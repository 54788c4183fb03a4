"""The way from a model's answer to the loss, recorded during one step and walked again with another answer.

A torch function mode notes the calls between the end of the model's forward and backward. It is pushed only where no
other mode stands and nothing was compiled, passes every call on as it came, and is taken off as soon as it is on top
again, at backward in nearly every loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack

from memgui.shrink import autocast, trial
from memgui.shrink.scene import Inputs

_CALLS_ALLOWED = 1000
_Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], Any, autocast.Autocast]


class _Recorder(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.records = True
        self.calls: list[_Call] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if self.records and len(self.calls) <= _CALLS_ALLOWED:
            self.calls.append((func, args, dict(kwargs), result, autocast.now()))
        return result


class LossPath:
    """Watches one model for one step; on the training thread, but for `end`."""

    def __init__(self, root: nn.Module) -> None:
        self._mode: _Recorder | None = None
        self._ended = False
        self._answer: list[torch.Tensor] = []
        self._loss: torch.Tensor | None = None
        self.note: str | None = None
        self._handles = [
            root.register_forward_pre_hook(self._begins),
            root.register_forward_hook(self._answered),
        ]

    def backward(self, loss: torch.Tensor) -> None:
        """The loop gives this loss to backward."""
        if self._mode is not None:
            self._mode.records = False
            self._leave()
        if not self._ended:
            self._loss = loss

    def losses(self, models: list[nn.Module], inputs: Inputs) -> list[float]:
        """The loss of the recorded batch by each of some copies of the model.

        Raises:
            ValueError: the way to the loss is not known; the text tells why.
        """
        if self.note is not None:
            raise ValueError(self.note)
        if self._loss is None or not self._answer:
            raise ValueError("no loss of this model was given to backward in the step that was watched")
        with torch.no_grad(), trial.same_random_numbers():
            return [self._walk(trial.tensors_of(trial.run(model, inputs))) for model in models]

    def end(self) -> None:
        """Let go of everything; the mode and the hooks go at once, or at the model's next forward."""
        self._ended = True
        self._answer, self._loss = [], None
        if self._mode is not None:
            self._mode.records = False
            self._mode.calls = []
        self._clear()

    def _walk(self, answer: list[torch.Tensor]) -> float:
        if len(answer) != len(self._answer):
            raise ValueError("the model's answer has another form outside of the training loop")
        values: dict[int, Any] = {id(old): new for old, new in zip(self._answer, answer, strict=True)}
        for func, args, kwargs, result, seen in self._calls():
            if _meets(args, values) or _meets(tuple(kwargs.values()), values):
                with autocast.again(seen):
                    again = func(*_put(args, values), **_put(kwargs, values))
                _pair(result, again, values)
        found = values.get(id(self._loss))
        if found is None:
            raise ValueError("the loss is computed in a way that cannot be walked again")
        return float(found)

    def _calls(self) -> list[_Call]:
        calls = [] if self._mode is None else self._mode.calls
        if len(calls) > _CALLS_ALLOWED:
            raise ValueError("too much happens between the model's answer and backward")
        return calls

    def _begins(self, root: nn.Module, _inputs: Any) -> None:
        if self._ended:
            self._clear()
        elif self._mode is not None:
            # A second forward in the same step, as with accumulation: the last one counts.
            self._leave()
            self._mode.calls = []

    def _answered(self, root: nn.Module, _inputs: Any, answer: Any) -> None:
        if self._ended or self.note is not None or not (root.training and torch.is_grad_enabled()):
            return
        self._answer = trial.tensors_of(answer)
        self._loss = None
        if _get_current_function_mode_stack():
            self.note = "the script has a torch function mode of its own in use"
            return
        self._mode = _Recorder()
        self._mode.__enter__()

    def _leave(self) -> None:
        stack = _get_current_function_mode_stack()
        if self._mode is not None and stack and stack[-1] is self._mode:
            self._mode.__exit__(None, None, None)

    def _clear(self) -> None:
        self._leave()
        if self._mode is None or self._mode not in _get_current_function_mode_stack():
            handles, self._handles = self._handles, []
            for handle in handles:
                handle.remove()


def _meets(value: Any, values: dict[int, Any]) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_meets(part, values) for part in value)
    return id(value) in values


def _put(value: Any, values: dict[int, Any]) -> Any:
    if id(value) in values:
        return values[id(value)]
    if type(value) in (list, tuple):
        return type(value)(_put(part, values) for part in value)
    if type(value) is dict:
        return {key: _put(part, values) for key, part in value.items()}
    return value


def _pair(old: Any, new: Any, values: dict[int, Any]) -> None:
    if isinstance(old, torch.Tensor) and isinstance(new, torch.Tensor):
        values[id(old)] = new
    elif isinstance(old, (list, tuple)) and isinstance(new, (list, tuple)):
        for one, two in zip(old, new, strict=True):
            _pair(one, two, values)
