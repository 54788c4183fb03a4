"""All that grows, by bytes per step."""

from __future__ import annotations

import time
from typing import Tuple

from memgui.agent.explain.look import Alive
from memgui.agent.explain.search import Search
from memgui.agent.explain.suspects import containers, native, tensors, workers
from memgui.agent.explain.suspects.case import Case, Evidence
from memgui.agent.inspect.budget import Budget
from memgui.protocol.explanation import Suspect

_SHOWN = 8
_SEARCH_S = 4.0


def suspects(alive: Alive, seen: Evidence, budget: Budget) -> Tuple[Suspect, ...]:
    """All that grows, by bytes per step. Runs on the training thread and leaves no reference behind."""
    search = Search(time.monotonic() + _SEARCH_S, budget)
    search.ignore(alive.objects, alive.tensors, alive.types)
    case = Case(alive, seen, search, budget)
    found = tensors.suspects(case)
    found += containers.suspects(case)
    found += workers.suspects(case)
    found += native.suspects(case, found)
    found.sort(key=_weight)
    return tuple(found[:_SHOWN])


def _weight(suspect: Suspect) -> float:
    return -(suspect.per_step or 0.0)
