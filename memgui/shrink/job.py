"""One run of a method at a safe point, in the one order that leaves nothing half done."""

from __future__ import annotations

import gc
import importlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn
from torch.autograd.graph import get_gradient_edge

from memgui.protocol.errors import Problem, Refused
from memgui.protocol.shrinking import ShrinkPlan, UndoInfo
from memgui.protocol.wire import to_wire
from memgui.shrink import backup as backups
from memgui.shrink import leftovers, refusals, room, trial, undo
from memgui.shrink.backup import Backup
from memgui.shrink.change import Change
from memgui.shrink.listing import Listed
from memgui.shrink.loss import LossMeter
from memgui.shrink.method import Method, Planned
from memgui.shrink.parking import is_parked
from memgui.shrink.replay import LossPath
from memgui.shrink.scene import Capture, Inputs, Scene, nbytes


@dataclass(frozen=True)
class Done:
    """What a run did.

    Attributes:
        undo: id for taking it back.
        details: for the receipt.
    """

    freed_bytes: int
    undo: str
    details: dict[str, Any]


class Made:
    """A change that was made and verified, and can still be taken back from memory; one of `commit` and `roll_back`
    ends it, in the same visit.

    Attributes:
        decided: as `Planned.decided`.
    """

    def __init__(
        self, info: UndoInfo, change: Change, freed_bytes: int, details: dict[str, Any], decided: Mapping[str, str]
    ) -> None:
        self.decided = decided
        self._info = info
        self._change: Change | None = change
        self._freed_bytes = freed_bytes
        self._details = details

    def commit(self, meeting: str | None = None) -> Done:
        """Let go of what was before, and remember how to take it back.

        Args:
            meeting: of the ranks that did it together.
        """
        change, self._change = self._change, None
        assert change is not None
        change.commit()
        undo.add(replace(self._info, meeting=meeting), change)
        del change
        gc.collect()
        details = self._details if meeting is None else {**self._details, "meeting": meeting}
        return Done(self._freed_bytes, self._info.undo, details)

    def roll_back(self) -> None:
        """Everything is as before."""
        change, self._change = self._change, None
        assert change is not None
        _roll_back(change)


class Job:
    """A preview or a run; on the training thread, but for the constructor.

    It is visited twice: `begin` at one boundary, `preview`, `run` or `make` at the next.

    Attributes:
        meter: notes the loss of the step that is watched.
    """

    def __init__(self, listed: Listed, params: Mapping[str, Any]) -> None:
        """Import what it needs; on the agent's thread."""
        module, _, name = listed.where.partition(":")
        self._listed = listed
        self._params = params
        self._method: Method = getattr(importlib.import_module(module), name)()
        self._capture: Capture | None = None
        self.meter: LossMeter | None = None
        self._path: LossPath | None = None

    @property
    def needs_a_step(self) -> bool:
        """One step has to be watched first."""
        return self._capture is None

    def begin(self, scene: Scene, *, loss_path: bool = False) -> None:
        """Watch the step that comes: its loss, the inputs that the method needs, and for a preview what makes the loss
        of the model's answer."""
        watched = self._method.watch(scene) if self._listed.watches else scene.models if loss_path else []
        compiled = refusals.is_compiled(scene)
        self._capture = Capture([] if compiled else watched)
        if loss_path and len(scene.models) == 1 and not compiled:
            self._path = LossPath(scene.models[0])
        self.meter = LossMeter(self._path.backward if self._path is not None else None)

    def hand_over(self) -> LossMeter | None:
        """The meter, which somebody else ends from now on."""
        meter, self.meter = self.meter, None
        return meter

    def end(self) -> None:
        """Let go of everything; on any thread."""
        if self._capture is not None:
            self._capture.end()
        if self.meter is not None:
            self.meter.end()
        if self._path is not None:
            self._path.end()

    def scene(self, models: Sequence[Any], optimizers: Sequence[Any], others: Sequence[Any]) -> Scene:
        """The scene of this visit."""
        inputs: Callable[[nn.Module], Inputs | None] = self._capture.inputs if self._capture else lambda _root: None
        return Scene(models, optimizers, others, inputs)

    def preview(self, scene: Scene) -> ShrinkPlan:
        """What a run would change.

        Raises:
            Refused: it must not be done; the text tells the way out.
        """
        planned = self._method.plan(scene, self._params)
        plan = self._told(planned)
        if not planned.loses:
            return plan
        try:
            before, after = self._losses(scene, planned)
        except (Problem, ValueError, NotImplementedError) as error:
            note = str(error).split("\n")[0] or "the loss of this change cannot be told beforehand"
            return replace(plan, loss_note=note)
        return replace(plan, loss_before=before, loss_after=after)

    def run(self, scene: Scene, step: int) -> Done:
        """Do it: plan, back up, apply, verify, and only then let go of what was before; raises what `make` does."""
        return self.make(scene, step).commit()

    def make(self, scene: Scene, step: int) -> Made:
        """Plan, back up, apply and verify.

        Raises:
            Refused: it must not be done; nothing was changed.
            Problem: it could not be done; everything is as before.
        """
        planned = self._method.plan(scene, self._params)
        plan = self._told(planned)
        number = undo.new_id()
        backup = Backup.write(self._folder() / number, planned.tensors()) if planned.loses else None
        change = Change(scene.optimizers, backup)
        held = held_bytes(scene)
        try:
            planned.apply(change)
            verify(scene)
            freed = held - held_bytes(scene)
            if freed <= 0 and planned.frees_at_once:
                raise Problem("it freed nothing, so it was taken back", "choose more modules or a higher ratio")
            details = dict(planned.details())
            if backup is not None:
                recipe = {"action": self._listed.name, "step": step, **planned.recipe()}
                details["recipe"] = str(backup.note("recipe.json", recipe))
        except BaseException:
            _roll_back(change)
            raise
        info = UndoInfo(
            number,
            self._listed.name,
            self._listed.title,
            step,
            time.monotonic(),
            None if backup is None else str(backup.folder),
            0 if backup is None else backup.bytes,
        )
        told: dict[str, Any] = {"plan_before_bytes": plan.before.total, "plan_after_bytes": plan.after.total}
        told.update({"roles_before": to_wire(plan.before), "roles_after": to_wire(plan.after)})
        if backup is not None:
            told.update({"backup": str(backup.folder), "backup_bytes": backup.bytes})
        told.update(details)
        return Made(info, change, freed, told, planned.decided())

    def _losses(self, scene: Scene, planned: Planned) -> list[float]:
        """Of the watched batch, in eval mode, by the model as it is and by a changed copy."""
        if len(scene.models) != 1:
            raise ValueError("several models are trained, so it is not known whose loss to tell")
        if self._path is None:
            raise ValueError("the run uses torch.compile, which would compile again for the loss to be recorded")
        root = scene.models[0]
        inputs = scene.inputs(root)
        if inputs is None:
            raise ValueError("the model's forward was not called in the step that was watched")
        copied, changed = trial.alias(root), trial.alias(root)
        planned.on_copy(root, changed)
        try:
            return self._path.losses([copied, changed], inputs)
        except Exception as error:
            raise ValueError(
                f"the loss cannot be computed again: {type(error).__name__}: {str(error)[:200]}"
            ) from error

    def _told(self, planned: Planned) -> ShrinkPlan:
        """The plan with what it takes.

        Raises:
            Refused: there is no memory for it.
        """
        if not planned.loses:
            return planned.plan
        device = room.device_of(planned.tensors())
        peak, free = _peak_bytes(planned), room.free_bytes(device)
        if free is not None and peak > free:
            raise Refused(
                f"old and new tensors are both held for a moment, which takes {_mib(peak)} more on {device}, and "
                f"{_mib(free)} are free; nothing was changed",
                "choose fewer modules at a time, or free memory first",
            )
        folder = self._folder()
        size = backups.size_of(planned.tensors())
        space = backups.free_bytes(folder)
        plan = replace(planned.plan, backup_bytes=size, backup_dir=str(folder), backup_free_bytes=space)
        left = leftovers.size_bytes(folder.parent)
        return replace(plan, peak_bytes=peak, free_bytes=free, backups_left_bytes=left)

    def _folder(self) -> Any:
        return backups.directory(str(self._params.get("backup_dir", "")))


