"""Releasing gradients: exactly what `zero_grad(set_to_none=True)` does, right after the optimizer has used them."""

from __future__ import annotations

from typing import Any, Callable, Dict, FrozenSet, Iterator, List, Optional, Tuple

from memgui.agent.actions.action import Action, Estimate, Outcome, Point

# Step boundaries to wait for the other optimizers of a loop with several.
_VISITS_ALLOWED = 64


class ReleaseGradients(Action):
    """Sets the gradients of each optimizer to None right after its own step.

    Another optimizer's gradients may still be needed at that moment, so with several the run takes several boundaries.
    """

    name = "release_gradients"
    title = "Release gradients"
    description = (
        "Frees the gradients right after the optimizer has used them, as zero_grad(set_to_none=True) does; the next "
        "backward makes them anew. A loop that reads gradients after the step, or on purpose never clears them, would "
        "notice."
    )

    def __init__(self, live: Callable[[], List[Any]]) -> None:
        """`live` gives the optimizers that were seen stepping."""
        self._live = live

    def unavailable(self) -> Optional[str]:
        """No optimizer known yet."""
        return None if self._live() else "no optimizer step was seen yet, so it is not known whose gradients to release"

    def refusal(self, point: Point) -> Optional[str]:
        """Anywhere but right after an optimizer's step the gradients may still be needed: wait."""
        if point.unsafe is not None:
            return point.unsafe
        return None if point.kind == "optimizer" else ""

    def estimate(self, params: Dict[str, Any]) -> Estimate:
        """As much as the trainable parameters take; shapes are read, not data."""
        sizes = {id(part): _bytes(part) for optimizer in self._live() for part in _trainable(optimizer)}
        return Estimate(
            sum(sizes.values()),
            round(len(sizes) * 2e-3, 1),
            (f"The gradients of {len(sizes)} parameter tensors are set to None.",) if sizes else (),
        )

    def run(self, params: Dict[str, Any], point: Point, so_far: Outcome) -> Outcome:
        """Release those of the optimizer that has just stepped."""
        done, visits = so_far.state or (frozenset(), 0)
        others = [other for other in self._live() if other is not point.optimizer]
        shared = {id(part) for other in others if id(other) not in done for part in _trainable(other)}
        freed, count = _release(point.optimizer, shared)
        done = done | {id(point.optimizer)}
        waits = visits < _VISITS_ALLOWED and any(_has_gradients(other) for other in others if id(other) not in done)
        details = {"tensors_count": so_far.details.get("tensors_count", 0) + count}
        state: Tuple[FrozenSet[int], int] = (done, visits + 1)
        return Outcome(freed, details, complete=not waits, state=state)


def _release(optimizer: Any, shared: Any) -> Tuple[int, int]:
    storages: Dict[int, int] = {}
    count = 0
    for part in _parameters(optimizer):
        gradient = part.grad
        if gradient is None or id(part) in shared:
            continue
        # A gradient that is a view of a bucket (DDP) gives nothing back by itself.
        if getattr(gradient, "_base", None) is None:
            storages[id(part)] = _bytes(gradient)
        part.grad = None
        count += 1
    return sum(storages.values()), count


def _parameters(optimizer: Any) -> Iterator[Any]:
    for group in list(optimizer.param_groups):
        yield from list(group["params"])


def _trainable(optimizer: Any) -> Iterator[Any]:
    return (part for part in _parameters(optimizer) if part.requires_grad)


def _has_gradients(optimizer: Any) -> bool:
    return any(part.grad is not None for part in _parameters(optimizer))


def _bytes(tensor: Any) -> int:
    """Of a sharded tensor only the part that lies here; of a sparse one only its values."""
    local = getattr(tensor, "_local_tensor", tensor)
    if getattr(local, "is_sparse", False):
        local = local._values()
    return int(local.numel() * local.element_size())
