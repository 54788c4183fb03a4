"""Channels and units of linear and convolution layers, by torch-pruning's dependency graph of a copy of the model."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from memgui.protocol.errors import Refused
from memgui.shrink import autocast, trial
from memgui.shrink.prune.groups import Attribute, Group, Member
from memgui.shrink.scene import Inputs

_CONVS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


class _UnknownLayerError(Exception):
    """A layer that is cut along, and of which it is not known how."""


def groups(prefix: str, root: nn.Module, inputs: Inputs) -> tuple[list[Group], dict[str, str]]:
    """What can be cut, and why the rest cannot, by the name of a layer.

    Raises:
        Refused: the model cannot be copied or traced.
    """
    import torch_pruning

    copied = trial.alias(root)
    names = {id(module): name for name, module in copied.named_modules()}
    for part in copied.parameters():
        # The trace follows gradients, also where the run has frozen the layer.
        if part.is_floating_point():
            part.requires_grad_(True)
    graph = torch_pruning.DependencyGraph()
    try:
        with warnings.catch_warnings(), torch.enable_grad(), trial.same_random_numbers():
            warnings.simplefilter("ignore")
            graph.build_dependency(copied, inputs, forward_fn=_forward, verbose=False)
            found = list(graph.get_all_groups())
    except Exception as error:
        raise Refused(
            f"torch-pruning cannot trace {type(root).__name__}: {type(error).__name__}: {str(error)[:200]}",
            "prune an attention or MLP block by its name, or use another way to shrink",
        ) from error
    made: list[Group] = []
    left_out: dict[str, str] = {}
    for group in found:
        name = names.get(id(group[0][0].target.module), "")
        label = f"{prefix}.{name}" if prefix and name else name or prefix
        try:
            made.append(_group(label, group, graph, root, names))
        except _UnknownLayerError as error:
            left_out[label] = str(error)
    return made, left_out


def _forward(model: nn.Module, inputs: Inputs) -> Any:
    with autocast.again(inputs.autocast):
        return trial.tensors_of(model(*inputs.args, **inputs.kwargs))


def _group(label: str, group: Any, graph: Any, root: nn.Module, names: dict[int, str]) -> Group:
    count = len(group[0].idxs)
    members: dict[tuple[int, str, int], Member] = {}
    attributes: dict[tuple[int, str], Attribute] = {}
    for item in group.items:
        target = item.dep.target
        out = bool(graph.is_out_channel_pruning_fn(item.dep.handler))
        if not target.outputs and (out or id(target.module) not in names):
            raise _UnknownLayerError("its units are the model's output")
        if isinstance(target.module, nn.Parameter):
            raise _UnknownLayerError("its width is that of a parameter that belongs to no known layer")
        if id(target.module) not in names:
            continue
        module = root.get_submodule(names[id(target.module)])
        indices = _indices(item, count)
        for part in _parts(module, indices, out=out):
            if isinstance(part, Member):
                members.setdefault((id(module), part.name, part.dim), part)
            else:
                attributes.setdefault((id(module), part.name), part)
    root_module = root.get_submodule(names[id(group[0].dep.target.module)])
    noun = "units" if isinstance(root_module, nn.Linear) else "channels"
    return Group(label, type(root_module).__name__, noun, count, tuple(members.values()), tuple(attributes.values()))


def _indices(item: Any, count: int) -> torch.Tensor:
    places: list[list[int]] = [[] for _ in range(count)]
    for place, unit in zip(item.idxs, item.root_idxs, strict=True):
        places[unit].append(place)
    if len({len(row) for row in places}) != 1 or not places[0]:
        raise _UnknownLayerError("its units are spread unevenly over a layer that reads them")
    return torch.tensor(places)


def _parts(module: nn.Module, indices: torch.Tensor, *, out: bool) -> Iterator[Member | Attribute]:
    """What of one layer goes with the units."""
    each = indices.shape[1]
    if type(module) is nn.Linear:
        yield from _layer(module, indices, 0 if out else 1, "out_features" if out else "in_features", out=out)
    elif isinstance(module, (*_CONVS, *_TRANSPOSED)) and module.groups == 1:
        dim = int(out == isinstance(module, _TRANSPOSED))
        yield from _layer(module, indices, dim, "out_channels" if out else "in_channels", out=out)
    elif isinstance(module, _CONVS) and module.groups == module.in_channels == module.out_channels:
        yield from _layer(module, indices, 0, "out_channels", out=True)
        yield Attribute(module, "in_channels", each)
        yield Attribute(module, "groups", each)
    elif isinstance(module, _BATCH_NORMS):
        for name in ("weight", "bias", "running_mean", "running_var"):
            if getattr(module, name) is not None:
                yield Member(module, name, 0, indices)
        yield Attribute(module, "num_features", each)
    elif type(module) is nn.LayerNorm and len(module.normalized_shape) == 1:
        for name in ("weight", "bias"):
            if getattr(module, name) is not None:
                yield Member(module, name, 0, indices)
        yield Attribute(module, "normalized_shape", each, wrap=True)
    elif type(module) is nn.PReLU:
        if module.num_parameters > 1:
            yield Member(module, "weight", 0, indices)
            yield Attribute(module, "num_parameters", each)
    else:
        kind = type(module).__name__
        raise _UnknownLayerError(f"it is tied to a {kind}, of which no single units can be taken out")


def _layer(
    module: nn.Module, indices: torch.Tensor, dim: int, count: str, *, out: bool
) -> Iterator[Member | Attribute]:
    yield Member(module, "weight", dim, indices, takes=not out)
    if out and module._parameters.get("bias") is not None:
        yield Member(module, "bias", 0, indices)
    yield Attribute(module, count, indices.shape[1])
