"""One word on who refers to a tensor: the first referrer, not the chain."""

from __future__ import annotations

import gc
import sys
from types import FrameType
from typing import Any, Dict, List, Optional, Tuple

_CONTAINERS = (list, tuple, set, frozenset)


def nearest_holders(things: List[Any], own: List[Any]) -> List[str]:
    """For each thing who holds it, in one pass over all objects; "" where no Python object does.

    Args:
        own: containers of the walk itself, which do not count.
    """
    ours = {id(container) for container in own} | {id(things)}
    names: List[str] = [""] * len(things)
    at = {id(thing): index for index, thing in enumerate(things)}
    for referrer in gc.get_referrers(*things):
        if id(referrer) in ours or isinstance(referrer, FrameType):
            continue
        for key, index in _held(referrer, at):
            if not names[index]:
                names[index] = _name(referrer, key)
    return names


def _held(referrer: Any, at: Dict[int, int]) -> List[Tuple[Optional[str], int]]:
    kind = type(referrer)
    if kind is dict:
        return [(str(key)[:60], at[id(value)]) for key, value in list(referrer.items()) if id(value) in at]
    if kind in _CONTAINERS:
        return [(None, at[id(value)]) for value in list(referrer) if id(value) in at]
    # The attributes of an object; `vars` would run code of objects that pretend to have some.
    try:
        attributes = object.__getattribute__(referrer, "__dict__")
    except AttributeError:
        attributes = {}
    found: List[Tuple[Optional[str], int]] = [
        (str(key), at[id(value)]) for key, value in list(attributes.items()) if id(value) in at
    ]
    return found or [(None, at[id(value)]) for value in gc.get_referents(referrer) if id(value) in at]


def _name(referrer: Any, key: Optional[str]) -> str:
    kind: Any = type(referrer)
    if kind is dict:
        module = sys.modules.get(str(referrer.get("__name__")))
        if module is not None and getattr(module, "__dict__", None) is referrer:
            return f"{module.__name__}.{key}"
        return f"dict of {len(referrer)}, key {key}"
    if kind in _CONTAINERS:
        return f"{kind.__name__} of {len(referrer)}"
    if kind.__name__ == "cell":
        return "a variable of a closure"
    return f"{kind.__name__}.{key}" if key is not None else kind.__name__
