"""A bounded look at what the training's own variables reach, for objects of a type. Training thread, at a safe point.

The frames of the training are on the stack at that moment, so no walk over all objects is needed: a loader that a loop
uses is a variable of one of its functions, or an attribute of one.
"""

from __future__ import annotations

import sys
import types
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

# inspect.CO_OPTIMIZED; the module would bring much into the training process for one number.
_CO_OPTIMIZED = 1
_FRAMES = 64
_VALUES = 4000
_PARTS = 64
_DEPTH = 3
_PLAIN = (
    str,
    bytes,
    int,
    float,
    bool,
    type(None),
    type,
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
)


def variables(frame: types.FrameType) -> Dict[str, Any]:
    """The variables of a frame, without leaving copies of them behind.

    Up to Python 3.12 a look at `f_locals` fills a dictionary that the frame keeps, and with it every value, for as long
    as the function runs. It is emptied again unless the function itself asked for it, by `locals()`.
    """
    snapshot = frame.f_locals
    found = dict(snapshot)
    # Three: the frame's, the name here, and the argument.
    if frame.f_code.co_flags & _CO_OPTIMIZED and type(snapshot) is dict and sys.getrefcount(snapshot) <= 3:
        snapshot.clear()
    return found


def training_frames(frame: Optional[types.FrameType]) -> List[types.FrameType]:
    """The frames from here outwards, without memgui's and torch's own."""
    found: List[types.FrameType] = []
    while frame is not None and len(found) < _FRAMES:
        name = str(frame.f_globals.get("__name__", ""))
        if not name.startswith(("memgui.agent", "torch.")):
            found.append(frame)
        frame = frame.f_back
    return found


def instances(frames: List[types.FrameType], wanted: type) -> List[Tuple[str, Any]]:
    """Name and object of each instance that variables reach in a few steps through attributes and containers."""
    found: Dict[int, Tuple[str, Any]] = {}
    seen: Set[int] = set()
    layer: List[Tuple[str, Any]] = []
    for frame in frames:
        layer += variables(frame).items()
        if frame.f_code.co_name != "<module>" and frame.f_globals.get("__name__") == "__main__":
            layer += list(frame.f_globals.items())
    for _ in range(_DEPTH):
        below: List[Tuple[str, Any]] = []
        for name, value in layer:
            if id(value) in seen or issubclass(type(value), _PLAIN):
                continue
            if len(seen) >= _VALUES:
                return list(found.values())
            seen.add(id(value))
            if issubclass(type(value), wanted):
                found[id(value)] = (name, value)
            else:
                below += _parts(name, value)
        layer = below
    return list(found.values())


def _parts(name: str, value: Any) -> Iterator[Tuple[str, Any]]:
    kind = type(value)
    if kind in (list, tuple):
        for at, part in enumerate(value[:_PARTS]):
            yield f"{name}[{at}]", part
        return
    if kind is dict:
        mapping, form = value, "{}[{!r}]"
    else:
        try:
            # Not by getattr, which may run the training's own code.
            mapping, form = object.__getattribute__(value, "__dict__"), "{}.{}"
        except (AttributeError, TypeError):
            return
    if type(mapping) is dict and len(mapping) <= 10 * _PARTS:
        for key, part in list(mapping.items())[:_PARTS]:
            yield form.format(name, key), part
