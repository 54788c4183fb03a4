"""Who views a block: found only for the text of an error, since it walks over all objects."""

from __future__ import annotations

import gc
import inspect
import sys
from types import FrameType
from typing import Any

import torch


def viewers(storage: torch.UntypedStorage, ours: torch.Tensor) -> list[str]:
    """Each tensor object that shares a storage with `ours`, and what holds it, in words."""
    address = storage.data_ptr()
    tensors = [thing for thing in gc.get_objects() if issubclass(type(thing), torch.Tensor) and thing is not ours]
    found = [
        tensor
        for tensor in tensors
        if tensor.layout is torch.strided and tensor.device == ours.device and _address(tensor) == address
    ]
    del tensors
    frame = sys._getframe(1)
    return [f"{tuple(found[at].shape)} {found[at].dtype} {_holder(found, at, frame)}" for at in range(len(found))]


def _address(tensor: torch.Tensor) -> int:
    try:
        return tensor.untyped_storage().data_ptr()
    except (RuntimeError, NotImplementedError):  # functional and fake tensors have none
        return 0


def _holder(found: list[torch.Tensor], at: int, frame: FrameType | None) -> str:
    while frame is not None:
        for name, value in _variables(frame).items():
            if value is found[at]:
                return f"in the variable {name!r} of {frame.f_code.co_name}, line {frame.f_lineno}"
        frame = frame.f_back
    for referrer in gc.get_referrers(found[at]):
        words = "" if referrer is found else _place(referrer, found[at])
        if words:
            return words
    return "held by a numpy array, a variable of another function, or native code"


def _variables(frame: FrameType) -> dict[str, Any]:
    """The variables of a frame, without leaving copies of them behind.

    Up to Python 3.12 a look at `f_locals` fills a dictionary that the frame keeps, and with it every value, for as long
    as the function runs. It is emptied again unless the function itself asked for it, by `locals()`.
    """
    snapshot = frame.f_locals
    found = dict(snapshot)
    # Three: the frame's, the name here, and the argument.
    if frame.f_code.co_flags & inspect.CO_OPTIMIZED and type(snapshot) is dict and sys.getrefcount(snapshot) <= 3:
        snapshot.clear()
    return found


def _place(referrer: Any, tensor: torch.Tensor) -> str:
    if isinstance(referrer, dict):
        name = next((key for key, value in referrer.items() if value is tensor), None)
        module = referrer.get("__name__")
        return f"in {module}.{name}" if isinstance(module, str) else f"as {name!r} of an object or mapping"
    if isinstance(referrer, (list, tuple)):
        at = next((at for at, value in enumerate(referrer) if value is tensor), 0)
        return f"in a {type(referrer).__name__} of {len(referrer)}, at {at}"
    # A comprehension's own frame and cells say nothing to anybody.
    return (
        "" if isinstance(referrer, FrameType) or type(referrer).__name__ == "cell" else f"in {type(referrer).__name__}"
    )
