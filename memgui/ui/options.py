"""What the command line asks of the window. Frozen, no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """How to open the window.

    Attributes:
        attach: pids to watch from the start; the agent is put in where it is missing.
        theme: "system", "dark" or "light".
        screenshot: file to render the window to, after `after_s` seconds, and then end.
        size: of the window in pixels; None for the remembered one.
        open: recordings to show.
        launch: script and its arguments to start and watch.
        always_folder: where what is always recorded goes; None for the user's own place.
        settings_file: where layout and settings are kept; None for the user's own place.
    """

    attach: tuple[int, ...] = ()
    theme: str = "system"
    screenshot: Path | None = None
    after_s: float = 20.0
    size: tuple[int, int] | None = None
    open: tuple[Path, ...] = ()
    launch: tuple[str, ...] | None = None
    always_folder: Path | None = None
    settings_file: Path | None = None
