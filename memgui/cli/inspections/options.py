"""What the user may say about a look, whatever it looks at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """Options of `memgui inspect`.

    Attributes:
        wait_s: how long to wait for a step boundary.
        budget_ms: how long the training may stand still.
        limit: rows at most.
        activations: hook the forward of one step, to tell activations by module.
        text: what to call the moment that is marked; None for its step.
    """

    wait_s: float = 30.0
    budget_ms: float = 2000.0
    limit: int = 50
    activations: bool = False
    text: str | None = None
