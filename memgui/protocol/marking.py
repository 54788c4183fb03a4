"""What `inspect.mark` asks and answers: one light look at everything, kept in the history to be compared later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

from memgui.protocol.inspection import Inspected, InspectParams, RoleBytes


@dataclass(frozen=True)
class MarkParams(InspectParams):
    """`inspect.mark`.

    Attributes:
        text: what to call the moment; None for its step.
        keep: the look becomes an event, and so part of the history and of recordings.
    """

    text: Optional[str] = None
    keep: bool = True


@dataclass(frozen=True)
class Tally:
    """Something that is counted, by name: a group of tensors, a module, a Python type, a worker.

    Attributes:
        size_bytes: what it takes; None for Python types, whose sizes are not known.
    """

    name: str
    count: int
    size_bytes: Optional[int] = None


@dataclass(frozen=True)
class Marked(Inspected):
    """Answer to `inspect.mark`, and the data of the event `look`.

    Attributes:
        tensors: by shape, type, place and role, the largest first; modules: with all that belongs to them, but without
            what is below, the largest first; types: the most numerous first; workers: by pid.
        cut: of what of these there was more than is told: "tensors", "modules", "types".
    """

    roles: Tuple[RoleBytes, ...] = ()
    tensors: Tuple[Tally, ...] = ()
    modules: Tuple[Tally, ...] = ()
    types: Tuple[Tally, ...] = ()
    workers: Tuple[Tally, ...] = ()
    cut: Tuple[str, ...] = ()
