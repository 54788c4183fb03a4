"""What `actions.preview` tells of an action that changes the model, and what can be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple


@dataclass(frozen=True)
class Sizes:
    """Bytes by role, of a layer or of a whole job.

    Attributes:
        activations: what the forward pass keeps for backward; None where it was not measured.
    """

    parameters: int = 0
    gradients: int = 0
    state: int = 0
    activations: Optional[int] = None

    @property
    def total(self) -> int:
        """All of them; activations count where they are known."""
        return self.parameters + self.gradients + self.state + (self.activations or 0)


@dataclass(frozen=True)
class LayerChange:
    """One layer of a preview.

    Attributes:
        module: qualified name in the model, such as "layers.3.mlp".
        kind: name of its class.
        text: what is removed or stored how, such as "512 of 1024 units removed".
        damage: share of the layer's importance (pruning) or of its norm (quantisation) that is lost, 0 to 1; None where
            nothing is lost.
    """

    module: str
    kind: str
    text: str
    before: Sizes
    after: Sizes
    damage: Optional[float] = None


@dataclass(frozen=True)
class LeftOut:
    """A layer in the scope that is not changed, and why."""

    module: str
    reason: str


@dataclass(frozen=True)
class ShrinkPlan:
    """What a run would change, by layer.

    Attributes:
        layers: by bytes freed per unit of damage, most first.
        before, after: of everything that the run touches.
        backup_bytes: what the backup takes on disk; 0 where none is needed.
        backup_dir: where it goes.
        backup_free_bytes: room there.
        backups_left_bytes: what ended processes have left in the same place.
        peak_bytes: what the change takes for a moment beside all that is held, since old and new are both there.
        free_bytes: of memory, where the tensors are; None where it cannot be told.
        loss_before, loss_after: of the last batch, computed on a copy; None where `loss_note` tells why not.
    """

    layers: Tuple[LayerChange, ...] = ()
    left_out: Tuple[LeftOut, ...] = ()
    before: Sizes = Sizes()
    after: Sizes = Sizes()
    backup_bytes: int = 0
    backup_dir: Optional[str] = None
    backup_free_bytes: Optional[int] = None
    backups_left_bytes: int = 0
    peak_bytes: int = 0
    free_bytes: Optional[int] = None
    loss_before: Optional[float] = None
    loss_after: Optional[float] = None
    loss_note: Optional[str] = None


@dataclass(frozen=True)
class UndoInfo:
    """A run that can still be taken back: its process lives, its modules too, and its backup is on disk.

    Attributes:
        undo: id for `actions.undo`.
        t_s: monotonic time of the run.
        backup: file or folder of the backup; None where it needs none.
        meeting: the same at all ranks that did it together; None where it was done alone.
    """

    undo: str
    action: str
    title: str
    step: int
    t_s: float
    backup: Optional[str] = None
    backup_bytes: int = 0
    meeting: Optional[str] = None
