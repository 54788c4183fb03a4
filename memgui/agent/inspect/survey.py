"""What role each tensor has: roles are claimed in an order in which the surer one comes first."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, List, Tuple

from memgui.agent.inspect import module_tree
from memgui.agent.inspect.budget import Budget
from memgui.agent.inspect.graph import saved_tensors
from memgui.agent.inspect.ledger import Ledger
from memgui.agent.inspect.models import trained

_ASKED_EVERY = 256


class Survey:
    """Fills a ledger; lives as long as the visit."""

    def __init__(self, torch: Any, ledger: Ledger, budget: Budget) -> None:
        self._torch = torch
        self._ledger = ledger
        self._budget = budget
        self._claims = 0

    def known(self, roots: Iterable[Any], optimizers: List[Any]) -> None:
        """Parameters, gradients, optimizer state and buffers of what is trained."""
        modules = [pair for root in roots for pair in module_tree.tree(root)]
        parameters = [pair for path, module in modules for pair in _named(path, module_tree.parameters(module))]
        named = {id(part) for _, part in parameters}
        parameters += [("a parameter of no module", part) for part in trained(optimizers) if id(part) not in named]
        self._claim("parameters", parameters)
        self._claim("gradients", (pair for name, part in parameters for pair in _gradients(name, part)))
        for optimizer in optimizers:
            self._claim("optimizer", self._state(optimizer))
        for path, module in modules:
            self._claim("buffers", _named(path, module_tree.buffers(module)))

    def rest(self, tensors: List[Any], modules: List[Any]) -> None:
        """Everything else that was found in a full walk."""
        pairs = [pair for root in module_tree.roots(modules) for pair in module_tree.tree(root)]
        for path, module in pairs:
            self._claim("parameters", _named(path, module_tree.parameters(module)))
        leaves = [tensor for tensor in tensors if tensor.requires_grad and tensor.is_leaf]
        self._claim("gradients", (pair for leaf in leaves for pair in _gradients("a leaf tensor", leaf)))
        for path, module in pairs:
            self._claim("buffers", _named(path, module_tree.buffers(module)))
        saved = ((name, tensor) for tensor, name in saved_tensors(self._torch, tensors, self._budget))
        self._claim("activations", saved)
        results = [tensor for tensor in tensors if tensor.requires_grad and not tensor.is_leaf]
        self._claim("activations", ((f"result of {type(tensor.grad_fn).__name__}", tensor) for tensor in results))
        self._claim("other_tensors", (("", tensor) for tensor in tensors))

    def _claim(self, role: str, pairs: Iterable[Tuple[str, Any]]) -> None:
        for name, tensor in pairs:
            self._claims += 1
            if self._claims % _ASKED_EVERY == 0 and self._budget.is_spent():
                return
            self._ledger.claim(role, tensor, name)

    def _state(self, optimizer: Any) -> Iterator[Tuple[str, Any]]:
        name = type(optimizer).__name__
        for state in list(optimizer.state.values()):
            for key, value in _tensors(self._torch.Tensor, state, ""):
                yield f"{name}.state{key}", value


def _named(path: str, parts: List[Tuple[str, Any]]) -> Iterator[Tuple[str, Any]]:
    return ((f"{path}.{name}", part) for name, part in parts)


def _gradients(name: str, part: Any) -> Iterator[Tuple[str, Any]]:
    # Asking a tensor that is no leaf for its gradient warns.
    if part.is_leaf and part.grad is not None:
        yield f"{name}.grad", part.grad
    # Megatron and Apex accumulate there.
    main = getattr(part, "main_grad", None)
    if main is not None:
        yield f"{name}.main_grad", main


def _tensors(kind: type, value: Any, key: str, depth: int = 3) -> Iterator[Tuple[str, Any]]:
    if issubclass(type(value), kind):
        yield key, value
    elif depth and isinstance(value, dict):
        for name, part in list(value.items()):
            yield from _tensors(kind, part, f"{key}.{name}" if type(name) is str else key, depth - 1)
    elif depth and isinstance(value, (list, tuple)):
        for part in value:
            yield from _tensors(kind, part, key, depth - 1)
