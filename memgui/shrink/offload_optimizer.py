"""Optimizer state out of the way until it is used: of groups that rarely step, or of all while the run pauses."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch.optim import Optimizer

from memgui.protocol.errors import Refused
from memgui.protocol.shrinking import LayerChange, LeftOut, ShrinkPlan, Sizes
from memgui.shrink import backup
from memgui.shrink.change import Change
from memgui.shrink.method import Method, Planned
from memgui.shrink.parking import back, can_park, check_folder, is_parked, to_file, to_host
from memgui.shrink.scene import Scene, nbytes

Entry = tuple[Optimizer, torch.Tensor, str]


class OffloadOptimizer(Method):
    """Moves state from a device to host memory, and from host memory to a mapped file."""

    def plan(self, scene: Scene, params: Mapping[str, Any]) -> Planned:
        """Find the state that is not in use.

        Raises:
            Refused: all of it is, there is none, or the folder will not do.
        """
        everything = params.get("which", "idle") == "all"
        entries: list[Entry] = []
        layers: list[LayerChange] = []
        left_out: list[LeftOut] = []
        seen: set[int] = set()
        for name, module in scene.chosen(str(params.get("modules", ""))):
            own: list[Entry] = []
            reason: str | None = None
            for parameter in module._parameters.values():
                if parameter is None or id(parameter) in seen:
                    continue
                seen.add(id(parameter))
                for optimizer, state in scene.states(parameter):
                    if not everything and parameter.grad is not None:
                        reason = "it was stepped just now, so its state would be back at the next step"
                        continue
                    own += [(optimizer, parameter, key) for key, value in state.items() if can_park(value)]
                    if any(map(is_parked, state.values())):
                        reason = "its state is out of the way already"
            if own:
                layers.append(_layer(name, type(module).__name__, own))
                entries += own
            elif reason is not None:
                left_out.append(LeftOut(name, reason))
        if not entries:
            reasons = dict.fromkeys(left.reason for left in left_out)
            raise Refused(
                f"no state can be moved: {'; '.join(reasons) or 'there is none'}",
                "set which=all just before the run pauses, such as for an evaluation",
            )
        folder = backup.directory(str(params.get("backup_dir", "")))
        to_disk = sum(nbytes(_tensor(entry)) for entry in entries if _tensor(entry).device.type == "cpu")
        if to_disk:
            check_folder(folder, to_disk)
        layers.sort(key=lambda layer: -layer.before.total)
        before = Sizes(state=sum(layer.before.state for layer in layers))
        return _Planned(ShrinkPlan(tuple(layers), tuple(left_out), before, Sizes()), entries, folder)


class _Planned(Planned):
    loses = False

    def __init__(self, plan: ShrinkPlan, entries: list[Entry], folder: Path) -> None:
        self.plan = plan
        self._entries = entries
        self._folder = folder

    def apply(self, change: Change) -> None:
        on_host = [entry for entry in self._entries if _tensor(entry).device.type == "cpu"]
        parked = to_file([_tensor(entry) for entry in on_host], self._folder) if on_host else []
        returns: dict[Optimizer, Return] = {}
        for optimizer, _, _ in self._entries:
            if optimizer not in returns:
                returns[optimizer] = Return(optimizer)
                change.custom(returns[optimizer].everything)
        for (optimizer, parameter, key), tensor in zip(on_host, parked):
            optimizer.state[parameter][key] = tensor
        for optimizer, parameter, key in self._entries:
            tensor = optimizer.state[parameter][key]
            if tensor.device.type != "cpu":
                optimizer.state[parameter][key] = to_host(tensor)


class Return:
    """Brings parked state back before a step that uses it, and takes itself out once all is back."""

    def __init__(self, optimizer: Optimizer) -> None:
        self._optimizer = weakref.ref(optimizer)
        self._handle = optimizer.register_step_pre_hook(self._before_step)

    def everything(self) -> None:
        """Bring back what is not back yet."""
        self._handle.remove()
        optimizer = self._optimizer()
        if optimizer is not None:
            for state in optimizer.state.values():
                _bring_back(state)

    def _before_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        # A closure makes its gradients only in the step.
        if len(args) > 1 or kwargs:
            self.everything()
            return
        left = False
        for parameter, state in optimizer.state.items():
            if parameter.grad is not None:
                _bring_back(state)
            else:
                left = left or any(map(is_parked, state.values()))
        if not left:
            self._handle.remove()


def _bring_back(state: dict[str, Any]) -> None:
    for key, value in state.items():
        if is_parked(value):
            state[key] = back(value)


def _tensor(entry: Entry) -> torch.Tensor:
    optimizer, parameter, key = entry
    return optimizer.state[parameter][key]


def _layer(name: str, kind: str, entries: list[Entry]) -> LayerChange:
    tensors = [_tensor(entry) for entry in entries]
    where = "a mapped file" if all(tensor.device.type == "cpu" for tensor in tensors) else "host memory"
    text = f"{', '.join(sorted({key for _, _, key in entries}))} to {where} until the next step that uses it"
    return LayerChange(name, kind, text, Sizes(state=sum(map(nbytes, tensors))), Sizes())
