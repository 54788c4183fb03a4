"""Attention and MLP blocks, found by their layers and tried on a copy: heads and hidden units of a transformer.

Names only propose. Whether a unit can be taken out is seen on a copy of the block: with the unit cut it must answer
what it answers where nobody listens to the unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

from memgui.shrink import trial
from memgui.shrink.attention import PrunedAttention
from memgui.shrink.prune.groups import Attribute, Cut, Group, Member, on_copy
from memgui.shrink.scene import Inputs

_SEPARATE = (
    ("q_proj", "k_proj", "v_proj", ("o_proj", "out_proj", "proj", "dense")),
    ("wq", "wk", "wv", ("wo",)),
    ("q", "k", "v", ("o", "out", "proj", "out_proj", "o_proj")),
    ("query", "key", "value", ("out", "dense", "proj", "output", "out_proj")),
    ("to_q", "to_k", "to_v", ("to_out",)),
    ("q_lin", "k_lin", "v_lin", ("out_lin",)),
)
_FUSED = ("qkv", "qkv_proj", "c_attn", "in_proj", "Wqkv", "wqkv", "to_qkv", "query_key_value")
_OUT = ("proj", "c_proj", "out_proj", "o_proj", "wo", "out", "o", "to_out", "dense")
_HEADS = ("num_heads", "n_heads", "n_head", "heads", "nhead", "nheads", "num_attention_heads")
_KV_HEADS = ("num_key_value_heads", "n_kv_heads", "num_kv_heads", "n_kv_head", "kv_heads", "n_head_kv", "nkv")
_HEAD_DIM = ("head_dim", "d_head", "dim_head", "attention_head_size", "head_size", "hd")
_WIDTH = ("split_size", "all_head_size", "inner_dim", "attn_dim")


def is_linear(module: Any) -> bool:
    """A Linear, or the transposed one of GPT-2."""
    return type(module) is nn.Linear or is_transposed(module)


def is_transposed(module: Any) -> bool:
    """Hugging Face's Conv1D, a linear layer that stores its weight the other way round."""
    return type(module).__name__ == "Conv1D" and type(module).__module__ == "transformers.pytorch_utils"


def sizes(layer: nn.Module) -> tuple[int, int]:
    """Inputs and outputs of a linear layer."""
    rows, columns = layer.weight.shape
    return (rows, columns) if is_transposed(layer) else (columns, rows)


def makes(layer: nn.Module, indices: torch.Tensor) -> Iterator[Member]:
    """Cutting outputs of a linear layer."""
    yield Member(layer, "weight", 1 if is_transposed(layer) else 0, indices)
    if layer._parameters.get("bias") is not None:
        yield Member(layer, "bias", 0, indices)


def takes(layer: nn.Module, indices: torch.Tensor) -> Member:
    """Cutting inputs of a linear layer."""
    return Member(layer, "weight", 0 if is_transposed(layer) else 1, indices, takes=True)


def outputs(layer: nn.Module, per_unit: int) -> Attribute:
    """The number that counts a layer's outputs."""
    return Attribute(layer, "nf" if is_transposed(layer) else "out_features", per_unit)


def inputs(layer: nn.Module, per_unit: int) -> Attribute:
    """The number that counts a layer's inputs."""
    return Attribute(layer, "nx" if is_transposed(layer) else "in_features", per_unit)


def proposed(name: str, block: nn.Module) -> list[Group]:
    """Groups that the layers right below a module look like."""
    found: list[Group] = []
    if type(block) is nn.MultiheadAttention or type(block) is PrunedAttention:
        return [_torch_attention(name, block)] if _can_be_cut(block) else []
    children = {key: child for key, child in block.named_children() if is_linear(child)}
    attention = _attention(name, block, children)
    if attention is not None:
        found.append(attention)
    taken = set() if attention is None else attention.modules()
    found += _mlps(name, block, {key: child for key, child in children.items() if id(child) not in taken})
    return found


def signature(block: nn.Module) -> Any:
    """Blocks that have the same are the same code on the same shapes: one trial is enough for all."""
    shapes = tuple((name, tuple(part.shape)) for name, part in block.named_parameters())
    numbers = tuple(sorted((key, value) for key, value in vars(block).items() if type(value) is int))
    return type(block), shapes, numbers


def fault(group: Group, block: nn.Module, seen: Inputs) -> str | None:
    """Why half of the units cannot be taken out of this block; None where they can."""
    units = torch.arange(0, group.count, 2)
    gone = torch.arange(1, group.count, 2)
    masked, cut = trial.alias(block), trial.alias(block)
    on_copy(Cut.of([(group, units)]), block, cut)
    names = {id(module): key for key, module in block.named_modules(remove_duplicate=False)}
    for member in group.members:
        if member.takes:
            layer = masked.get_submodule(names[id(member.module)])
            weight = layer._parameters[member.name].detach().clone()
            weight.index_fill_(member.dim, member.indices[gone].flatten().to(weight.device), 0.0)
            layer._parameters[member.name] = nn.Parameter(weight)
    try:
        want, got = trial.tensors_of(trial.run(masked, seen)), trial.tensors_of(trial.run(cut, seen))
    except Exception as error:  # noqa: BLE001 - the script's code on shapes that it never saw
        return f"its forward does not work with fewer {group.noun}: {type(error).__name__}: {str(error)[:120]}"
    if not want or not _same(want[0], got[0] if got else None):
        return f"its {group.noun} depend on each other, so that none can be taken out by itself"
    return None


