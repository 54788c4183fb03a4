"""The models and optimizers of a run, as they are at one safe point."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import torch
from torch import nn

from memgui.protocol.errors import Refused
from memgui.shrink import autocast


class Inputs(NamedTuple):
    """What a module was called with, and under which autocast."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    autocast: autocast.Autocast = ()


class Scene:
    """What a method may look at; lives for one visit, and must not be kept.

    Attributes:
        models: outermost modules that hold a trained parameter.
        optimizers: those that were seen stepping.
        others: outermost modules that hold none, such as copies for evaluation.
    """

    def __init__(
        self,
        models: Sequence[nn.Module],
        optimizers: Sequence[torch.optim.Optimizer],
        others: Sequence[nn.Module] = (),
        inputs: Callable[[nn.Module], Inputs | None] = lambda _root: None,
    ) -> None:
        self.models = list(models)
        self.optimizers = list(optimizers)
        self.others = list(others)
        self.inputs = inputs

    def modules(self) -> Iterator[tuple[str, nn.Module]]:
        """Every module below the models with its qualified name; with several models the class name of each leads."""
        for root in self.models:
            prefix = type(root).__name__ if len(self.models) > 1 else ""
            yield from root.named_modules(prefix=prefix)

    def chosen(self, wanted: str) -> list[tuple[str, nn.Module]]:
        """The modules that `wanted` names, comma-separated names or globs, with all below them; "" for all.

        Raises:
            Refused: a name fits no module.
        """
        everything = list(self.modules())
        patterns = [word.strip() for word in wanted.split(",") if word.strip()]
        if not patterns:
            return everything
        names: set[str] = set()
        for pattern in patterns:
            found = [name for name, _ in everything if fnmatchcase(name, pattern)]
            if not found:
                known = ", ".join(name for name, _ in everything[:12] if name)
                raise Refused(f"no module is named {pattern!r}", f"its modules: {known} …")
            names.update(found)
        return [
            (name, module)
            for name, module in everything
            if any(name == top or not top or name.startswith(f"{top}.") for top in names)
        ]

    def trained(self) -> dict[int, torch.Tensor]:
        """Parameters of the optimizers, by id."""
        return {
            id(parameter): parameter
            for optimizer in self.optimizers
            for group in optimizer.param_groups
            for parameter in group["params"]
        }

    def states(self, parameter: torch.Tensor) -> list[tuple[torch.optim.Optimizer, dict[str, Any]]]:
        """The state that each optimizer keeps of a parameter."""
        return [(each, each.state[parameter]) for each in self.optimizers if parameter in each.state]

    def tensors(self, roots: Sequence[nn.Module] | None = None) -> Iterator[torch.Tensor]:
        """Parameters, buffers, gradients and optimizer state of the models, or of some: all that undo brings back."""
        seen: set[int] = set()
        for root in self.models if roots is None else roots:
            for parameter in root.parameters():
                if id(parameter) in seen:
                    continue
                seen.add(id(parameter))
                yield parameter
                if parameter.grad is not None:
                    yield parameter.grad
                for _, state in self.states(parameter):
                    yield from (value for value in state.values() if isinstance(value, torch.Tensor))
            yield from root.buffers()


def nbytes(tensor: torch.Tensor | None) -> int:
    """Of its elements; 0 of None."""
    return 0 if tensor is None else tensor.numel() * tensor.element_size()


class Capture:
    """Keeps the inputs of modules' last training forward, from one safe point to the next."""

    def __init__(self, modules: Sequence[nn.Module]) -> None:
        self._seen: dict[int, Inputs] = {}
        self._handles = [module.register_forward_pre_hook(self._saw, with_kwargs=True) for module in modules]

    def inputs(self, module: nn.Module) -> Inputs | None:
        """Those of one module."""
        return self._seen.get(id(module))

    def end(self) -> None:
        """Take the hooks out and let go of what was kept; on any thread: a forward goes over a copy of its hooks."""
        handles, self._handles, self._seen = self._handles, [], {}
        for handle in handles:
            handle.remove()

    def _saw(self, root: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if self._handles and root.training and torch.is_grad_enabled():
            self._seen[id(root)] = Inputs(_detached(args), _detached(kwargs), autocast.now())


def _detached(value: Any) -> Any:
    # The graph behind an input must not live longer for being looked at.
    if isinstance(value, torch.Tensor):
        return value.detach()
    if type(value) in (list, tuple):
        return type(value)(_detached(part) for part in value)
    if type(value) is dict:
        return {key: _detached(part) for key, part in value.items()}
    return value
