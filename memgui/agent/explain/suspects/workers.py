"""Loader workers whose memory grows."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence, Tuple

from memgui.agent.explain import advice, loaders, words
from memgui.agent.explain.holding import of_one
from memgui.agent.explain.suspects.case import Case
from memgui.protocol.explanation import Suspect

_WORKER_BYTES = 1 << 20


def suspects(case: Case) -> List[Suspect]:
    """One for each loader."""
    before = case.seen.first.children
    rises = {pid: size - before[pid] for pid, size in case.seen.children.items() if pid in before}
    found = []
    for loader, pids in loaders.loaders(case.alive):
        rise = sum(rises.get(pid, 0) for pid in pids)
        if rise < _WORKER_BYTES or case.budget.is_spent():
            continue
        found.append(_worker(case, loader, pids, rise))
    return found


def _worker(case: Case, loader: Any, pids: Sequence[int], rise: int) -> Suspect:
    keeping = list(loaders.keeping(loader))
    name = f"loader worker {', '.join(map(str, pids[:4]))}"
    parts: Tuple[str, ...] = (name,)
    stored: Optional[str] = None
    sure = 0.5
    through: Tuple[str, ...] = ()
    sentences = [f"the workers grew by {rise:,} bytes in {case.seen.steps + 1} steps"]
    if keeping:
        kept = keeping[0]
        if kept.container is not None:
            found = of_one(kept.container, case.search)
            through = tuple(sorted(found.path.through))
            words_of = found.path.parts if found.chain.root is not None else ("dataset", f".{kept.name}")
            parts = (name, " → ", *words_of)
        else:
            owner = f"{kept.owner.__module__}.{kept.owner.__qualname__}"
            parts = (name, f" → {owner if owner.endswith(kept.name) else f'{owner}.{kept.name}'} lru_cache")
            through = (words.CACHE,)
        stored, sure = kept.line, 0.8 if len(keeping) == 1 else 0.65
        sentences.append("read from the data set's code: the objects of a worker cannot be looked at from here")
    return Suspect(
        kind="workers",
        count=len(pids),
        bytes=sum(case.seen.children.get(pid, 0) for pid in pids),
        per_step=round(rise / (case.seen.steps + 1), 1),
        holder=parts,
        root=name,
        held_by=through,
        born=stored,
        stored=stored,
        advice=advice.text("workers" if keeping else "workers_unknown", name),
        confidence=sure,
        evidence=tuple(sentences),
    )
