"""What `watch.start` and `watch.stop` ask and answer: tensors that outlive the steps in which they were born."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple


@dataclass(frozen=True)
class WatchParams:
    """`watch.start`.

    Attributes:
        seconds: when it ends by itself.
        outlive: a tensor that lives so many steps after its own is a survivor.
        share: how much of the step time it may take.
        samples: it ends as soon as so many steps were recorded and looked at again, or after 15 s with three of which
            something survives; None for the whole time.
        cause: the metric whose growth is the reason; None where a person asked.
    """

    seconds: float = 300.0
    outlive: int = 3
    share: float = 0.05
    samples: Optional[int] = None
    cause: Optional[str] = None


@dataclass(frozen=True)
class Watching:
    """Answer to `watch.start`: the watch is on."""

    until_s: float
    already: bool = False


@dataclass(frozen=True)
class Survivors:
    """Tensors of one line, shape, dtype and device that outlived their step.

    Attributes:
        per_step, bytes_per_step: how many of them each step leaves, on average over the sampled steps.
        has_graph: they keep an autograd graph.
        goes_back: that graph reaches back over steps: a sum, or a state. Then `per_step` counts its nodes.
        expected: the script has declared them as expected.
    """

    born: str
    shape: str
    dtype: str
    device: str
    per_step: float
    bytes_per_step: float
    has_graph: bool = False
    goes_back: bool = False
    expected: bool = False


@dataclass(frozen=True)
class WatchReport:
    """Answer to `watch.stop`, and the data of the event that ends a watch.

    Attributes:
        survivors: by bytes, most first; only what was found in at least two samples.
        sampled_steps: how many steps were recorded and looked at again.
        outlive: how many steps later.
        share: how much of the time it took, as far as it can tell.
        reason: why nothing could be recorded; None where it could.
        cause: as it was asked for.
    """

    survivors: Tuple[Survivors, ...] = ()
    sampled_steps: int = 0
    outlive: int = 3
    share: float = 0.0
    reason: Optional[str] = None
    cause: Optional[str] = None
