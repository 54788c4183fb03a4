"""The modules that the optimizers train, held weakly."""

from __future__ import annotations

import weakref
from typing import Any, FrozenSet, Iterable, List, Set

from memgui.agent.inspect import module_tree
from memgui.agent.optimizers import Optimizers

_KEPT = 64


def trained(optimizers: Iterable[Any]) -> List[Any]:
    """The parameters of the optimizers, each once."""
    found = {id(part): part for optimizer in optimizers for group in optimizer.param_groups for part in group["params"]}
    return list(found.values())


class Models:
    """Learned from a walk; used on the training thread only.

    The caller must not keep what `known` gives.
    """

    def __init__(self, optimizers: Optimizers) -> None:
        self._optimizers = optimizers
        self._roots: List[weakref.ref[Any]] = []
        self._learned_for: Set[int] = set()

    def known(self) -> List[Any]:
        """Outermost modules that hold a trained parameter."""
        found = [reference() for reference in self._roots]
        return [root for root in found if root is not None]

    def belongings(self) -> FrozenSet[int]:
        """Ids of what is meant to live: parameters, gradients, the optimizers' state, buffers of the known models."""
        found: Set[int] = set()
        for optimizer in self._optimizers.live():
            for state in list(optimizer.state.values()):
                found.update(map(id, state.values() if isinstance(state, dict) else ()))
        for part in trained(self._optimizers.live()):
            found.update((id(part), id(part.grad)))
        for root in self.known():
            for _, module in module_tree.tree(root):
                found.update(id(part) for _, part in module_tree.buffers(module))
        return frozenset(found)

    @property
    def are_stale(self) -> bool:
        """An optimizer was seen whose parameters no walk has looked for, or a model is gone."""
        return self._present() != self._learned_for or any(reference() is None for reference in self._roots)

    def learn(self, modules: Iterable[Any]) -> None:
        """Find the models among all modules of the process."""
        wanted = {id(part) for part in trained(self._optimizers.live())}
        outer = module_tree.roots(modules)
        self._roots = [weakref.ref(root) for root in outer if holds(root, wanted)][:_KEPT]
        self._learned_for = self._present()

    def _present(self) -> Set[int]:
        return {id(optimizer) for optimizer in self._optimizers.live()}


def holds(root: Any, wanted: Set[int]) -> bool:
    """A parameter of the module, or of one below it, is among the wanted ids."""
    return any(id(part) in wanted for _, module in module_tree.tree(root) for _, part in module_tree.parameters(module))
