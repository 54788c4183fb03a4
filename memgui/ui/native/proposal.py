"""What a run of a tool begins with: the watched script as it was started."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget


@dataclass(frozen=True)
class Proposal:
    """What the dialog begins with."""

    script: str = ""
    arguments: tuple[str, ...] = ()
    directory: str = ""
    python: str = ""


def proposal(target: LiveTarget | None) -> Proposal:
    """The target's own script with its arguments, as far as they are known."""
    if target is None:
        return Proposal()
    known = target.hello or target.facts
    script = str(getattr(known, "script", "") or "")
    argv = [str(word) for word in getattr(known, "argv", ()) or ()]
    name = os.path.basename(script)
    at = next((number for number, word in enumerate(argv) if name and os.path.basename(word) == name), None)
    arguments = tuple(argv[at + 1 :]) if at is not None else ()
    return Proposal(script, arguments, _folder(target.pid, script), argv[0] if argv and _is_python(argv[0]) else "")


def _folder(pid: int, script: str) -> str:
    """Where the target runs, since its arguments may name files from there."""
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return os.path.dirname(script) if os.path.isabs(script) else ""


def _is_python(path: str) -> bool:
    return os.path.isabs(path) and os.path.basename(path).startswith("python") and os.access(path, os.X_OK)
