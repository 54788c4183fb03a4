"""A chain of holders in the words of the script: `__main__.trainer` `.history` `[1204]`."""

from __future__ import annotations

import _thread
import types
from dataclasses import dataclass
from typing import Any, FrozenSet, List, Optional, Set, Tuple

from memgui.agent.explain import edges
from memgui.agent.explain.search import Chain

CLOSURE, THREAD_LOCAL, CACHE, EXCEPTION = "closure", "thread-local", "lru_cache", "exception"
CLASS, LOCAL, GENERATOR, HOOK, GLOBAL = "class attribute", "local variable", "generator", "hook", "global"
NATIVE = "held by native code"
UNFINISHED = "holder not found in the time there was"
# torch.nn.Module's and Tensor's: _forward_hooks, _forward_pre_hooks, _backward_hooks, …
_HOOKS = "_hooks"
THREAD_LOCAL_TYPE = _thread._local


@dataclass(frozen=True)
class Path:
    """A chain in words.

    Attributes:
        parts: one word a link, the root first; joined they are what a person reads.
        through: what kinds of holders it leads through.
        names: variables and attributes on the way, for finding the code that writes there.
    """

    parts: Tuple[str, ...]
    through: FrozenSet[str] = frozenset()
    names: Tuple[str, ...] = ()

    @property
    def root(self) -> str:
        """What keeps all of it alive."""
        return self.parts[0]

    @property
    def text(self) -> str:
        """For people."""
        return "".join(self.parts)


def describe(chain: Chain) -> Path:
    """The chain in words."""
    return _Teller(chain).path()


class _Teller:
    """Walks along a chain; several links in a row may be one word."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._through: Set[str] = set()
        self._names: List[str] = []
        self._function: Optional[types.FunctionType] = None
        # The holder at hand is something's namespace, closure or per-thread dictionaries.
        self._space = ""

    def path(self) -> Path:
        chain = self._chain
        if chain.root is None:
            return Path((UNFINISHED if chain.cut else NATIVE,))
        first = chain.objects[0]
        parts = [chain.root]
        if chain.local:
            self._through.add(LOCAL)
            self._names.append(chain.root.rpartition(" ")[2])
        elif issubclass(type(first), type):
            self._through.add(CLASS)
        else:
            self._through.add(GLOBAL)
            self._space = "attributes"
        parts += [word for word in map(self._link, chain.objects, chain.objects[1:]) if word]
        if not chain.local and len(parts) > 1 and parts[1].startswith("."):
            parts[:2] = [parts[0] + parts[1]]
        return Path(tuple(parts), frozenset(self._through), tuple(self._names))

    def _link(self, holder: Any, child: Any) -> str:
        space, self._space = self._space, ""
        if space == "attributes" and issubclass(type(holder), dict):
            return self._attribute(edges.name(holder, child))
        if space == "closure":
            return self._closed_over(holder, child)
        if space == "thread":
            self._space = "attributes" if type(child) is dict else "thread"
            return ""
        return self._plain(holder, child)

    def _plain(self, holder: Any, child: Any) -> str:
        kind = type(holder)
        if kind is types.FunctionType and child is holder.__closure__:
            self._function, self._space = holder, "closure"
            return ""
        if kind is edges.CELL:
            return ""
        if kind is THREAD_LOCAL_TYPE:
            self._through.add(THREAD_LOCAL)
            self._space = "thread"
            return ""
        if issubclass(kind, edges.GENERATORS):
            self._through.add(GENERATOR)
        if kind is types.TracebackType or BaseException in kind.__mro__:
            self._through.add(EXCEPTION)
        if kind is types.TracebackType and child is holder.tb_next:
            return ""
        word = edges.name(holder, child)
        if word == edges.NAMESPACE:
            self._space = "attributes"
            return ""
        if kind is edges.LRU_CACHE:
            self._through.add(CACHE)
        if word.startswith("."):
            return self._attribute(word)
        self._name(word.rpartition(" ")[2])
        return word

    def _attribute(self, word: str) -> str:
        name = word[2:-2] if word.startswith("['") else word.lstrip(".")
        if name.endswith(_HOOKS):
            self._through.add(HOOK)
        self._name(name)
        return f".{name}" if name.isidentifier() else word

    def _closed_over(self, cells: Any, cell: Any) -> str:
        self._through.add(CLOSURE)
        function = self._function
        names = function.__code__.co_freevars if function is not None else ()
        for name, known in zip(names, cells):
            if known is cell:
                self._name(name)
                return f" closure {name}"
        return " closure"

    def _name(self, word: str) -> None:
        if word.isidentifier():
            self._names.append(word)
