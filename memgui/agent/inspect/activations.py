"""What each module saves for backward in one forward: hooks for one step that look at the graph and change nothing.

Hooks on saved tensors would be simpler, but they stand in the way of scripts that have their own, and of double
backward. A module's forward hook walks from its results to the nodes that are known already: the new ones are its own.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Dict, List, Optional, Tuple

from memgui.agent import torch_access
from memgui.agent.inspect.graph import node_tensors
from memgui.agent.inspect.ledger import Ledger
from memgui.agent.inspect.mappings import Mappings
from memgui.agent.inspect.storages import Storages
from memgui.protocol.errors import Refused

# The forward of the step that is looked at becomes slower by at most so much.
_BUDGET_S = 2.0


class Activations:
    """Installed at one step boundary, removed at the next; in between on the same thread.

    Attributes:
        sizes: saved bytes by the id of the module that saved them.
    """

    def __init__(self) -> None:
        self.sizes: Dict[int, int] = {}
        self._thread = 0
        self._handles: List[Any] = []
        self._dropped = False
        self._running: List[Any] = []
        self._nodes: Dict[int, Any] = {}
        self._ledger: Optional[Ledger] = None
        self._kind: Any = None
        self._spent_s = 0.0
        self._torch: Any = None

    @property
    def is_installed(self) -> bool:
        """The hooks are there."""
        return bool(self._handles)

    def install(self, torch: Any) -> None:
        """Begin.

        Raises:
            Refused: parts of the run are compiled, which hooks would compile anew.
        """
        # By sys.modules: torch would import its compiler for whoever asks for the attribute.
        counters = getattr(torch_access.loaded("torch._dynamo.utils"), "counters", {})
        if counters.get("frames", {}).get("total", 0):
            raise Refused(
                "parts of this run were compiled by torch.compile, and hooks would make them compile anew",
                "ask without activations",
            )
        self._torch = torch
        self._kind = torch.Tensor
        self._thread = threading.get_ident()
        module = torch.nn.modules.module
        self._handles = [
            module.register_module_forward_pre_hook(self._before),
            module.register_module_forward_hook(self._after),
        ]

    def drop(self) -> None:
        """From now on the hooks do nothing."""
        self._dropped = True

    def remove(self) -> None:
        """Remove the hooks; on the training thread."""
        handles, self._handles = self._handles, []
        for handle in handles:
            handle.remove()
        self._forget()

    def _before(self, module: Any, inputs: Any) -> None:
        if not self._looks():
            return
        # What was computed since belongs to the module that called this one.
        if self._running:
            self._look(self._running[-1], inputs)
        self._running.append(module)

    def _after(self, module: Any, _inputs: Any, output: Any) -> None:
        if not self._looks() or not self._running:
            return
        # A forward that raised has left its modules on the stack.
        while self._running and self._running.pop() is not module:
            pass
        self._look(module, output)
        if not self._running:
            self._forget()

    def _looks(self) -> bool:
        if self._dropped or threading.get_ident() != self._thread or self._spent_s >= _BUDGET_S:
            return False
        # Inside backward a checkpoint runs a forward a second time.
        return bool(self._torch._C._current_graph_task_id() == -1)

    def _look(self, module: Any, value: Any) -> None:
        begin_s = time.perf_counter()
        try:
            torch = self._torch
            with torch._C.DisableTorchFunctionSubclass(), torch.no_grad():
                if self._ledger is None:
                    self._ledger = Ledger(Storages(torch, Mappings()))
                size = 0
                for tensor in self._fresh_tensors(value):
                    size += self._ledger.claim("activations", tensor)
            # By number: a module must not be kept alive.
            self.sizes[id(module)] = self.sizes.get(id(module), 0) + size
        except Exception:  # noqa: BLE001 - in the middle of somebody's forward: what cannot be looked at is left out
            self.drop()
        self._spent_s += time.perf_counter() - begin_s

    def _fresh_tensors(self, value: Any) -> List[Any]:
        waiting = [tensor.grad_fn for tensor in _results(self._kind, value)]
        found: List[Any] = []
        while waiting:
            node = waiting.pop()
            if node is None or id(node) in self._nodes:
                continue
            self._nodes[id(node)] = node
            # Parameters are saved too, and are no activations.
            found += [part for part, _ in node_tensors(self._kind, node) if not _is_leaf_parameter(part)]
            waiting.extend(following for following, _ in node.next_functions)
        return found

    def _forget(self) -> None:
        """A forward is over: nothing of its graph may be kept. One that is run twice counts twice."""
        self._running.clear()
        self._nodes.clear()
        self._ledger = None


def _is_leaf_parameter(tensor: Any) -> bool:
    base = tensor if tensor._base is None else tensor._base
    return bool(base.is_leaf and base.requires_grad)


def _results(kind: Any, value: Any, depth: int = 3) -> List[Any]:
    if issubclass(type(value), kind):
        return [value] if value.requires_grad else []
    if not depth:
        return []
    if isinstance(value, dict):
        parts: Tuple[Any, ...] = tuple(value.values())
    elif isinstance(value, (list, tuple)):
        parts = tuple(value)
    else:
        # Model outputs of transformers and the like are dataclasses or ordered dictionaries.
        parts = tuple(getattr(value, "__dict__", {}).values())
    return [tensor for part in parts for tensor in _results(kind, part, depth - 1)]
