"""Where a chain of holders ends: what modules, classes and running functions hold lives as long as they do."""

from __future__ import annotations

import sys
import types
from typing import Any, Dict, Optional

from memgui.agent.explain.frames import Local, held_by_frames

_ALIASES = {"__mp_main__": "__main__"}


class Roots:
    """The roots of one moment, by id; valid while the training thread stands still."""

    def __init__(self) -> None:
        self.modules: Dict[int, str] = {}
        for name, module in list(sys.modules.items()):
            if isinstance(module, types.ModuleType):
                namespace = types.ModuleType.__getattribute__(module, "__dict__")
                self.modules.setdefault(id(namespace), _ALIASES.get(name, name))
        self.locals: Dict[int, Local] = held_by_frames()

    def name_of(self, thing: Any) -> Optional[str]:
        """The root in words; None where the thing is none.

        A module's namespace is named like the module: what it holds is `module.name`.
        """
        name = self.modules.get(id(thing))
        if name is not None:
            return name
        if isinstance(thing, types.ModuleType):
            return str(types.ModuleType.__getattribute__(thing, "__dict__").get("__name__", "a module"))
        if isinstance(thing, type):
            return class_name(thing)
        return None

    def local_of(self, thing: Any) -> Optional[Local]:
        """The local variable that holds it."""
        return self.locals.get(id(thing))


def local_name(local: Local) -> str:
    """Such as `train(): losses`, or `feed() in thread feeder: queue`."""
    where = "" if local.thread == "MainThread" else f" in thread {local.thread}"
    return f"{local.function}(){where}: {local.name}"


def class_name(cls: type) -> str:
    """Such as `__main__.Trainer`."""
    module = cls.__dict__.get("__module__", "")
    name = type.__dict__["__qualname__"].__get__(cls)
    return f"{_ALIASES.get(module, module)}.{name}" if type(module) is str and module else str(name)
