"""`inspect.modules`: what each module of the models takes; with activations, what one forward saves for each."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Set

from memgui.agent.actions.action import Point
from memgui.agent.inspect import module_tree, objects
from memgui.agent.inspect.activations import Activations
from memgui.agent.inspect.budget import Budget
from memgui.agent.inspect.inspection import Inspection, Task
from memgui.agent.inspect.ledger import Ledger
from memgui.agent.inspect.mappings import Mappings
from memgui.agent.inspect.models import Models, holds, trained
from memgui.agent.inspect.storages import Storages
from memgui.agent.inspect.walk import torch_or_refuse
from memgui.agent.optimizers import Optimizers
from memgui.protocol.errors import Refused
from memgui.protocol.inspection import Inspected, ModuleNode, Modules, ModulesParams

_NODES_ALLOWED = 20_000
_ASKED_EVERY = 64


class InspectModules(Inspection):
    """The models that are trained first, then every other one."""

    method = "inspect.modules"
    params = ModulesParams

    def __init__(self, optimizers: Optimizers, models: Models) -> None:
        self._optimizers = optimizers
        self._models = models

    def task(self, asked: Any) -> Task:
        """One look; with activations, hooks for the step in between."""
        return _Task(self, Activations() if asked.activations else None)

    def tree(self, budget: Budget, activations: Dict[int, int]) -> Modules:
        """The nodes; `activations` are bytes by the id of the module."""
        torch = torch_or_refuse()
        with torch._C.DisableTorchFunctionSubclass(), torch.no_grad():
            modules = objects.modules_alone(torch, budget)
            if not budget.is_spent():
                self._models.learn(modules)
            wanted = {id(part) for part in trained(self._optimizers.live())}
            roots = module_tree.roots(modules)
            roots.sort(key=lambda root: not holds(root, wanted))
            tally = _Tally(Ledger(Storages(torch, Mappings())), self._optimizers.live())
            nodes: List[ModuleNode] = []
            seen: Set[int] = set()
            names: Dict[str, int] = {}
            for root in roots:
                is_trained = holds(root, wanted)
                name = type(root).__name__
                names[name] = names.get(name, 0) + 1
                for path, module in module_tree.tree(root, name if names[name] == 1 else f"{name}#{names[name]}"):
                    spent = len(nodes) % _ASKED_EVERY == 0 and budget.is_spent()
                    if spent or len(nodes) >= _NODES_ALLOWED:
                        return Modules(
                            modules=tuple(nodes), reason=budget.reason or "too many modules to tell them all"
                        )
                    if id(module) in seen:
                        continue
                    seen.add(id(module))
                    nodes.append(tally.node(path, module, activations, is_trained=is_trained))
        return Modules(modules=tuple(nodes))


class _Tally:
    """Sizes of single modules; a shared storage counts for the first."""

    def __init__(self, ledger: Ledger, optimizers: List[Any]) -> None:
        self._ledger = ledger
        self._states = [optimizer.state for optimizer in optimizers]

    def node(self, path: str, module: Any, activations: Dict[int, int], *, is_trained: bool) -> ModuleNode:
        parts = [part for _, part in module_tree.parameters(module)]
        claim = self._ledger.claim
        sizes = {"parameters": 0, "gradients": 0, "optimizer": 0}
        for part in parts:
            sizes["parameters"] += claim("parameters", part)
            if part.is_leaf and part.grad is not None:
                sizes["gradients"] += claim("gradients", part.grad)
            for state in self._states:
                # Not by subscript: the state of an optimizer makes an entry for whatever it is asked for.
                held = state.get(part)
                for value in list(held.values()) if isinstance(held, dict) else ():
                    if hasattr(value, "untyped_storage"):
                        sizes["optimizer"] += claim("optimizer", value)
        return ModuleNode(
            path=path,
            kind=type(module).__name__,
            trained=is_trained,
            parameters_bytes=sizes["parameters"],
            gradients_bytes=sizes["gradients"],
            optimizer_bytes=sizes["optimizer"],
            buffers_bytes=sum(claim("buffers", part) for _, part in module_tree.buffers(module)),
            activations_bytes=activations.get(id(module)),
        )


class _Task(Task):
    def __init__(self, inspection: InspectModules, activations: Optional[Activations]) -> None:
        self._inspection = inspection
        self._activations = activations

    def visit(self, point: Point, budget: Budget) -> Optional[Inspected]:
        measuring = self._activations
        if measuring is None:
            return self._inspection.tree(budget, {})
        if not measuring.is_installed:
            measuring.install(torch_or_refuse())
            return None
        measuring.remove()
        seen = self._inspection.tree(budget, measuring.sizes)
        if not measuring.sizes:
            raise Refused(
                "no module ran forward with gradients between two steps, so there are no activations to tell",
                "ask without activations",
            )
        return seen

    def drop(self) -> None:
        if self._activations is not None:
            self._activations.drop()

    def end(self) -> None:
        if self._activations is not None:
            self._activations.remove()
