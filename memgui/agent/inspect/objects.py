"""All tensors and modules of the process, by the garbage collector's list; on the training thread only."""

from __future__ import annotations

import gc
from typing import Any, List, Set, Tuple

from memgui.agent.inspect.budget import Budget

# One comprehension over as many objects takes about half a millisecond.
_PIECE = 8192


def tensors_and_modules(torch: Any, budget: Budget) -> Tuple[List[Any], List[Any]]:
    """Every tensor and every module that Python knows; fewer where the budget ends before.

    The class is asked by `type`, never by `isinstance`, which would run the code of proxies.
    """
    tensor_kinds, module_kinds = _kinds(torch.Tensor), _kinds(torch.nn.Module)
    # By their addresses: a class need not be hashable.
    wanted = tensor_kinds | module_kinds
    found: List[Any] = []
    objects = gc.get_objects()
    for start in range(0, len(objects), _PIECE):
        if budget.is_spent():
            break
        found += [thing for thing in objects[start : start + _PIECE] if id(type(thing)) in wanted]
    del objects
    tensors = [thing for thing in found if id(type(thing)) in tensor_kinds]
    return tensors, [thing for thing in found if id(type(thing)) in module_kinds]


def modules_alone(torch: Any, budget: Budget) -> List[Any]:
    """Every module that Python knows."""
    return tensors_and_modules(torch, budget)[1]


def _kinds(base: type) -> Set[int]:
    kinds = {id(base)}
    waiting: List[Any] = [base]
    while waiting:
        for kind in type.__subclasses__(waiting.pop()):
            if id(kind) not in kinds:
                kinds.add(id(kind))
                waiting.append(kind)
    return kinds
