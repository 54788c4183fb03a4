"""What the script has declared as expected to grow: its caches, buffers, histories. Held weakly, by the process.

Written on any thread of the script; looked through on training threads, while these stand still.
"""

from __future__ import annotations

import collections
import functools
import gc
import itertools
import weakref
from typing import Any, FrozenSet, Iterable, Iterator, List, Optional, Set, Tuple

from memgui.agent import torch_access

_KEPT = 256
# The newest entries are looked through first: what was born a few steps ago is among them.
_WALKED, _OF_ONE = 10_000, 4_000
_LRU_CACHE = type(functools.lru_cache(maxsize=1)(int))


class Declared:
    """Objects, or attributes of objects, whose growth is meant."""

    def __init__(self) -> None:
        self._owners: List[Tuple[weakref.ref[Any], Optional[str]]] = []

    def add(self, thing: Any, attribute: Optional[str]) -> None:
        """Take one in.

        Raises:
            TypeError: a list, dict, set or tuple, to which nothing can refer weakly, without its owner.
        """
        try:
            reference = weakref.ref(thing)
        except TypeError:
            kind = type(thing).__name__
            raise TypeError(
                f"a {kind} cannot be declared by itself, since memgui would have to keep it alive; name the object "
                f'that holds it and the attribute: expected(owner, "attribute"), where a module is an owner too'
            ) from None
        alive = [entry for entry in self._owners if entry[0]() is not None]
        self._owners = [*alive, (reference, attribute)][-_KEPT:]

    def holders(self) -> List[Any]:
        """The containers and objects that are meant; the caller must not keep the list."""
        found = []
        for reference, attribute in self._owners:
            owner = reference()
            held = owner if attribute is None else _own(owner).get(attribute)
            if held is not None:
                found.append(held)
        return found

    def tensors(self) -> FrozenSet[int]:
        """Ids of the tensors in them, as far as a bounded walk finds them: the newest entries first."""
        torch = torch_access.loaded("torch")
        if torch is None or not self._owners:
            return frozenset()
        found: Set[int] = set()
        waiting = collections.deque(self.holders())
        seen: Set[int] = set()
        while waiting and len(seen) < _WALKED:
            thing = waiting.popleft()
            if id(thing) in seen:
                continue
            seen.add(id(thing))
            if issubclass(type(thing), torch.Tensor):
                found.add(id(thing))
            else:
                waiting.extend(itertools.islice(_parts(thing), _OF_ONE))
        return frozenset(found)


def _parts(thing: Any) -> Iterator[Any]:
    """What a container or an object holds, without running code of its class."""
    kind = type(thing)
    parts: Iterable[Any] = ()
    if issubclass(kind, dict):
        parts = reversed(dict.values(thing))
    elif issubclass(kind, list):
        parts = list.__reversed__(thing)
    elif issubclass(kind, collections.deque):
        parts = collections.deque.__reversed__(thing)
    elif issubclass(kind, tuple):
        parts = tuple.__iter__(thing)
    elif issubclass(kind, (set, frozenset)):
        parts = frozenset(thing)
    elif kind is _LRU_CACHE:
        parts = gc.get_referents(thing)
    yield from parts
    yield from _own(thing).values()


def _own(thing: Any) -> Any:
    try:
        found = object.__getattribute__(thing, "__dict__")
    except (AttributeError, TypeError):
        return {}
    return found if type(found) is dict else {}
