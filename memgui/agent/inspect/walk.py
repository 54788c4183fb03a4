"""A full walk: every tensor that Python or autograd knows, each storage with its role."""

from __future__ import annotations

from typing import Any, List, NamedTuple

from memgui.agent import torch_access
from memgui.agent.inspect import objects
from memgui.agent.inspect.budget import Budget
from memgui.agent.inspect.ledger import Ledger
from memgui.agent.inspect.mappings import Mappings
from memgui.agent.inspect.models import Models
from memgui.agent.inspect.storages import Storages
from memgui.agent.inspect.survey import Survey
from memgui.agent.optimizers import Optimizers
from memgui.protocol.errors import Refused

# How long an unasked walk may take.
_LEARN_S = 0.5


class Walked(NamedTuple):
    """What a walk has found. Holds tensors and modules: it must not outlive the visit."""

    ledger: Ledger
    optimizers: List[Any]
    roots: List[Any]
    tensors: List[Any]
    modules: List[Any]


def torch_or_refuse() -> Any:
    """The target's torch.

    Raises:
        Refused: it is not imported.
    """
    torch = torch_access.loaded("torch")
    if torch is None:
        raise Refused("torch is not imported in this process, so there are no tensors to look at")
    return torch


class Walker:
    """Walks; what it learns of the models on the way stays, weakly."""

    def __init__(self, optimizers: Optimizers, models: Models) -> None:
        self._optimizers = optimizers
        self._models = models

    def walk(self, budget: Budget, *, keep: bool) -> Walked:
        """Look at everything; with `keep` the ledger keeps each claim.

        Raises:
            Refused: there is no torch here.
        """
        torch = torch_or_refuse()
        optimizers = self._optimizers.live()
        # Subclasses must not see that their attributes are read.
        with torch._C.DisableTorchFunctionSubclass(), torch.no_grad():
            tensors, modules = objects.tensors_and_modules(torch, budget)
            if not budget.is_spent():
                self._models.learn(modules)
            roots = self._models.known()
            ledger = Ledger(Storages(torch, Mappings()), keep=keep)
            survey = Survey(torch, ledger, budget)
            survey.known(roots, optimizers)
            survey.rest(tensors, modules)
        return Walked(ledger, optimizers, roots, tensors, modules)

    def look_at_known(self, budget: Budget) -> Ledger:
        """Look at the models and optimizers only; walks once for each new set of optimizers.

        A walk that takes too long finds fewer modules: parameters are known by their optimizers all the same, and the
        next full walk finds the rest.

        Raises:
            Refused: there is no torch here.
        """
        torch = torch_or_refuse()
        with torch._C.DisableTorchFunctionSubclass(), torch.no_grad():
            if self._models.are_stale:
                modules = objects.modules_alone(torch, Budget(_LEARN_S))
                self._models.learn(modules)
                del modules
            ledger = Ledger(Storages(torch, Mappings()))
            Survey(torch, ledger, budget).known(self._models.known(), self._optimizers.live())
        return ledger
