"""Clearing caches by name: functools' lru caches of modules and their classes, and linecache."""

from __future__ import annotations

import functools
import linecache
import sys
import time
import types
from typing import Any, Dict, Iterator, List, Optional, Tuple

from memgui.agent.actions.action import Action, Estimate, Outcome, Point
from memgui.protocol.errors import Refused

LINECACHE = "linecache"
_CACHE_TYPE = type(functools.lru_cache(maxsize=1)(int))
_SHOWN = 100
_HELD_S = 10.0


class ClearCache(Action):
    """One cache of the user's choice."""

    name = "clear_cache"
    title = "Clear a cache"
    description = (
        "Empties one functools cache, or linecache. Its results are computed again when they are asked for; what a "
        "cache served as a singleton is made anew."
    )
    safe_point = False

    def __init__(self) -> None:
        self._found: List[Tuple[str, int]] = []
        self._found_s = -_HELD_S

    def schema(self) -> Dict[str, Any]:
        """The caches that hold anything now, the fullest first."""
        names = [name for name, _ in self._caches()]
        choice: Dict[str, Any] = {"type": "string", "title": "Cache", "enum": names}
        return {"type": "object", "properties": {"cache": choice}, "required": ["cache"]}

    def unavailable(self) -> Optional[str]:
        """All are empty."""
        return None if self._caches() else "no functools cache of this process holds anything"

    def estimate(self, params: Dict[str, Any]) -> Estimate:
        """The number of entries; their bytes only a run can tell."""
        asked = params.get("cache")
        changes = tuple(f"{name}: {count} entries" for name, count in self._caches() if asked in (None, name))
        return Estimate(None, 0.0, changes[:20])

    def frees(self, metric: str) -> bool:
        """What the heap and the devices have handed out."""
        return metric == "host.heap_used_bytes" or metric.endswith(".allocated_bytes")

    def run(self, params: Dict[str, Any], point: Point, so_far: Outcome) -> Outcome:
        """Clear it."""
        name = params["cache"]
        self._found_s = -_HELD_S
        if name == LINECACHE:
            entries = len(linecache.cache)
            linecache.clearcache()
            return Outcome(details={"entries_count": entries})
        for found, cache in _caches():
            if found == name:
                entries = cache.cache_info().currsize
                cache.cache_clear()
                return Outcome(details={"entries_count": entries})
        raise Refused(f"there is no cache named {name} any more", "ask for the list of actions again")

    def _caches(self) -> List[Tuple[str, int]]:
        now_s = time.monotonic()
        if now_s - self._found_s > _HELD_S:
            sizes = {name: cache.cache_info().currsize for name, cache in _caches()}
            sizes[LINECACHE] = len(linecache.cache)
            filled = sorted((item for item in sizes.items() if item[1]), key=_fullest_first)
            self._found, self._found_s = filled[:_SHOWN], now_s
        return self._found


def _fullest_first(item: Tuple[str, int]) -> Tuple[int, str]:
    return -item[1], item[0]


def _caches() -> Iterator[Tuple[str, Any]]:
    """Named caches in modules and their classes. Names lead to them, so no walk over all objects is needed."""
    for module_name, module in list(sys.modules.items()):
        for name, value in _members(module):
            if type(value) is _CACHE_TYPE and getattr(value, "__module__", None) == module_name:
                yield f"{module_name}.{name}", value
            elif type(value) is type and value.__module__ == module_name:
                for attribute, member in list(vars(value).items()):
                    inner = member.__func__ if type(member) in (staticmethod, classmethod) else member
                    if type(inner) is _CACHE_TYPE:
                        yield f"{module_name}.{name}.{attribute}", inner


def _members(module: Any) -> List[Tuple[str, Any]]:
    # Modules may be anything; their own __getattr__ must not run.
    if not isinstance(module, types.ModuleType):
        return []
    return list(types.ModuleType.__getattribute__(module, "__dict__").items())
