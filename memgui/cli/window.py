"""Opening the window from a command, with words for what may be missing."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from memgui.protocol.errors import BadInput, Problem


def has_display(environ: Mapping[str, str] | None = None, platform: str = sys.platform) -> bool:
    """A window can be shown, or is wanted off the screen."""
    environ = os.environ if environ is None else environ
    if not platform.startswith("linux") or environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def open_window(
    attach: tuple[int, ...] = (),
    *,
    theme: str = "system",
    screenshot: str | None = None,
    after_s: float = 20.0,
    size: str | None = None,
    recordings: tuple[str, ...] = (),
) -> int:
    """Run the window until it is closed; returns the exit status.

    Raises:
        Problem: there is no display, or the desktop's packages are not installed.
        BadInput: the size is none.
    """
    measured = parse_size(size)
    if screenshot is not None and not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    if not has_display():
        raise BadInput(
            "there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set)",
            "use --screenshot FILE.png for a picture of the window, or `memgui watch` in the terminal",
        )
    try:
        from memgui.ui.app import run
        from memgui.ui.options import Options
    except ImportError as error:
        raise Problem(f"the window cannot be opened: {error}", "install it with: pip install 'memgui[gui]'") from error
    path = Path(screenshot) if screenshot is not None else None
    files = tuple(Path(file) for file in recordings)
    return run(Options(attach=attach, theme=theme, screenshot=path, after_s=after_s, size=measured, open=files))


def parse_size(text: str | None) -> tuple[int, int] | None:
    """Width and height from "1440x900".

    Raises:
        BadInput: the text is no size.
    """
    if text is None:
        return None
    width, cross, height = text.lower().partition("x")
    if not (cross and width.isdigit() and height.isdigit() and int(width) and int(height)):
        raise BadInput(f"{text} is no size", "write it as WIDTHxHEIGHT, for example 1440x900")
    return int(width), int(height)
