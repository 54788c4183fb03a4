"""`inspect.holders`: who holds the tensors of one kind."""

from __future__ import annotations

import collections
import time
from typing import Any, Dict

from memgui.agent import torch_access
from memgui.agent.actions.action import Point
from memgui.agent.explain import look
from memgui.agent.explain.graph import kind_of
from memgui.agent.explain.holding import sort
from memgui.agent.explain.search import Search
from memgui.agent.inspect.budget import Budget
from memgui.agent.inspect.inspection import Inspection
from memgui.protocol.errors import Refused
from memgui.protocol.explanation import Held, Holders, HoldersParams
from memgui.protocol.inspection import Inspected

_MOST = 64


class FindHolders(Inspection):
    """Chains from roots to tensors of one shape, dtype and device."""

    method = "inspect.holders"
    params = HoldersParams

    def look(self, asked: Any, point: Point, budget: Budget) -> Inspected:
        """Search for as many as were asked for, from the middle of all that match."""
        torch = torch_access.loaded("torch")
        if torch is None:
            raise Refused("torch is not imported in this process", "ask again once it trains")
        with torch._C.DisableTorchFunction():
            alive = look.everything(torch)
            matching = [tensor for tensor in alive.tensors if _matches(tensor, asked)]
            limit = max(1, min(asked.limit, _MOST))
            start = max(0, (len(matching) - limit) // 2)
            wanted: Dict[int, Any] = {id(tensor): tensor for tensor in matching[start : start + limit]}
            chains = []
            search = Search(time.monotonic() + asked.budget_ms / 1e3, budget)
            search.ignore(alive.objects, alive.tensors, matching)
            for holding in sort(wanted, search, {}, budget):
                example = collections.Counter(map(kind_of, holding.members)).most_common(1)[0][0]
                held_by = tuple(sorted(holding.path.through))
                path = holding.path
                chains.append(Held(path.parts, path.root, len(holding.members), " ".join(example), held_by))
            if wanted and not budget.is_spent():
                example = kind_of(next(iter(wanted.values())))
                chains.append(Held(("held by native code",), "native code", len(wanted), " ".join(example)))
        return Holders(found=len(matching), chains=tuple(sorted(chains, key=_most_first)))


def _matches(tensor: Any, asked: HoldersParams) -> bool:
    found = kind_of(tensor)
    return all(word is None or word == known for word, known in zip((asked.shape, asked.dtype, asked.device), found))


def _most_first(held: Held) -> int:
    return -held.count
