"""Activation checkpointing, switched on in a running job: blocks keep their inputs and compute the rest once more."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from memgui.protocol.errors import Refused
from memgui.protocol.shrinking import LayerChange, LeftOut, ShrinkPlan, Sizes
from memgui.shrink import autocast
from memgui.shrink.change import Change
from memgui.shrink.method import Method, Planned
from memgui.shrink.recompute import Kept, Recomputed, measure
from memgui.shrink.scene import Scene
from memgui.shrink.trial import same_random_numbers

_SHARDED = ("FullyShardedDataParallel", "FSDPModule")


class CheckpointActivations(Method):
    """Exchanges `forward` of the blocks; parameters, gradients and random numbers stay what they were."""

    def plan(self, scene: Scene, params: Mapping[str, Any]) -> Planned:
        """Choose the blocks, and try one forward to see what they keep and whether they may be computed twice.

        Raises:
            Refused: a model is compiled or sharded, was not called as a whole, or nothing would be spared.
        """
        for root in scene.models:
            _refuse(root)
        wanted = str(params.get("modules", ""))
        blocks = _blocks(scene, wanted)
        if not blocks:
            raise Refused(
                "the model has no repeated blocks that could be chosen by themselves",
                "name the modules whose activations are to be computed again",
            )
        left_out = {name: reason for name, block in blocks.items() if (reason := _speaks_against(block)) is not None}
        tried, whole = _try(scene, {name: block for name, block in blocks.items() if name not in left_out})
        left_out.update({name: kept.trouble for name, kept in tried.items() if kept.trouble is not None})
        layers = [
            _layer(name, blocks[name], kept)
            for name, kept in tried.items()
            if name not in left_out and kept.now > kept.recomputed
        ]
        if not layers:
            told = next(iter(left_out.items()), None)
            why = f": {told[0]}: {told[1]}" if told else ""
            raise Refused(f"computing again would spare nothing{why}", "choose larger modules, such as whole layers")
        layers.sort(key=lambda layer: layer.after.total - layer.before.total)
        plan = ShrinkPlan(
            tuple(layers),
            tuple(LeftOut(name, reason) for name, reason in left_out.items()),
            Sizes(activations=whole.now),
            Sizes(activations=whole.recomputed),
        )
        return _Planned(plan, [blocks[layer.module] for layer in layers])


class _Planned(Planned):
    loses = False
    frees_at_once = False

    def __init__(self, plan: ShrinkPlan, blocks: list[nn.Module]) -> None:
        self.plan = plan
        self._blocks = blocks

    def apply(self, change: Change) -> None:
        for block in self._blocks:
            change.set_attribute(block, "forward", Recomputed(block))


def _layer(name: str, block: nn.Module, kept: Kept) -> LayerChange:
    return LayerChange(
        name,
        type(block).__name__,
        "keeps its inputs, computes the rest again in backward",
        Sizes(activations=kept.now),
        Sizes(activations=kept.recomputed),
    )


def _blocks(scene: Scene, wanted: str) -> dict[str, nn.Module]:
    """The modules that are named, or the repeated blocks where all are; none inside another."""
    found: dict[str, nn.Module] = {}
    above: set[nn.Module] = set()
    for name, module in scene.chosen(wanted):
        if module in above:
            continue
        if module in scene.models or isinstance(module, nn.ModuleList):
            found.update(_repeated(name, module))
        else:
            found[name] = module
        above.update(module.modules())
    return found


def _repeated(name: str, module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    for child_name, child in module.named_children():
        path = f"{name}.{child_name}" if name else child_name
        if isinstance(child, nn.ModuleList):
            yield from _repeated(path, child)
        elif not any(True for _ in child.children()):
            continue
        elif isinstance(module, (nn.ModuleList, nn.Sequential)):
            yield path, child
        else:
            yield from _repeated(path, child)


def _refuse(root: nn.Module) -> None:
    for name, module in root.named_modules():
        what = name or type(root).__name__
        if isinstance(module, torch._dynamo.OptimizedModule) or module._compiled_call_impl is not None:
            raise Refused(
                f"{what} is compiled: its graph has the forward pass of now built in",
                "call torch.utils.checkpoint in its forward before torch.compile, or train it without compiling",
            )
        if isinstance(module, nn.SyncBatchNorm):
            raise Refused(
                f"{what} exchanges its statistics with the other ranks in each forward, and would do so twice",
                "call torch.utils.checkpoint in the model's forward around the parts without it",
            )
        if any(base.__name__ in _SHARDED for base in type(module).__mro__):
            raise Refused(
                f"{what} is sharded by FSDP, which gathers its parameters around each forward",
                "use apply_activation_checkpointing of torch.distributed when the model is built",
            )


def _speaks_against(block: nn.Module) -> str | None:
    """What can be seen without running it."""
    if isinstance(block, torch.jit.ScriptModule):
        return "a script module's forward cannot be exchanged"
    if isinstance(block.__dict__.get("forward"), Recomputed) or getattr(block, "gradient_checkpointing", False) is True:
        return "its activations are computed again already"
    if "forward" in block.__dict__:
        return "something else took the place of its forward"
    for name, module in block.named_modules():
        what = name or type(block).__name__
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and module.training and module.track_running_stats:
            return f"{what} is batch norm in train mode, which would count each batch twice"
        if module is not block and (module._forward_hooks or module._forward_pre_hooks):
            return f"{what} has forward hooks, which would run twice"
    return None


def _try(scene: Scene, blocks: Mapping[str, nn.Module]) -> tuple[dict[str, Kept], Kept]:
    """One forward of each model on the inputs of its last one; nothing of it stays."""
    parts: dict[str, Kept] = {}
    now = recomputed = 0
    for root in scene.models:
        inside = set(root.modules())
        own = {name: block for name, block in blocks.items() if block in inside}
        if not own:
            continue
        inputs = scene.inputs(root)
        if inputs is None:
            raise Refused(
                f"{type(root).__name__} was not called as a whole in the last step, so that it could not be tried "
                "whether its parts may be computed twice",
                "call the model itself in the training step, or torch.utils.checkpoint in its forward",
            )
        # Not through DistributedDataParallel, which would talk to the other ranks.
        alone = root.module if type(root).__name__ == "DistributedDataParallel" else root
        with _undisturbed(root), autocast.again(inputs.autocast):
            run = functools.partial(alone, *inputs.args, **inputs.kwargs)
            tried, whole = measure(run, own, [*root.parameters(), *root.buffers()])
        parts.update(tried)
        now, recomputed = now + whole.now, recomputed + whole.recomputed
    return parts, Kept(now, recomputed)


@contextlib.contextmanager
def _undisturbed(root: nn.Module) -> Iterator[None]:
    """Put random numbers and buffers back afterwards."""
    buffers = [(buffer, buffer.clone(), buffer._version) for buffer in root.buffers()]
    with same_random_numbers():
        try:
            yield
        finally:
            with torch.no_grad():
                for buffer, value, version in buffers:
                    if buffer._version != version:
                        buffer.copy_(value)