def _same(want: torch.Tensor, got: torch.Tensor | None) -> bool:
    if got is None or want.shape != got.shape:
        return False
    scale = want.abs().max().clamp_min(1e-6)
    return bool((want - got).abs().max() <= scale * (1e-2 if want.dtype in (torch.bfloat16, torch.float16) else 1e-4))


def _can_be_cut(block: nn.Module) -> bool:
    return block.in_proj_weight is not None and block.bias_k is None and not block.add_zero_attn


def _torch_attention(name: str, block: nn.Module) -> Group:
    heads, size = block.num_heads, block.head_dim
    rows = torch.arange(heads * size).view(heads, size)
    packed = torch.cat([rows, rows + heads * size, rows + 2 * heads * size], 1)
    members = [Member(block, "in_proj_weight", 0, packed), takes(block.out_proj, rows)]
    if block.in_proj_bias is not None:
        members.append(Member(block, "in_proj_bias", 0, packed))
    return Group(
        name,
        type(block).__name__,
        "heads",
        heads,
        tuple(members),
        (Attribute(block, "num_heads", 1), inputs(block.out_proj, size)),
        ((block, PrunedAttention),),
        # What torch asks before its fast path for inference, which insists on the width.
        ((block, "_qkv_same_embed_dim", False),),
    )


def _attention(name: str, block: nn.Module, layers: dict[str, nn.Module]) -> Group | None:
    heads = _number(block, _HEADS)
    for q, k, v, outs in _SEPARATE:
        out = next((layers[key] for key in outs if key in layers), None)
        if all(key in layers for key in (q, k, v)) and out is not None:
            return _separate(name, block, layers[q], layers[k], layers[v], out, heads)
    fused = next((layers[key] for key in _FUSED if key in layers), None)
    out = next((layers[key] for key in _OUT if key in layers), None)
    if fused is None or out is None or heads is None:
        return None
    wide, inner = sizes(fused)[1], sizes(out)[0]
    if wide != 3 * inner or inner % heads:
        return None
    size = inner // heads
    rows = torch.arange(inner).view(heads, size)
    packed = torch.cat([rows, rows + inner, rows + 2 * inner], 1)
    members = (*makes(fused, packed), takes(out, rows))
    counts = (outputs(fused, 3 * size), inputs(out, size), *_counts(block, _HEADS, 1), *_counts(block, _WIDTH, size))
    return Group(name, type(block).__name__, "heads", heads, members, counts)


def _separate(
    name: str, block: nn.Module, q: nn.Module, k: nn.Module, v: nn.Module, out: nn.Module, heads: int | None
) -> Group | None:
    inner, kv_inner = sizes(q)[1], sizes(k)[1]
    size = _number(block, _HEAD_DIM) or (inner // heads if heads else None)
    if size is None or not size or inner % size or kv_inner % size or sizes(out)[0] != inner:
        return None
    groups, each = kv_inner // size, inner // kv_inner if kv_inner else 0
    if groups == 0 or each == 0 or groups * each * size != inner:
        return None
    wide = torch.arange(inner).view(groups, each * size)
    narrow = torch.arange(kv_inner).view(groups, size)
    members = (*makes(q, wide), *makes(k, narrow), *makes(v, narrow), takes(out, wide))
    counts = (
        outputs(q, each * size),
        outputs(k, size),
        outputs(v, size),
        inputs(out, each * size),
        *_counts(block, _HEADS, each),
        *_counts(block, _KV_HEADS, 1),
        *_counts(block, _WIDTH, each * size),
    )
    noun = "heads" if each == 1 else f"key-value heads with their {each} query heads"
    return Group(name, type(block).__name__, noun, groups, members, counts)


def _mlps(name: str, block: nn.Module, layers: dict[str, nn.Module]) -> list[Group]:
    found = []
    for down in list(layers.values()):
        hidden, width = sizes(down)
        ups = [layer for layer in layers.values() if layer is not down and sizes(layer) == (width, hidden)]
        fused = [layer for layer in layers.values() if layer is not down and sizes(layer) == (width, 2 * hidden)]
        if hidden == width or hidden < 2 or len(ups) > 2 or bool(ups) == bool(fused) or len(fused) > 1:
            continue
        if hidden < width and not isinstance(block, nn.Sequential) and len(ups) == 1 and len(layers) > 2:
            # A narrow layer beside others is more often a gate or a projection than a bottleneck.
            continue
        units = torch.arange(hidden).view(hidden, 1)
        members: list[Member] = [takes(down, units)]
        counts = [inputs(down, 1)]
        for up in ups:
            members += makes(up, units)
            counts.append(outputs(up, 1))
        for up in fused:
            members += makes(up, torch.cat([units, units + hidden], 1))
            counts.append(outputs(up, 2))
        counts += _counts(block, ("intermediate_size", "hidden_dim", "d_ff", "ffn_dim", "inner_dim"), 1, hidden)
        kind = type(block).__name__
        found.append(Group(name, kind, "hidden units", hidden, tuple(members), tuple(counts)))
    return found


def _number(block: nn.Module, names: tuple[str, ...]) -> int | None:
    return next((vars(block)[name] for name in names if type(vars(block).get(name)) is int), None)


def _counts(block: nn.Module, names: tuple[str, ...], per_unit: int, only: int | None = None) -> Iterator[Attribute]:
    for name in names:
        value = vars(block).get(name)
        if type(value) is int and (only is None or value == only):
            yield Attribute(block, name, per_unit)


Find = Callable[[nn.Module], "Inputs | None"]
