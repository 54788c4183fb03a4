"""Sorts survivors by who holds them: one chain is searched, and all that hangs on its container belongs to it."""

from __future__ import annotations

import functools
import gc
import inspect
import types
from collections import deque
from dataclasses import dataclass, field
from typing import AbstractSet, Any, Dict, Iterator, List, Mapping, Optional, Sequence, Set

from memgui.agent.explain import edges, words
from memgui.agent.explain.frames import locals_of
from memgui.agent.explain.graph import Graph
from memgui.agent.explain.search import Chain, Search
from memgui.agent.explain.words import Path
from memgui.agent.inspect.budget import Budget

_CONTAINERS = (list, dict, set, deque, edges.LRU_CACHE)
_SEARCHES = 10
# Where several in a row lead nowhere, so will the rest.
_HOPELESS = 2
_REACHED = 200_000
_THROUGH = (list, tuple, dict, set, frozenset, deque, functools.partial, types.CellType)


@dataclass
class Holding:
    """Survivors on one chain.

    Attributes:
        container: what collects them; None where one object holds all, such as the sum that holds a graph.
        names: of the container and of what it belongs to.
        total: everything of the survivors' kinds that hangs on the container.
    """

    chain: Chain
    path: Path
    container: Any
    names: Sequence[str]
    members: List[Any] = field(default_factory=list)
    total: List[Any] = field(default_factory=list)
    graphs: List[Graph] = field(default_factory=list)


def sort(survivors: Dict[int, Any], search: Search, boxes: Mapping[int, int], budget: Budget) -> List[Holding]:
    """Holdings of survivors, by id; what belongs to none is left in `survivors`.

    Args:
        boxes: lengths of the containers at an earlier look, which tell what has grown.
    """
    found: List[Holding] = []
    hopeless: Set[int] = set()
    search.ignore(survivors, found)
    for _ in range(_SEARCHES):
        waiting = [thing for key, thing in survivors.items() if key not in hopeless]
        search.ignore(waiting)
        if not waiting or budget.is_spent() or len(hopeless) > _HOPELESS:
            break
        # From the middle: the last one may be what a variable of the loop refers to just now.
        sample = waiting[len(waiting) // 2]
        chain = search.chain(sample)
        if chain.root is None:
            hopeless.add(id(sample))
            continue
        chain.objects[-1] = _made_in_frame(chain.objects, survivors)
        holding = _holding(chain, boxes)
        search.ignore(chain.objects, holding.members, holding.total)
        for thing in _reached(holding, sample, search.passing):
            if id(thing) in survivors:
                holding.members.append(survivors.pop(id(thing)))
            holding.total.append(thing)
        if survivors.pop(id(sample), None) is not None:
            holding.members.append(sample)
        found.append(holding)
    return _merged(found)


def _made_in_frame(objects: Sequence[Any], survivors: Dict[int, Any]) -> Any:
    """What stands for all that a kept frame holds: a tensor that the function made, rather than one it was given."""
    thing, holder = objects[-1], objects[-2] if len(objects) > 1 else None
    if type(holder) is not types.FrameType:
        return thing
    code = holder.f_code
    flags = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    given = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + flags]
    held = locals_of(holder)
    if all(held.get(name) is not thing for name in given):
        return thing
    made = (value for name, value in held.items() if name not in given and id(value) in survivors)
    return next((value for value in made if type(value) is type(thing)), thing)


def of_one(thing: Any, search: Search) -> Holding:
    """The holding of a single object that collects by itself."""
    chain = search.chain(thing)
    path = words.describe(chain)
    return Holding(chain, path, None, path.names)


def _holding(chain: Chain, boxes: Mapping[int, int]) -> Holding:
    path = words.describe(chain)
    at = _collector(chain.objects, boxes)
    if at is None:
        return Holding(chain, path, None, path.names)
    upto = words.describe(Chain(chain.root, chain.objects[: at + 1], local=chain.local))
    return Holding(chain, path, chain.objects[at], upto.names)


def _collector(objects: Sequence[Any], boxes: Mapping[int, int]) -> Optional[int]:
    """Index of the container that collects: the innermost that has grown, or else the innermost that holds several."""
    candidates = [
        at
        for at in range(len(objects) - 2, -1, -1)
        if issubclass(type(objects[at]), _CONTAINERS) and not is_namespace(objects, at)
    ]
    for at in candidates:
        if _length(objects[at]) > boxes.get(id(objects[at]), 1 << 62):
            return at
    for at in candidates:
        if _length(objects[at]) > 1:
            return at
    return candidates[0] if candidates else None


def is_namespace(objects: Sequence[Any], at: int) -> bool:
    """The dictionary is a module's, a class's, an object's or a thread's own, and no container of the script."""
    thing = objects[at]
    if type(thing) is not dict:
        return False
    if at == 0:
        return type(thing.get("__name__")) is str
    before = objects[at - 1]
    if edges.plain_dict(before) is thing or (at == 1 and issubclass(type(before), type)):
        return True
    return any(type(holder) is words.THREAD_LOCAL_TYPE for holder in objects[max(0, at - 2) : at])


def _length(container: Any) -> int:
    if type(container) is edges.LRU_CACHE:
        return int(container.cache_info().currsize)
    base = next(kind for kind in (list, dict, set, deque) if issubclass(type(container), kind))
    return int(base.__len__(container))


def _reached(holding: Holding, sample: Any, passing: AbstractSet[int]) -> Iterator[Any]:
    """Objects of the sample's type that hang on the container, or on the links between it and the sample."""
    if holding.container is None:
        return
    kind = type(sample)
    seen: Set[int] = set()
    stack = [holding.container]
    while stack and len(seen) < _REACHED:
        thing = stack.pop()
        if id(thing) in seen or id(thing) in passing:
            continue
        seen.add(id(thing))
        if type(thing) is kind:
            yield thing
            continue
        stack += _parts(thing, holding.container)


def _parts(thing: Any, container: Any) -> List[Any]:
    kind = type(thing)
    if kind is types.FrameType:
        return list(locals_of(thing).values())
    if kind is types.TracebackType:
        return [thing.tb_frame, thing.tb_next]
    if issubclass(kind, BaseException):
        return [thing.__traceback__, thing.args, thing.__context__, edges.plain_dict(thing)]
    if issubclass(kind, _THROUGH) or thing is container:
        if kind is dict and type(thing.get("__name__")) is str and "__builtins__" in thing:
            return []
        return gc.get_referents(thing)
    if issubclass(kind, (type, types.ModuleType, types.FunctionType, types.CodeType)):
        return []
    own = edges.plain_dict(thing)
    return list(own.values()) if own is not None and len(own) < 64 else []


def _merged(found: List[Holding]) -> List[Holding]:
    """Several containers of one owner are one: `results['loss']` and `results['accuracy']`."""
    by_name: Dict[str, Holding] = {}
    for holding in found:
        key = f"{holding.path.root} {' '.join(holding.names)}"
        first = by_name.setdefault(key, holding)
        if first is not holding:
            first.members += holding.members
            first.total += holding.total
    return list(by_name.values())
