"""What a way of shrinking is, and what it plans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

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
        """What goes into the receipt and, as JSON, beside the backup; asked after `apply`."""
        return {}


class Method:
    """One way to shrink; made anew for each request.

    Name, title, schema and what it needs stand in `listing`, which is read without torch.
    """

    def plan(self, scene: Scene, params: Mapping[str, Any]) -> Planned:
        """Plan it, at a safe point; changes nothing.

        Raises:
            Refused: it must not be done to this scene; the text tells the way out.
        """
        raise NotImplementedError
