"""What a way of shrinking is, and what it plans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from memgui.protocol.shrinking import ShrinkPlan
from memgui.shrink.change import Change
from memgui.shrink.scene import Scene


class Planned:
    """What a run would do to this scene; lives for one visit.

    Attributes:
        plan: for the preview and the receipt.
        loses: False where nothing is lost, so that no backup is written.
        frees_at_once: a run that leaves as many bytes of parameters, gradients and state as before is taken back.
    """

    plan: ShrinkPlan = ShrinkPlan()
    loses: bool = True
    frees_at_once: bool = True

    def tensors(self) -> Iterator[torch.Tensor]:
        """Every tensor that `apply` replaces, empties or writes to: they are in the backup before it begins."""
        return iter(())

    def apply(self, change: Change) -> None:
        """Do it, every step by an operation of `change`, which is rolled back where this raises."""
        raise NotImplementedError

    def details(self) -> Mapping[str, Any]:
        """What goes into the receipt; asked after `apply`."""
        return {}

    def recipe(self) -> Mapping[str, Any]:
        """What a fresh model needs to take a checkpoint of the changed one; JSON, stands beside the backup."""
        return {}

    def decided(self) -> Mapping[str, str]:
        """What ranks that hold the same module must have decided alike: fingerprints by module; asked after `apply`."""
        return {}

    def on_copy(self, root: nn.Module, copied: nn.Module) -> None:
        """Do to a copy of a model what `apply` does to the model, for the loss in the preview.

        Raises:
            NotImplementedError: the loss cannot be told beforehand.
        """
        raise NotImplementedError


class Method:
    """One way to shrink; made anew for each request.

    Name, title, schema and what it needs stand in `listing`, which is read without torch.
    """

    def watch(self, scene: Scene) -> list[nn.Module]:
        """Modules whose inputs are captured during the step before, where the listing says that it watches."""
        return list(scene.models)

    def plan(self, scene: Scene, params: Mapping[str, Any]) -> Planned:
        """Plan it, at a safe point; changes nothing.

        Raises:
            Refused: it must not be done to this scene; the text tells the way out.
        """
        raise NotImplementedError
