"""`memgui demo`: a real training here, and the window on it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from memgui.attach.launcher import command as launcher_command
from memgui.cli.live import Live
from memgui.cli.watch import watch
from memgui.cli.window import has_display, open_window
from memgui.protocol.errors import BadInput, Problem, Unreachable

_SCRIPT = Path(__file__).with_name("demo_training.py")
_LEAKS = ["history", "graph", "hooks", "cache", "native", "workers", "none"]


@click.command("demo")
@click.option("--leak", type=click.Choice(_LEAKS), default="history", show_default=True, help="What to plant.")
@click.option("--seconds", type=float, help="Stop after so long; by default when the window is closed, or at Ctrl-C.")
@click.option("--no-window", is_flag=True, help="Print live lines instead.")
@click.option("--json", "as_json", is_flag=True, help="With --no-window: JSON lines.")
@click.option("--screenshot", metavar="PNG", help="Save a picture of the window and end.")
@click.option("--after", "after_s", type=float, default=45.0, show_default=True, help="Seconds before the screenshot.")
@click.option("--theme", type=click.Choice(["system", "light", "dark"]), default="system", show_default=True)
@click.option("--size", metavar="WxH", help="Size of the window.")
def command(
    leak: str,
    seconds: float | None,
    no_window: bool,
    as_json: bool,
    screenshot: str | None,
    after_s: float,
    theme: str,
    size: str | None,
) -> None:
    """Train a real small language model here, with a leak planted, and watch it."""
    if not no_window and screenshot is None and not has_display():
        raise BadInput(
            "there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set)",
            "use --screenshot FILE.png for a picture of the window, or --no-window for lines in the terminal",
        )
    with training(leak, seconds, quiet=as_json) as process:
        if no_window:
            try:
                with Live(process.pid) as live:
                    watch(live, seconds, as_json=as_json)
            except Unreachable:
                if process.wait() != 0:
                    raise
        else:
            status = open_window((process.pid,), theme=theme, screenshot=screenshot, after_s=after_s, size=size)
            if status:
                raise Problem(f"the window ended with status {status}")


@contextmanager
def training(leak: str, seconds: float | None, *, quiet: bool) -> Iterator[subprocess.Popen[bytes]]:
    """The demo's training with the agent inside; ended with the context, workers included.

    Raises:
        Problem: it does not start.
    """
    words = [str(_SCRIPT), "--leak", leak]
    if seconds is not None:
        words += ["--seconds", str(seconds)]
    process = subprocess.Popen(
        launcher_command(words, module=False, python=sys.executable),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if quiet else None,
    )
    try:
        # Without torch it ends at once, and its own message says why.
        time.sleep(0.2)
        if process.poll() is not None:
            raise Problem("the training did not start", "install what it needs with: pip install 'memgui[demo]'")
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
