"""Local variables of frames, read without leaving a trace in them.

Up to Python 3.12 `frame.f_locals` fills a dictionary that stays in the frame, and keeps every local of that moment
alive until the function returns: a training loop would hold a batch and a loss more because somebody looked. So what
was put there is taken out again, and a frame whose function might hold that dictionary itself is left alone.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from typing import Any, Dict, Iterator, Tuple

# CPython: the locals of such code live in the frame, not in a dictionary. Source: Include/cpython/code.h.
_CO_OPTIMIZED = 0x1
_READERS = frozenset(("locals", "vars", "exec", "eval", "dir"))
_SNAPSHOTS = sys.version_info < (3, 13)
OWN = "memgui."


@dataclass(frozen=True)
class Local:
    """A local variable of a running function.

    Attributes:
        of_torch: the function is torch's own, such as the optimizer's step that is under way: it is soon over.
    """

    thread: str
    function: str
    name: str
    of_torch: bool = False


def is_own(frame: Any) -> bool:
    """The frame belongs to memgui's agent."""
    name = frame.f_globals.get("__name__")
    return type(name) is str and name.startswith((OWN + "agent", OWN + "protocol"))


def is_of_torch(frame: Any) -> bool:
    """The frame runs code of torch."""
    name = frame.f_globals.get("__name__")
    return type(name) is str and (name == "torch" or name.startswith("torch."))


def locals_of(frame: Any) -> Dict[str, Any]:
    """Names and values; empty where reading them could be noticed by the function, and for a module's own code."""
    code = frame.f_code
    if not code.co_flags & _CO_OPTIMIZED:
        return {}
    if not _SNAPSHOTS:
        return dict(frame.f_locals)
    if not _READERS.isdisjoint(code.co_names):
        return {}
    snapshot = frame.f_locals
    values = dict(snapshot)
    # Held by the frame, by `snapshot` and by the call: nobody else can see what is removed.
    if sys.getrefcount(snapshot) <= 3:
        for name in (*code.co_varnames, *code.co_cellvars, *code.co_freevars):
            snapshot.pop(name, None)
    return values


def running() -> Iterator[Tuple[str, Any]]:
    """Each frame that runs in any thread, outermost last, with its thread's name; without the agent's own."""
    names = {thread.ident: thread.name for thread in list(threading._active.values())}  # type: ignore[attr-defined]
    for ident, top in sys._current_frames().items():
        frame: Any = top
        while frame is not None:
            if not is_own(frame):
                yield names.get(ident, f"thread {ident}"), frame
            frame = frame.f_back


def held_by_frames() -> Dict[int, Local]:
    """Every object that a local variable of a running function refers to, by id."""
    found: Dict[int, Local] = {}
    for thread, frame in running():
        code = frame.f_code
        function = getattr(code, "co_qualname", code.co_name)
        of_torch = is_of_torch(frame)
        for name, value in locals_of(frame).items():
            # The outermost comes last and stands: it holds the longest.
            if not of_torch or id(value) not in found:
                found[id(value)] = Local(thread, function, name, of_torch)
    return found
