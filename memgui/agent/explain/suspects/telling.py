"""What is said of tensors that one thing holds."""

from __future__ import annotations

import collections
import time
import types
from typing import Any, Counter, Optional, Tuple

from memgui.agent.explain import advice, graph, hooks, words
from memgui.agent.explain.births import Line, nearest_line
from memgui.agent.explain.graph import NODE_BYTES, Graph, bytes_of, kind_of, storage_of
from memgui.agent.explain.holding import Holding
from memgui.agent.explain.search import Chain
from memgui.agent.explain.suspects.case import EXPECTED, NODES, Case
from memgui.protocol.explanation import Suspect


def told(case: Case, holding: Holding) -> Suspect:
    """Kind, holder, line and advice, with what speaks for them."""
    path = holding.path
    kind, hook = _kind(case, holding)
    kinds = collections.Counter(map(kind_of, holding.members))
    shapes = kinds or collections.Counter(
        {key: n for one in holding.graphs for key, n in one.shapes.items()}  # what the graph saved
    )
    shape, dtype, device = shapes.most_common(1)[0][0] if shapes else (None, None, None)
    total = [tensor for tensor in holding.total if not kinds or kind_of(tensor) in kinds] or holding.members
    gained = bytes_of(holding.members, case.seen.first.storages)
    saved = {key: size for one in holding.graphs for key, size in one.saved.items()}
    gained += sum(size for key, size in saved.items() if key not in case.seen.first.storages)
    nodes = sum(one.nodes for one in holding.graphs)
    held = bytes_of(total, frozenset()) + sum(saved.values())
    parts, count, sentences = list(path.parts), len(total), []
    if holding.graphs and kind == "graph":
        whole = _whole(case, holding)
        count, held = len(whole.saved), sum(whole.saved.values())
        least = "at least " if whole.cut else ""
        parts += [" → grad_fn", f" → {count:,} saved tensors" if count else f" → {whole.nodes:,} nodes"]
        sentences.append(f"its graph has {least}{whole.nodes:,} nodes with {count:,} saved tensors")
        if not count:
            # A graph that went through backward keeps its nodes only.
            count, held, gained = whole.nodes, whole.nodes * NODE_BYTES, nodes * NODE_BYTES
            sentences.append("backward has freed what they saved; bytes are estimated by the number of nodes")
    elif holding.graphs:
        sentences.append(f"each keeps its graph: {nodes:,} nodes with {len(saved):,} saved tensors are new")
        gained += nodes * NODE_BYTES
        held += nodes * NODE_BYTES
    per_step = (nodes if kind == "graph" else len(holding.members)) / case.seen.steps
    if kind != "graph":
        sentences.insert(0, f"{len(holding.members):,} new in {case.seen.steps} steps, and still there a step later")
    if hook is not None:
        sentences.append(f"filled by a {hook[0]}, {hook[1].co_name}()")
    expected = case.is_expected(holding)
    if expected:
        sentences.append(EXPECTED)
    stored = case.stored(holding, kind, hook)
    born = _born(case, holding, stored)
    root = "".join(parts[:1]) if len(parts) < 2 or not holding.names else _owner(holding)
    return Suspect(
        kind=kind,
        count=count,
        bytes=held,
        per_step=round(gained / case.seen.steps, 1),
        count_per_step=round(per_step, 3),
        shape=shape,
        dtype=dtype,
        device=device,
        holder=tuple(parts),
        root=path.root,
        held_by=tuple(sorted(path.through)),
        born=born or stored,
        stored=stored,
        advice=_advice(holding, kind, root),
        confidence=case.confidence(holding, per_step, born),
        evidence=tuple(sentences),
        expected=expected,
    )


def _advice(holding: Holding, kind: str, root: str) -> str:
    if holding.chain.root is None and not holding.chain.cut:
        return advice.text("native", root)
    if holding.chain.cut:
        return advice.text(kind, "Something")
    found = advice.text(kind, holding.path.text if kind == "graph" else root, holding.path.through)
    if holding.graphs and kind in ("tensors", "hook", "cache"):
        found += " Each of them keeps the graph that made it: store .detach()."
    return found


def _kind(case: Case, holding: Holding) -> Tuple[str, Optional[Tuple[str, Any]]]:
    through = holding.path.through
    hook = hooks.filling(iter(case.hooks), holding.chain.objects[:-1], holding.names)
    if holding.chain.root is None and not holding.chain.cut:
        return "native", None
    if words.EXCEPTION in through:
        return "exception", None
    if words.CACHE in through:
        return "cache", None
    if hook is not None or words.HOOK in through:
        return "hook", hook
    return ("graph" if holding.graphs and holding.container is None else "tensors"), None


def _whole(case: Case, holding: Holding) -> Graph:
    walker = graph.Walker(time.monotonic() + 1.0, NODES)
    head = case.alive.tensors[holding.graphs[0].head]
    return walker.walk(holding.graphs[0].head, head)


def _born(case: Case, holding: Holding, stored: Optional[str]) -> Optional[str]:
    sizes: Counter[Line] = collections.Counter()
    for member in holding.members:
        line = case.seen.births.line_of(member)
        if line is not None:
            sizes[line] += (storage_of(member) or (0, 0))[1] + 1
    if not sizes:
        known = case.seen.births.nodes
        for one in holding.graphs:
            sizes.update(known[number] for number in one.alike if number in known)
    if not sizes:
        return None
    frames = [thing.f_code for thing in holding.chain.objects if type(thing) is types.FrameType]
    return "{}:{}".format(*nearest_line(sizes, frames, stored))


def _owner(holding: Holding) -> str:
    """The container in words."""
    at = next((at for at, thing in enumerate(holding.chain.objects) if thing is holding.container), None)
    if at is None:
        return holding.path.root
    return words.describe(Chain(holding.chain.root, holding.chain.objects[: at + 1], local=holding.chain.local)).text
