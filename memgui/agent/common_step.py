"""A count of steps that means the same on all ranks of a run.

The agent's own count begins when the agent comes, which is at another step on each rank. Training thread, at a safe
point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Mapping, Optional, Sequence

from memgui.agent import torch_access
from memgui.agent.actions.action import Point
from memgui.protocol.errors import Refused

_DISTRIBUTED = "torch.distributed.distributed_c10d"


@dataclass(frozen=True)
class Count:
    """So many steps `by` what stands there in words; counts by different things cannot be compared."""

    by: str
    steps: int


def count(
    point: Point, optimizers: Sequence[Any], observed: Mapping[str, float], script_steps: Optional[int]
) -> Optional[Count]:
    """The count at this boundary; None where ranks do not meet, such as after the lesser of two optimizers.

    Args:
        optimizers: those that were seen stepping.
        observed: what the script told with its last `memgui.agent.step`.
        script_steps: calls of it since the process began; None where the script makes none.

    Raises:
        Refused: nothing here counts alike on all ranks.
    """
    if script_steps is not None:
        if point.kind != "script":
            return None
        told = observed.get("step")
        if told is not None:
            return Count("step=… of memgui.agent.step()", int(told))
        return Count("the script's calls of memgui.agent.step()", script_steps)
    # Which optimizer an agent saw first depends on when it came; the largest is the same everywhere.
    leader = max(optimizers, key=_values, default=None)
    if leader is None or point.optimizer is not leader:
        return None
    kind = type(leader).__name__
    steps = _steps(leader)
    if steps:
        return Count(f"the steps in the state of {kind}", max(steps))
    calls = _collectives()
    if calls:
        return Count(f"the collective calls before the end of {kind}.step()", calls)
    raise Refused(
        f"{kind} keeps no count of its steps, and nothing is exchanged by torch.distributed, so that no count means "
        "the same on all ranks",
        "call memgui.agent.step(step=n) at the end of each iteration of the training loop",
    )


def _values(optimizer: Any) -> int:
    return sum(parameter.numel() for group in optimizer.param_groups for parameter in group["params"])


def _steps(optimizer: Any) -> List[int]:
    held = [*optimizer.param_groups, *(state for state in optimizer.state.values() if isinstance(state, dict))]
    return [int(one["step"]) for one in held if "step" in one]


def _collectives() -> Optional[int]:
    """Each rank of a group makes the same calls in the same order, so that equal counts are the same place."""
    module = torch_access.loaded(_DISTRIBUTED)
    if module is None or not module.is_initialized():
        return None
    try:
        calls: int = module._get_default_group()._get_sequence_number_for_group()
    except (AttributeError, RuntimeError):  # a backend that does not count
        return None
    return calls