def _peak_bytes(planned: Planned) -> int:
    """The new tensors, and a copy on the way of the largest that is replaced."""
    after = planned.plan.after
    largest = max((nbytes(tensor) for tensor in planned.tensors()), default=0)
    return after.parameters + after.gradients + after.state + largest


def _mib(size: int) -> str:
    return f"{size / 2**20:,.0f} MiB"


def _roll_back(change: Change) -> None:
    try:
        change.roll_back()
    finally:
        if change.backup is not None:
            change.backup.delete()


def held_bytes(scene: Scene) -> int:
    """Of all models: parameters, buffers, gradients and optimizer state, each storage once.

    State that is parked elsewhere is not held.
    """
    storages: dict[int, int] = {}
    tensors = list(scene.tensors([*scene.models, *scene.others]))
    for optimizer in scene.optimizers:
        for state in optimizer.state.values():
            tensors += [value for value in state.values() if isinstance(value, torch.Tensor)]
    for tensor in tensors:
        for part in [] if is_parked(tensor) else _parts(tensor):
            storage = part.untyped_storage()
            storages[storage._cdata] = storage.nbytes()
    return sum(storages.values())


def verify(scene: Scene) -> None:
    """Hold what autograd believes of each trainable parameter against its shape.

    Raises:
        Problem: they differ, so that the next backward would fail.
    """
    for root in scene.models:
        for name, parameter in root.named_parameters():
            if parameter.requires_grad:
                node: Any = get_gradient_edge(parameter).node
                if tuple(node._input_metadata[0].shape) != tuple(parameter.shape):
                    raise Problem(f"autograd kept the old shape of {name}; everything is as before")
            if parameter.grad is not None and parameter.grad.shape != parameter.shape:
                raise Problem(f"the gradient of {name} has another shape; everything is as before")


def _parts(tensor: torch.Tensor) -> list[torch.Tensor]:
    flatten = getattr(tensor, "__tensor_flatten__", None)
    if type(tensor) in (torch.Tensor, nn.Parameter) or flatten is None:
        return [tensor] if tensor.layout is torch.strided else []
    names, _ = flatten()
    return [part for name in names for part in _parts(getattr(tensor, name))]


__all__ = ["Done", "Job", "Made", "held_bytes", "nbytes", "verify"]
