"""Loading the checkpoint of a pruned model into a fresh one, by the recipe that the pruning left behind."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

Recipe = Mapping[str, Any] | str | Path
# A recipe comes from a file: it may name classes of this package only.
_CLASSES = "memgui.shrink."


def load_pruned(
    model: nn.Module, state_dict: Mapping[str, torch.Tensor], recipe: Recipe | Sequence[Recipe]
) -> nn.Module:
    """Cut a fresh model as the recipe says, then load the state into it; before its optimizer is made.

    Args:
        model: as the script builds it, with all its units; it is changed in place.
        state_dict: of the pruned model.
        recipe: path of the `recipe.json` that the receipt of the run names, or what is in it; several, oldest first,
            where the model was pruned several times.

    Returns:
        The model.

    Raises:
        ValueError: the recipe does not fit the model; it is as it was.
        RuntimeError: the state does not fit the cut model; by `load_state_dict`.
    """
    recipes = [recipe] if isinstance(recipe, (str, Path, Mapping)) else list(recipe)
    for one in recipes:
        _cut(model, one if isinstance(one, Mapping) else json.loads(Path(one).read_text(encoding="utf-8")))
    model.load_state_dict(state_dict)
    return model


def _cut(model: nn.Module, recipe: Mapping[str, Any]) -> None:
    planned = [_fitted(model, path, keep) for path, keep in recipe["kept"].items()]
    numbers = [(_owner(model, path), value) for path, value in recipe.get("numbers", {}).items()]
    classes = [(_module(model, path), _class(where)) for path, where in recipe.get("classes", {}).items()]
    for tensor, keep in planned:
        with torch.no_grad():
            values = tensor.detach()
            for dim, places in keep.items():
                values = values.index_select(dim, places)
            tensor.data = values.contiguous()
    for (module, name), value in numbers:
        module.__dict__[name] = tuple(value) if isinstance(value, list) else value
    for module, kind in classes:
        module.__class__ = kind


def _fitted(model: nn.Module, path: str, keep: Mapping[str, Sequence[int]]) -> tuple[torch.Tensor, dict[int, Any]]:
    module, name = _owner(model, path)
    tensor = module._parameters.get(name)
    if tensor is None:
        tensor = module._buffers.get(name)
    if tensor is None:
        raise ValueError(f"the model has no {path}: the recipe is of another one")
    places = {}
    for dim, indices in keep.items():
        if int(dim) >= tensor.dim() or (len(indices) and max(indices) >= tensor.shape[int(dim)]):
            raise ValueError(
                f"{path} is {tuple(tensor.shape)}, smaller than the recipe says: the model is pruned already, or it is "
                "another one"
            )
        places[int(dim)] = torch.tensor(indices, device=tensor.device)
    return tensor, places


def _owner(model: nn.Module, path: str) -> tuple[nn.Module, str]:
    parent, _, name = path.rpartition(".")
    return _module(model, parent), name


def _module(model: nn.Module, path: str) -> nn.Module:
    try:
        return model.get_submodule(path)
    except AttributeError as error:
        raise ValueError(f"the model has no module {path}: the recipe is of another one") from error


def _class(where: str) -> Any:
    module, _, name = where.partition(":")
    if not module.startswith(_CLASSES):
        raise ValueError(f"the recipe names the class {where}, which is none of {_CLASSES}*")
    return getattr(importlib.import_module(module), name)
