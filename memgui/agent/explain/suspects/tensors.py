"""Tensors and graphs that outlive their step, sorted by who holds them."""

from __future__ import annotations

import collections
import time
from typing import Any, Counter, Dict, Iterable, List

from memgui.agent.explain import graph, words
from memgui.agent.explain.graph import Graph, kind_of, storage_of
from memgui.agent.explain.holding import Holding, of_one, sort
from memgui.agent.explain.look import Kind
from memgui.agent.explain.search import Chain
from memgui.agent.explain.suspects.case import NODES, Case, is_own
from memgui.agent.explain.suspects.telling import told
from memgui.protocol.explanation import Suspect

_WALK_S = 2.0
# What nothing in Python holds is worth a word where every third step leaves one; where graphs grow, it hangs on them.
_UNHELD = 0.3


def suspects(case: Case) -> List[Suspect]:
    """Of tensors and graphs; the containers that they stand in are noted in the case."""
    found = []
    for holding in _holdings(case):
        if holding.container is not None:
            case.told[id(holding.container)] = holding.container
        if not is_own(holding):
            found.append(told(case, holding))
    return found


def _holdings(case: Case) -> List[Holding]:
    survivors = _survivors(case)
    graphs = _graphs(case)
    heads = {id(case.alive.tensors[graph.head]): graph for graph in graphs}
    saved = {storage for one in graphs for storage in one.saved}
    # What a graph saved hangs on the graph, whether Python sees the tensor or not.
    inside = {
        key: survivors.pop(key)
        for key in list(survivors)
        if key not in heads and (storage_of(survivors[key]) or (0, 0))[0] in saved
    }
    holdings = sort(survivors, case.search, case.seen.first.boxes, case.budget)
    for holding in holdings:
        for member in holding.members:
            own = heads.pop(id(member), None)
            if own is not None:
                holding.graphs.append(own)
    holdings += _summed(case, heads.values())
    if not any(holding.graphs for holding in holdings):
        holdings += sort(inside, case.search, case.seen.first.boxes, case.budget)
    if len(survivors) > _UNHELD * case.seen.steps:
        if case.budget.is_spent():
            holdings.append(_unfinished(survivors))
        elif not graphs:
            holdings += _unheld(case, survivors)
    return holdings


def _survivors(case: Case) -> Dict[int, Any]:
    """Tensors born after the first look that have outlived a step, of kinds that have become more."""
    first, second = case.seen.first, case.seen.second
    born = [
        tensor
        for tensor in case.alive.tensors
        if id(tensor) not in first.tensors and id(tensor) in second.born and second.born[id(tensor)]() is tensor
    ]
    now: Counter[Kind] = collections.Counter(map(kind_of, case.alive.tensors))
    kinds: Counter[Kind] = collections.Counter(map(kind_of, born))
    least = 1 if case.seen.steps < 4 else 2
    grown = {
        kind
        for kind, count in kinds.items()
        if count >= least and now[kind] - first.kinds.get(kind, 0) >= max(least, count / 2)
    }
    return {id(tensor): tensor for tensor in born if kind_of(tensor) in grown}


def _graphs(case: Case) -> List[Graph]:
    """Graphs that reach over several steps."""
    since, until = case.seen.first.sequence, case.seen.second.sequence
    if since is None or until is None or until <= since:
        return []
    walker = graph.Walker(time.monotonic() + _WALK_S, NODES)
    found = []
    for at in graph.by_age(case.alive.tensors):
        if case.budget.is_spent():
            break
        one = walker.walk(at, case.alive.tensors[at], since, until)
        if one.nodes:
            found.append(one)
    return found


def _summed(case: Case, graphs: Iterable[Graph]) -> List[Holding]:
    """Tensors that are no survivors themselves but whose graph reaches back over several steps: sums, states."""
    first, until = case.seen.first.sequence or 0, case.seen.second.sequence or 0
    found = []
    for one in sorted(graphs, key=_size)[:4]:
        reach = max(one.numbers, default=0) - min(one.numbers, default=0)
        if reach < 0.4 * (until - first) or case.budget.is_spent():
            continue
        holding = of_one(case.alive.tensors[one.head], case.search)
        holding.graphs.append(one)
        found.append(holding)
    return found


def _unheld(case: Case, survivors: Dict[int, Any]) -> List[Holding]:
    """Survivors that nothing in Python refers to: C++ holds them."""
    sample = next(iter(survivors.values()))
    holding = of_one(sample, case.search)
    if holding.chain.root is not None or holding.chain.cut:
        return []
    holding.members = holding.total = list(survivors.values())
    return [holding]


def _unfinished(survivors: Dict[int, Any]) -> Holding:
    """Survivors for whose holder there was no time: they are still no memory that nobody can explain."""
    chain = Chain(None, [next(iter(survivors.values()))], cut=True)
    left = list(survivors.values())
    return Holding(chain, words.describe(chain), None, (), left, left)


def _size(one: Graph) -> float:
    return -(sum(one.saved.values()) + one.nodes)
