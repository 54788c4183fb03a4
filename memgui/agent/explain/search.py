"""Who holds an object: breadth-first over referrers, shortest chain first, until a root is reached."""

from __future__ import annotations

import gc
import time
import types
import weakref
from typing import Any, Dict, List, Optional, Sequence, Set

from memgui.agent.explain.frames import is_own, running
from memgui.agent.explain.roots import Roots, local_name
from memgui.agent.inspect.budget import Budget

# gc.get_referrers compares each reference of each object with each of these: few at a time.
_AT_ONCE = 8
_WIDEST = 400
_DEEPEST = 24
_FURTHER = 3
_WEAK = (weakref.ref, weakref.WeakKeyDictionary, weakref.WeakValueDictionary, weakref.WeakSet)


class Chain:
    """What leads from a root to an object.

    Attributes:
        root: the root in words; None where nothing that Python knows of holds the object.
        objects: from the outermost holder to the object itself.
        local: the root is a local variable of a running function.
        cut: the time was over before a root was found.
    """

    def __init__(self, root: Optional[str], objects: Sequence[Any], *, local: bool = False, cut: bool = False) -> None:
        self.root = root
        self.objects = list(objects)
        self.local = local
        self.cut = cut


class Search:
    """Finds chains while the training thread stands still; drop it before it goes on.

    Attributes:
        passing: ids of the frames that run.
        passes: how often all objects were asked for whom they refer to.
        own: ids of what the search itself and its caller have made, and which is no holder.
    """

    def __init__(self, deadline_s: float, budget: Optional[Budget] = None) -> None:
        """The search ends at its deadline, or with the look's budget, which somebody may cancel."""
        self._deadline_s = deadline_s
        self._budget = budget
        self.roots = Roots()
        # The objects themselves are kept by their threads' stacks meanwhile.
        self.passing = {id(frame) for _, frame in running()}
        self.passes = 0
        self._ignored: List[Any] = []
        self.own: Set[int] = {id(self._ignored)}

    def ignore(self, *things: Any) -> None:
        """What is no holder, however much it holds: the caller's own lists."""
        self.own.update(map(id, things))
        # Kept, so that no id becomes that of a holder which is made later, such as an object's dictionary.
        self._ignored += things

    def chain(self, target: Any) -> Chain:
        """The shortest chain to a root. A module or class is preferred to a local variable that is a little closer.

        Variables of torch's own functions, which are only passing, stand where there is nothing else.
        """
        local: Optional[Chain] = None
        is_passing = False
        deepest = _DEEPEST
        # Keeps what was seen alive, so that no id is used again; by id: whom it leads to.
        seen: List[Any] = [target]
        towards: Dict[int, Any] = {id(target): None}
        level = [target]
        depth = 0
        own = {id(seen), id(towards), id(level), *self.own}
        while level and depth <= deepest:
            for thing in level:
                name = self.roots.name_of(thing)
                if name is not None:
                    return Chain(name, _back(thing, towards))
                found = self.roots.local_of(thing)
                if found is not None and (local is None or (is_passing and not found.of_torch)):
                    local, is_passing = Chain(local_name(found), _back(thing, towards), local=True), found.of_torch
                    deepest = _DEEPEST if is_passing else min(_DEEPEST, depth + _FURTHER)
            if self._is_over():
                return local or Chain(None, [target], cut=True)
            higher = self._holders(level, towards, own, seen)
            own.discard(id(level))
            level = higher
            own.add(id(level))
            depth += 1
        return local or Chain(None, [target], cut=bool(level))

    def _is_over(self) -> bool:
        return time.monotonic() > self._deadline_s or (self._budget is not None and self._budget.is_spent())

    def _holders(self, level: List[Any], towards: Dict[int, Any], own: Set[int], seen: List[Any]) -> List[Any]:
        higher: List[Any] = []
        own.add(id(higher))
        for at in range(0, min(len(level), _WIDEST), _AT_ONCE):
            chunk = level[at : at + _AT_ONCE]
            own.add(id(chunk))
            self.passes += 1
            found = gc.get_referrers(*chunk)
            own.add(id(found))
            wanted = {id(thing): thing for thing in chunk}
            own.add(id(wanted))
            for holder in found:
                if id(holder) in towards or id(holder) in own or self._is_passing(holder):
                    continue
                child = _child(holder, wanted)
                if child is not None:
                    towards[id(holder)] = child
                    seen.append(holder)
                    higher.append(holder)
            own.difference_update((id(chunk), id(found), id(wanted)))
            if self._is_over():
                break
        # The script's own names before those of libraries.
        higher.sort(key=self._order)
        return higher

    def _order(self, thing: Any) -> int:
        return 0 if self.roots.modules.get(id(thing)) == "__main__" else 1

    def _is_passing(self, holder: Any) -> bool:
        kind = type(holder)
        if issubclass(kind, _WEAK):
            return True
        if kind is types.FrameType:
            return id(holder) in self.passing or is_own(holder)
        return False


def _child(holder: Any, wanted: Dict[int, Any]) -> Any:
    for thing in gc.get_referents(holder):
        found = wanted.get(id(thing))
        if found is not None:
            return found
    return None


def _back(thing: Any, towards: Dict[int, Any]) -> List[Any]:
    chain = [thing]
    while towards[id(thing)] is not None:
        thing = towards[id(thing)]
        chain.append(thing)
    return chain
