"""Inspections whose code is imported when somebody first asks for them: a run that nobody asks about does not pay."""

from __future__ import annotations

import importlib
from typing import Any, Optional, Tuple, Type

from memgui.agent.inspect.inspection import Inspection, Task
from memgui.protocol.inspection import InspectParams


class Deferred(Inspection):
    """Stands for an inspection of another module; imported on the agent's thread, never on the training's."""

    def __init__(self, method: str, where: str, *arguments: Any, looks: int = 1) -> None:
        """`where` is `module:class`; `looks` how often the process is looked at, for the pause to expect."""
        self.method = method
        self._where = where
        self._arguments: Tuple[Any, ...] = arguments
        self._looks = looks
        self._real: Optional[Inspection] = None

    @property
    def params(self) -> Type[InspectParams]:  # type: ignore[override]
        """What is asked."""
        return self._imported().params

    def task(self, asked: Any) -> Task:
        """A request."""
        return self._imported().task(asked)

    def expected_pause_ms(self) -> Optional[float]:
        """By the number of objects and of looks."""
        once = super().expected_pause_ms()
        return None if once is None else round(self._looks * once, 1)

    def _imported(self) -> Inspection:
        if self._real is None:
            module, _, name = self._where.partition(":")
            made: Inspection = getattr(importlib.import_module(module), name)(*self._arguments)
            self._real = made
        return self._real
