"""What `inspect.*` asks and answers: looks at the objects of the training, taken at a step boundary."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, Optional, Tuple


@dataclass(frozen=True)
class InspectParams:
    """What every inspection takes.

    Attributes:
        when: "safe_point"; objects are never looked at elsewhere.
        timeout_s: how long to wait for a step boundary.
        budget_ms: how long the training may stand still; what was found until then is answered as incomplete.
    """

    when: str = "safe_point"
    timeout_s: float = 30.0
    budget_ms: float = 2000.0


@dataclass(frozen=True)
class Inspected:
    """What every inspection answers.

    Attributes:
        t_s, step: when it was looked.
        pause_ms: how long the training stood still for it.
        complete: everything was looked at; otherwise `reason` says why not, and the figures are lower bounds.
    """

    t_s: float = 0.0
    step: int = -1
    pause_ms: float = 0.0
    complete: bool = True
    reason: Optional[str] = None


@dataclass(frozen=True)
class InspectionInfo:
    """An inspection that the target offers.

    Attributes:
        method: its name on the wire.
        pause_ms: how long the last one took, or by the number of objects how long one would; None where unknown.
    """

    method: str
    pause_ms: Optional[float] = None


@dataclass(frozen=True)
class InspectionList:
    """Answer to `inspect.list`, which looks at nothing."""

    inspections: Tuple[InspectionInfo, ...]


@dataclass(frozen=True)
class CancelParams:
    """`inspect.cancel`.

    Attributes:
        method: looks of this kind that were asked for on the same connection end, whether they wait or are under way.
    """

    method: str


@dataclass(frozen=True)
class Cancelled:
    """Answer to `inspect.cancel`; the looks themselves are answered by an error, or by what they have found.

    Attributes:
        looks: how many there were.
    """

    looks: int


@dataclass(frozen=True)
class CompositionParams(InspectParams):
    """`inspect.composition`."""


@dataclass(frozen=True)
class RoleBytes:
    """Tensors of one role in one place; each storage is counted once, in the first role of this order that claims it.

    Attributes:
        place: "host" (memory of its own), "shared" (shared memory), "mapped" (pages of a file), or a device: "cuda.0".
        role: "parameters", "gradients", "optimizer", "buffers", "activations" or "other_tensors".
        count: storages.
    """

    place: str
    role: str
    size_bytes: int
    count: int


@dataclass(frozen=True)
class Surplus:
    """Memory beyond what the training needs by its parameters, their types and its optimizer.

    Attributes:
        kind: "model" (one that nothing trains), "copy" (of the trained parameters), "optimizer" (state beyond the slots
            that its kind has).
        text: one sentence for people.
    """

    kind: str
    size_bytes: int
    text: str


@dataclass(frozen=True)
class Composition(Inspected):
    """Answer to `inspect.composition`: what there is to make bands of.

    Attributes:
        counters: metrics of the same moment, by their names in the catalogue; beside them, resident anonymous pages:
            `host.libraries_bytes` of file mappings, `host.unnamed_bytes` of mappings without a name; and
            `host.heap_mapped_bytes`, the heap's large blocks, and `{device}.private_pools_bytes`, free memory in pools
            of CUDA graphs and of the script's own.
    """

    roles: Tuple[RoleBytes, ...] = ()
    counters: Dict[str, float] = field(default_factory=dict)
    surplus: Tuple[Surplus, ...] = ()


@dataclass(frozen=True)
class TensorsParams(InspectParams):
    """`inspect.tensors`.

    Attributes:
        limit: groups at most, the largest first.
    """

    limit: int = 10_000


@dataclass(frozen=True)
class TensorGroup:
    """Tensors of one shape, type, place and role; each storage is counted once.

    Attributes:
        shape: of the tensor that the storage was made for, not of a view.
        device: a place as in `RoleBytes`.
        count: storages.
        per_step: change of `bytes` per step since the look before; None at the first.
        holder: where one of them hangs: the name of a parameter, or who refers to it; None where nobody was found.
        born: file and line that made them; None where that was not watched.
    """

    shape: Tuple[int, ...]
    dtype: str
    device: str
    role: str
    count: int
    bytes: int
    per_step: Optional[float] = None
    holder: Optional[str] = None
    born: Optional[str] = None


@dataclass(frozen=True)
class Tensors(Inspected):
    """Answer to `inspect.tensors`.

    Attributes:
        groups: the largest first.
        groups_count, total_bytes: of all groups, those left out included.
    """

    groups: Tuple[TensorGroup, ...] = ()
    groups_count: int = 0
    total_bytes: int = 0


@dataclass(frozen=True)
class ModulesParams(InspectParams):
    """`inspect.modules`.

    Attributes:
        activations: look also at what the forward of one step saves for backward; takes a step, and hooks during it.
    """

    activations: bool = False


@dataclass(frozen=True)
class ModuleNode:
    """A module, without what is below it; memory that several share counts for the first.

    Attributes:
        path: class name of the outermost module, then the names on the way, with dots between.
        kind: name of its class.
        trained: an optimizer that was seen trains a parameter of the outermost module.
        activations_bytes: what its own operations save for backward; None where that was not looked at.
    """

    path: str
    kind: str
    trained: bool
    parameters_bytes: int
    gradients_bytes: int
    optimizer_bytes: int
    buffers_bytes: int
    activations_bytes: Optional[int] = None


@dataclass(frozen=True)
class Modules(Inspected):
    """Answer to `inspect.modules`: parents before what is below them, trained models first."""

    modules: Tuple[ModuleNode, ...] = ()
