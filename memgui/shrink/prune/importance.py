"""How much each unit matters, and which of them go."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from memgui.protocol.errors import Refused
from memgui.shrink.prune.groups import Group, Member

CRITERIA = ("l2", "l1", "taylor")


def scores(group: Group, criterion: str) -> torch.Tensor:
    """One number for each unit, in float64 on the CPU: the norm of all weights that go with it, or with "taylor" the
    first-order change of the loss, the sum of |weight x gradient|.

    Source: Molchanov et al., Importance Estimation for Neural Network Pruning, CVPR 2019.

    Raises:
        Refused: gradients are asked for, and there are none at this boundary.
    """
    total = torch.zeros(group.count, dtype=torch.float64)
    with torch.no_grad():
        for member in group.members:
            if member.is_parameter:
                total += _of_member(member, criterion)
    return total.sqrt() if criterion == "l2" else total


def _of_member(member: Member, criterion: str) -> torch.Tensor:
    weight = member.tensor.detach()
    if criterion == "taylor":
        gradient = member.tensor.grad
        if gradient is None:
            if not member.tensor.requires_grad:
                return torch.zeros(len(member.indices), dtype=torch.float64)
            raise Refused(
                "there are no gradients at this step boundary, so units cannot be judged by them",
                "choose criterion=l2, or let the loop clear gradients before the forward and not after the step",
            )
        value = (weight * gradient).abs()
    else:
        value = weight.abs() if criterion == "l1" else weight.float().square()
    others = [dim for dim in range(value.dim()) if dim != member.dim]
    line = value.double().sum(others) if others else value.double()
    return line.cpu()[member.indices].sum(1)


def kept(
    groups: Sequence[Group], each: Sequence[torch.Tensor], ratio: float, *, together: bool, least_ratio: float = 0.1
) -> list[torch.Tensor]:
    """Ascending units that stay, of each group.

    Args:
        groups: what can be cut.
        each: their scores.
        ratio: of the units that go: of each group, or of all groups together.
        together: one ranking over all groups, each group's scores being measured by their mean.
        least_ratio: of its units, what a group keeps at least where all are ranked together.
    """
    if not together:
        return [
            scores.argsort(descending=True, stable=True)[: len(scores) - _gone(len(scores), ratio)].sort().values
            for scores in each
        ]
    relative = [scores / scores.mean().clamp_min(1e-30) for scores in each]
    everything = torch.cat(relative)
    limit = everything.sort().values[min(len(everything) - 1, round(len(everything) * ratio))]
    left = []
    for group, scores in zip(groups, relative, strict=True):
        least = max(1, round(group.count * least_ratio))
        count = max(least, int((scores >= limit).sum()))
        left.append(scores.argsort(descending=True, stable=True)[:count].sort().values)
    return left


def lost(scores: torch.Tensor, units: torch.Tensor) -> float:
    """Share of the importance that goes."""
    total = float(scores.sum())
    return 0.0 if total == 0 else max(0.0, 1.0 - float(scores[units].sum()) / total)


def _gone(count: int, ratio: float) -> int:
    return min(count - 1, int(count * ratio + 1e-9))
