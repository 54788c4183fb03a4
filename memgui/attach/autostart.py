"""Starts the agent in any Python process that imports torch, where MEMGUI_AUTOSTART asks for it.

Imported while the interpreter starts, by `memgui-autostart.pth`, so nothing here may raise, and nothing but waiting for
`import torch` may cost anything.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import Any

_AWAITED = "torch"
# Programs that import torch to start others that train. Source: torch.distributed.run, torch._inductor.
_LAUNCHERS = ("torchrun", "torch.distributed.run", "torch.distributed.launch", "accelerate", "deepspeed")


class TorchWaiter(MetaPathFinder):
    """Finds nothing itself; where `torch` is asked for, it lets the others find it and hears when it is complete."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec that the other finders give, its loader told to call us afterwards; None for any other module."""
        if fullname != _AWAITED:
            return None
        self.withdraw()
        try:
            spec = _ask_others(fullname, path, target)
            if spec is not None and spec.loader is not None:
                _call_after(spec.loader, start_agent)
        except Exception:  # noqa: BLE001 - the import of torch must not suffer
            return None
        return spec

    def withdraw(self) -> None:
        """Take it out of the interpreter."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)


def install() -> None:
    """Wait for torch, or start at once where it is there; never raises."""
    try:
        if os.environ.get("MEMGUI_AUTOSTART", "0") in ("", "0") or _is_launcher(_own_command()):
            return
        if _AWAITED in sys.modules:
            start_agent()
        else:
            sys.meta_path.insert(0, TorchWaiter())
    except Exception:  # noqa: BLE001 - the interpreter's start must not suffer
        pass


def start_agent() -> None:
    """Start the agent unless this is a worker of another Python process; a failure is one line on stderr."""
    try:
        importlib.import_module("memgui.agent").start()
    except Exception as error:  # noqa: BLE001 - the boundary to a stranger's process
        what = str(error).replace("\n", "; ")
        sys.stderr.write(f"memgui: the agent was not started: {what or type(error).__name__}\n")


def _ask_others(
    fullname: str, path: Sequence[str] | None, target: ModuleType | None
) -> importlib.machinery.ModuleSpec | None:
    for finder in list(sys.meta_path):
        spec = finder.find_spec(fullname, path, target)
        if spec is not None:
            return spec
    return None


def _call_after(loader: Any, follow: Any) -> None:
    """Let `loader` call `follow` once, after it has executed its module, and be as it was from then on."""
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        # Set on the instance, so taking it away brings the class's own method back.
        vars(loader).pop("exec_module", None)
        execute(module)
        follow()

    loader.exec_module = exec_module


def _is_launcher(command: Sequence[str]) -> bool:
    # The interpreter's own words come first: `python -m torch.distributed.run …` or `python -u /…/bin/torchrun …`.
    words = iter(command[1:])
    for word in words:
        if word == "-m":
            return next(words, "") in _LAUNCHERS
        if word in ("-W", "-X"):
            next(words, None)
        elif word.startswith("-c") or not word.startswith("-"):
            return os.path.basename(word) in _LAUNCHERS
    return False


def _own_command() -> list[str]:
    try:
        with open("/proc/self/cmdline", "rb") as file:
            return [os.fsdecode(part) for part in file.read().split(b"\0")[:-1]]
    except OSError:
        return []


install()
