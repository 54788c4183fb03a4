"""What `inspect.explain` and `inspect.holders` ask and answer: who holds what grows, and the line that made it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

from memgui.protocol.inspection import Inspected, InspectParams


@dataclass(frozen=True)
class ExplainParams(InspectParams):
    """`inspect.explain`: a look, some steps, another look, and the holders of what is new and still there.

    Attributes:
        steps: how many steps to wait at least.
        seconds: how long to wait for them at most.
        births: record for a few steps which line makes each tensor.
    """

    budget_ms: float = 4000.0
    steps: int = 20
    seconds: float = 5.5
    births: bool = True


@dataclass(frozen=True)
class Suspect:
    """Something that grows, and who holds it.

    Attributes:
        kind: "graph", "tensors", "python", "cache", "hook", "exception", "workers" or "native".
        count: how many objects are held by now; of a graph, how many saved tensors.
        bytes: what they take; None where that cannot be known.
        per_step, count_per_step: bytes and objects that each step adds.
        shape, dtype, device: of most of the tensors; None where there are none.
        holder: the chain from the root to one of them, a word a link; joined it is what a person reads.
        root: what keeps all of it alive.
        held_by: what kinds of holders the chain leads through: "closure", "thread-local", "lru_cache", …
        born: `file:line` that made them; stored: `file:line` that keeps them. None where that is not known.
        advice: what to change.
        confidence: 0 to 1.
        evidence: sentences that a person can check.
        expected: the script has declared what holds them as expected.
    """

    kind: str
    count: int
    holder: Tuple[str, ...]
    root: str
    advice: str
    confidence: float
    bytes: Optional[int] = None
    per_step: Optional[float] = None
    count_per_step: Optional[float] = None
    shape: Optional[str] = None
    dtype: Optional[str] = None
    device: Optional[str] = None
    held_by: Tuple[str, ...] = ()
    born: Optional[str] = None
    stored: Optional[str] = None
    evidence: Tuple[str, ...] = ()
    expected: bool = False


@dataclass(frozen=True)
class TypeGrowth:
    """A Python type of which there are more at every look."""

    name: str
    count: int
    per_step: float


@dataclass(frozen=True)
class Explanation(Inspected):
    """Answer to `inspect.explain`.

    Attributes:
        suspects: what grows most first; empty where nothing does.
        steps: how many steps lay between the looks.
        types: the types of which there are more now, most growth first.
        births: why no birth lines were recorded; None where they were.
    """

    suspects: Tuple[Suspect, ...] = ()
    steps: int = 0
    seconds: float = 0.0
    types: Tuple[TypeGrowth, ...] = ()
    births: Optional[str] = None


@dataclass(frozen=True)
class HoldersParams(InspectParams):
    """`inspect.holders`: who holds the tensors of one kind.

    Attributes:
        shape, dtype, device: which tensors, written as in a suspect; None for any.
        limit: for how many of them.
    """

    shape: Optional[str] = None
    dtype: Optional[str] = None
    device: Optional[str] = None
    limit: int = 8


@dataclass(frozen=True)
class Held:
    """One chain, and what it holds.

    Attributes:
        count: how many of the tensors that were looked at it leads to.
        example: shape, dtype and device of one of them.
    """

    holder: Tuple[str, ...]
    root: str
    count: int
    example: str
    held_by: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Holders(Inspected):
    """Answer to `inspect.holders`.

    Attributes:
        found: how many tensors match.
        chains: who holds them, the most common chain first.
    """

    found: int = 0
    chains: Tuple[Held, ...] = ()


@dataclass(frozen=True)
class GenerationsParams(InspectParams):
    """`inspect.generations`: what each stretch of steps has left behind.

    Attributes:
        generations: how many stretches.
        steps: how long each is.
    """

    budget_ms: float = 8000.0
    generations: int = 3
    steps: int = 10


@dataclass(frozen=True)
class Left:
    """Tensors of one shape, dtype and device that a generation has left."""

    shape: str
    dtype: str
    device: str
    count: int
    bytes: int


@dataclass(frozen=True)
class Generation:
    """What was born between two steps, and what of it lives at the end.

    Attributes:
        born: tensors that were alive at its last step and not at its first.
        alive: how many of them are alive at the last look, a step after the last generation.
    """

    first_step: int
    last_step: int
    born: int
    alive: int
    left: Tuple[Left, ...] = ()


@dataclass(frozen=True)
class Generations(Inspected):
    """Answer to `inspect.generations`: oldest first."""

    generations: Tuple[Generation, ...] = ()
