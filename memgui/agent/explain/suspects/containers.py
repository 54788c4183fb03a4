"""Containers of anything but tensors."""

from __future__ import annotations

from dataclasses import replace
from typing import List

from memgui.agent.explain import advice, growth, hooks, words
from memgui.agent.explain.holding import Holding, of_one
from memgui.agent.explain.suspects.case import EXPECTED, Case, is_own
from memgui.protocol.explanation import Suspect

_MATERIAL_BYTES = 200


def suspects(case: Case) -> List[Suspect]:
    """The fastest, by bytes per step."""
    births = case.seen.births
    own = {*case.told, id(births.lines), id(births.nodes), id(case.alive.types)}
    grown = growth.containers(case.alive, case.seen.first, case.seen.second, case.seen.steps + 1, own)
    found = []
    for one in grown[:6]:
        if one.per_step * one.bytes_each < _MATERIAL_BYTES or case.budget.is_spent():
            break
        holding = of_one(one.box, case.search)
        if holding.chain.root is None or is_own(holding):
            continue
        found.append(_container(case, one, holding))
    return found


def _container(case: Case, one: growth.Grown, holding: Holding) -> Suspect:
    path = holding.path
    kind = "python"
    hook = hooks.filling(iter(case.hooks), holding.chain.objects, holding.names)
    if words.CACHE in path.through:
        kind = "cache"
    elif hook is not None or words.HOOK in path.through:
        kind = "hook"
    elif any(isinstance(entry, BaseException) for entry in growth.latest(one.box)):
        kind = "exception"
    stored = case.stored(holding, kind, hook)
    text = "hooks" if words.HOOK in path.through else kind
    expected = case.is_expected(holding)
    return Suspect(
        kind=kind,
        count=one.length,
        bytes=int(one.length * one.bytes_each),
        per_step=round(one.per_step * one.bytes_each, 1),
        count_per_step=round(one.per_step, 3),
        holder=path.parts,
        root=path.root,
        held_by=tuple(sorted(path.through)),
        born=stored,
        stored=stored,
        advice=advice.text(text, path.text, path.through),
        confidence=case.confidence(replace(holding, container=one.box), one.per_step, stored),
        evidence=(
            f"a {type(one.box).__name__} with {one.length:,} entries that was longer at each of three looks",
            "bytes are estimated by its last entries",
            *((EXPECTED,) if expected else ()),
        ),
        expected=expected,
    )
