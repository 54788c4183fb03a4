"""What can only be taken out together: a unit of a layer with all that belongs to it elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

Keep = dict[int, torch.Tensor]


@dataclass(frozen=True)
class Member:
    """One dimension of a parameter or buffer.

    Attributes:
        name: of the parameter or buffer in `module`.
        indices: row u holds the places of unit u along `dim`.
        takes: reads what the units give, rather than making it.
    """

    module: nn.Module
    name: str
    dim: int
    indices: torch.Tensor
    takes: bool = False

    @property
    def tensor(self) -> torch.Tensor:
        """The parameter or buffer as it is now."""
        found: torch.Tensor = getattr(self.module, self.name)
        return found

    @property
    def is_parameter(self) -> bool:
        """A parameter, not a buffer."""
        return self.module._parameters.get(self.name) is not None


@dataclass(frozen=True)
class Attribute:
    """A number of the module's own that counts what is left: `per_unit` of each unit; `wrap` for a tuple of one."""

    module: nn.Module
    name: str
    per_unit: int
    wrap: bool = False


@dataclass(frozen=True, eq=False)
class Group:
    """Units of one block that do not depend on each other.

    Attributes:
        name: qualified name of the block or layer.
        noun: what a unit is, in the plural.
        classes: modules that become another class when units are gone.
        fixed: attributes that get a value whatever is left.
    """

    name: str
    kind: str
    noun: str
    count: int
    members: tuple[Member, ...]
    attributes: tuple[Attribute, ...]
    classes: tuple[tuple[nn.Module, type[nn.Module]], ...] = ()
    fixed: tuple[tuple[nn.Module, str, Any], ...] = ()

    def modules(self) -> set[int]:
        """Ids of the modules that it cuts."""
        return {id(member.module) for member in self.members}


@dataclass
class Cut:
    """What is kept of every tensor, of all groups together."""

    keeps: dict[tuple[int, str], tuple[nn.Module, str, Keep]] = field(default_factory=dict)
    numbers: dict[tuple[int, str], tuple[nn.Module, str, Any]] = field(default_factory=dict)
    classes: dict[int, tuple[nn.Module, type[nn.Module]]] = field(default_factory=dict)

    @classmethod
    def of(cls, kept: Iterable[tuple[Group, torch.Tensor]]) -> Cut:
        """From the units kept of each group, ascending."""
        cut = cls()
        for group, units in kept:
            for member in group.members:
                places = member.indices[units].flatten().sort().values.to(member.tensor.device)
                _, _, keep = cut.keeps.setdefault((id(member.module), member.name), (member.module, member.name, {}))
                keep[member.dim] = places
            for one in group.attributes:
                value: Any = len(units) * one.per_unit
                cut.numbers[id(one.module), one.name] = (one.module, one.name, (value,) if one.wrap else value)
            for module, name, value in group.fixed:
                cut.numbers[id(module), name] = (module, name, value)
            for module, kind in group.classes:
                cut.classes[id(module)] = (module, kind)
        return cut

    def numel_kept(self, module: nn.Module, name: str) -> int:
        """Elements of a tensor that are left."""
        tensor: torch.Tensor = getattr(module, name)
        _, _, keep = self.keeps.get((id(module), name), (module, name, {}))
        left = 1
        for dim, size in enumerate(tensor.shape):
            left *= len(keep[dim]) if dim in keep else size
        return left


def select(tensor: torch.Tensor, keep: Mapping[int, torch.Tensor]) -> torch.Tensor:
    """The kept places, in a tensor of its own memory."""
    chosen = tensor.detach()
    for dim, places in keep.items():
        chosen = chosen.index_select(dim, places)
    if chosen.dim() == 4 and tensor.is_contiguous(memory_format=torch.channels_last) and not tensor.is_contiguous():
        return chosen.contiguous(memory_format=torch.channels_last)
    return chosen.contiguous()


def on_copy(cut: Cut, originals: nn.Module, copied: nn.Module) -> None:
    """Cut a copy whose modules have the same names as the originals."""
    names = {id(module): name for name, module in originals.named_modules(remove_duplicate=False)}

    def twin(module: nn.Module) -> nn.Module | None:
        name = names.get(id(module))
        return None if name is None else copied.get_submodule(name)

    for module, name, keep in cut.keeps.values():
        other = twin(module)
        if other is None:
            continue
        if other._parameters.get(name) is not None:
            part = other._parameters[name]
            assert part is not None
            other._parameters[name] = nn.Parameter(select(part, keep), part.requires_grad)
        else:
            other._buffers[name] = select(other._buffers[name], keep)
    for module, name, value in cut.numbers.values():
        other = twin(module)
        if other is not None:
            other.__dict__[name] = value
    for module, kind in cut.classes.values():
        other = twin(module)
        if other is not None:
            other.__class__ = kind
