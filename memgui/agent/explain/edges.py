"""How one object refers to another, in the words of the script: `.history`, `[1204]`, `closure kept`."""

from __future__ import annotations

import collections
import functools
import types
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple

from memgui.agent.explain.frames import locals_of

LRU_CACHE = type(functools.lru_cache(maxsize=1)(int))
CELL = types.CellType
FRAMES = (types.FrameType,)
GENERATORS = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)
NAMESPACE = "its attributes"
_SCANNED = 1_000_000


def plain_dict(thing: Any) -> Optional[Dict[Any, Any]]:
    """The instance's dictionary, without running the instance's own code; None where it has none."""
    try:
        found = object.__getattribute__(thing, "__dict__")
    except (AttributeError, TypeError):
        return None
    return found if type(found) is dict else None


def name(holder: Any, child: Any) -> str:
    """How `holder` refers to `child`; the type's name where nothing better can be told."""
    for matches, word in _WORDS:
        if matches(holder):
            found = word(holder, child)
            if found is not None:
                return found
    return _attribute(holder, child) or f" (inside a {type(holder).__name__})"


def _key(key: Any) -> str:
    if type(key) in (int, bool, float, type(None)):
        return f"[{key!r}]"
    if type(key) is str:
        return f"[{key[:40]!r}]" if len(key) <= 40 else f"[{key[:37] + '…'!r}]"
    if type(key) is tuple and len(key) <= 4 and all(type(part) in (int, str, bool) for part in key):
        return f"[{str(key)[:60]}]"
    return f"[a {type(key).__name__}]"


def _in_dict(holder: Any, child: Any) -> Optional[str]:
    for key, value in dict.items(holder):
        if value is child:
            return _key(key)
        if key is child:
            return " (as a key)"
    return None


def _position(things: Iterable[Any], child: Any) -> Optional[int]:
    for at, thing in enumerate(things):
        if thing is child:
            return at
        if at > _SCANNED:
            break
    return None


def _in_sequence(holder: Any, child: Any) -> Optional[str]:
    base: Any = next(kind for kind in (list, tuple, collections.deque) if issubclass(type(holder), kind))
    at = _position(base.__iter__(holder), child)
    if at is None:
        return None
    fields = getattr(type(holder), "_fields", None)
    if base is tuple and type(fields) is tuple and at < len(fields):
        return f".{fields[at]}"
    return f"[{at}]"


def _in_function(holder: Any, child: Any) -> Optional[str]:
    if child is holder.__closure__:
        return " closure"
    if child is holder.__defaults__ or child is holder.__kwdefaults__:
        return " default argument"
    for variable, cell in zip(holder.__code__.co_freevars, holder.__closure__ or ()):
        if cell is child:
            return f" closure {variable}"
    return " attribute" if child is holder.__dict__ else None


def _in_frame(holder: Any, child: Any) -> Optional[str]:
    for variable, value in locals_of(holder).items():
        if value is child:
            return f" local {variable}"
    return " local variable"


def _in_generator(holder: Any, child: Any) -> Optional[str]:
    for attribute in ("gi_frame", "cr_frame", "ag_frame"):
        frame = getattr(holder, attribute, None)
        if frame is not None:
            return _in_frame(frame, child)
    return None


def _in_exception(holder: BaseException, child: Any) -> Optional[str]:
    if child is holder.__traceback__:
        return ".__traceback__"
    if child is holder.__context__ or child is holder.__cause__:
        return ".__context__"
    if child is holder.args:
        return ".args"
    return None


def _in_traceback(holder: Any, child: Any) -> Optional[str]:
    return " → next frame" if child is holder.tb_next else f" → frame {holder.tb_frame.f_code.co_name}()"


def _in_method(holder: Any, child: Any) -> Optional[str]:
    return ".__self__" if child is holder.__self__ else ".__func__"


def _in_partial(holder: Any, child: Any) -> Optional[str]:
    at = _position(holder.args, child)
    return f" argument {at}" if at is not None else " keyword" if child is holder.keywords else " arguments"


def _in_lru_cache(_holder: Any, _child: Any) -> Optional[str]:
    return " lru_cache"


def _attribute(holder: Any, child: Any) -> Optional[str]:
    own = plain_dict(holder)
    if own is not None:
        if own is child:
            return NAMESPACE
        for key, value in own.items():
            if value is child and type(key) is str:
                return f".{key}"
    if issubclass(type(holder), type):
        if type(child) is dict:
            return NAMESPACE
        for key, value in list(type.__dict__["__dict__"].__get__(holder).items()):
            if value is child:
                return f".{key}"
        return None
    for cls in type.__dict__["__mro__"].__get__(type(holder)):
        for key, member in list(cls.__dict__.items()):
            if type(member) is types.MemberDescriptorType and _slot(member, holder) is child:
                return f".{key}"
    return None


def _slot(member: Any, holder: Any) -> Any:
    try:
        return member.__get__(holder)
    except (AttributeError, TypeError):
        return None


def _is(*kinds: type) -> Callable[[Any], bool]:
    # By the type: isinstance would ask the object's own `__class__`.
    return lambda thing: issubclass(type(thing), kinds)


_WORDS: List[Tuple[Callable[[Any], bool], Callable[[Any, Any], Optional[str]]]] = [
    (_is(dict), _in_dict),
    (_is(list, tuple, collections.deque), _in_sequence),
    (_is(set, frozenset), lambda _holder, _child: " (a member)"),
    (_is(types.FunctionType), _in_function),
    (_is(types.FrameType), _in_frame),
    (_is(*GENERATORS), _in_generator),
    (_is(types.TracebackType), _in_traceback),
    (_is(BaseException), _in_exception),
    (_is(types.MethodType), _in_method),
    (_is(functools.partial), _in_partial),
    (_is(LRU_CACHE), _in_lru_cache),
]
