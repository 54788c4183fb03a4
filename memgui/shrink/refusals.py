"""What must not be changed, each with its reason and the way out."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from memgui.protocol.errors import Refused
from memgui.shrink.scene import Scene

_SHARDED = ("FullyShardedDataParallel", "FSDPModule")
_AVERAGES = ("ema", "modelema", "modelemav2", "exponentialmovingaverage", "emamodel", "emahelper", "emacallback")


def refuse_unless_plain(scene: Scene) -> None:
    """For every method that changes shapes or elements of parameters.

    Raises:
        Refused: somebody else relies on them as they are.
    """
    if is_compiled(scene):
        raise Refused(
            "the run uses torch.compile, whose code and guards know the parameters as they are",
            "shrink it in a run that is not compiled, save it, and compile the pruned model",
        )
    for root in scene.models:
        for _, module in root.named_modules():
            _wrapped(module)
        for parameter in root.parameters():
            _sharded(parameter)
    for optimizer in scene.optimizers:
        if type(optimizer).__name__ == "ZeroRedundancyOptimizer":
            raise Refused(
                "the optimizer's state is spread over the ranks (ZeroRedundancyOptimizer)",
                "shrink the model before the optimizer is made",
            )
    _graphs()
    _copies(scene)


def is_compiled(scene: Scene) -> bool:
    """A model is compiled by torch.compile, or code of the script is; hooks and modes would be traced with it."""
    return _has_compiled_code() or any(
        type(module).__name__ == "OptimizedModule" or getattr(module, "_compiled_call_impl", None) is not None
        for root in scene.models
        for module in root.modules()
    )


def _has_compiled_code() -> bool:
    """Code outside of torch's own packages went through torch.compile; steps of torch's optimizers do not count.

    Source: torch/_dynamo/convert_frame.py of torch 2.13, `input_codes`.
    """
    frames = sys.modules.get("torch._dynamo.convert_frame")
    codes = [reference() for reference in list(getattr(getattr(frames, "input_codes", None), "seen", ()))]
    packages = [sys.modules[name].__file__ or "" for name in ("torch", "torchao") if name in sys.modules]
    own = (*(os.path.dirname(file) + os.sep for file in packages), "<")
    return any(code is not None and not code.co_filename.startswith(own) for code in codes)


def refuse_unless_shaped(scene: Scene) -> None:
    """For methods that cut parameters: the state of each must be cut like itself.

    Raises:
        Refused: an optimizer keeps state of another shape.
    """
    for optimizer in scene.optimizers:
        kind = type(optimizer).__name__
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                for key, value in _shaped(optimizer.state.get(parameter, {})):
                    if value is None or (value.dim() > 0 and value.shape != parameter.shape):
                        what = "a list" if value is None else f"shape {tuple(value.shape)}"
                        raise Refused(
                            f"{kind} keeps {key!r} of {what} for a parameter of shape {tuple(parameter.shape)}; it "
                            "cannot be cut with the parameter",
                            "train with an optimizer whose state is shaped like the parameters, such as AdamW, or "
                            "start again from a pruned checkpoint (memgui.runtime.load_pruned)",
                        )


def _shaped(state: dict[str, Any]) -> Iterator[tuple[str, torch.Tensor | None]]:
    for key, value in state.items():
        if isinstance(value, torch.Tensor):
            yield key, value
        elif isinstance(value, (list, tuple, dict)) and len(value):
            yield key, None


def _wrapped(module: nn.Module) -> None:
    kind = type(module).__name__
    if kind == "DistributedDataParallel":
        raise Refused(
            "the model is inside DistributedDataParallel, whose gradient buckets and hooks know the old shapes",
            "take it out (model.module), shrink it on every rank alike, and wrap it again",
        )
    if any(base.__name__ in _SHARDED for base in type(module).__mro__):
        raise Refused(
            f"the model is sharded ({kind}): its parameters here are parts of flat or distributed tensors",
            "shrink it before it is sharded, or load a pruned checkpoint (memgui.runtime.load_pruned)",
        )
    if isinstance(module, torch.jit.ScriptModule):
        raise Refused(f"{kind} is a script module, which cannot be changed", "shrink the module before it is scripted")


def _sharded(parameter: torch.Tensor) -> None:
    if (
        type(parameter).__name__ == "DTensor"
        or hasattr(parameter, "_local_tensor")
        or hasattr(parameter, "_flat_param")
    ):
        raise Refused(
            "parameters are sharded over ranks (DTensor)",
            "shrink it before it is sharded, or load a pruned checkpoint (memgui.runtime.load_pruned)",
        )


def _graphs() -> None:
    if torch.cuda.is_initialized() and any(isinstance(thing, torch.cuda.CUDAGraph) for thing in gc.get_objects()):
        raise Refused(
            "the run replays CUDA graphs, which read and write fixed addresses",
            "shrink it in a run without CUDA graphs, and capture them again",
        )


def _copies(scene: Scene) -> None:
    """Another model of the same parameters, or an object by the name of such a thing."""
    for root in scene.models:
        own = [tuple(part.shape) for part in root.parameters()]
        for other in scene.others:
            if len(own) > 1 and [tuple(part.shape) for part in other.parameters()] == own:
                raise Refused(
                    f"{type(other).__name__} is a second model of the same shapes, such as an average (EMA) or a "
                    "target network, and would no longer fit",
                    "drop it, shrink, and make it anew from the shrunk model",
                )
    shapes = {tuple(part.shape) for root in scene.models for part in root.parameters() if part.dim() > 1}
    name = _average(shapes)
    if name is not None:
        gc.collect()  # what nobody holds any more keeps nothing
        name = _average(shapes)
    if name is not None:
        raise Refused(
            f"an object of the class {name} keeps averages of the parameters, and would no longer fit",
            "drop it, shrink, and make it anew from the shrunk model",
        )


def _average(shapes: set[tuple[int, ...]]) -> str | None:
    """Class of an object that is called as averages are, and holds a tensor of one of the shapes."""
    for thing in gc.get_objects():
        name = type(thing).__name__
        if name.lower() in _AVERAGES and not isinstance(thing, (type, nn.Module)) and _holds(thing, shapes):
            return name
    return None


def _holds(thing: Any, shapes: set[tuple[int, ...]]) -> bool:
    """A tensor of one of the shapes is right in its attributes, or in a list or dictionary there."""
    for value in list(getattr(thing, "__dict__", {}).values()):
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else (value,)
        if any(isinstance(part, torch.Tensor) and tuple(part.shape) in shapes for part in list(inner)):
            return True
    return False
