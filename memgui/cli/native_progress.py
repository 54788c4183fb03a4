"""Progress of a run under a tool: a live line below the program's output, JSON lines, or nothing."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from memgui.analysis.wording import size

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

_LINE_EVERY_S = 0.25


class Progress:
    """Says a phase once, where nobody looks at a terminal.

    Attributes:
        takes_output: the program's output has to come through `output`, since something is drawn below it.
    """

    takes_output = False

    def __init__(self, title: str) -> None:
        self.title = title

    def phase(self, phase: str, elapsed_s: float, report_bytes: int) -> None:
        """What is going on now."""

    def output(self, text: str) -> None:
        """The program has printed something."""


class _Lines(Progress):
    """One JSON object a line, on the standard error."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self._last = ("", 0.0)

    def phase(self, phase: str, elapsed_s: float, report_bytes: int) -> None:
        """A line where the phase changes, and some a second."""
        now = time.monotonic()
        if phase == self._last[0] and now - self._last[1] < _LINE_EVERY_S:
            return
        self._last = (phase, now)
        document = {"event": "progress", "phase": phase, "elapsed_s": round(elapsed_s, 1), "report_bytes": report_bytes}
        click.echo(json.dumps(document), err=True)


class _Live(Progress):
    """A line at the bottom of the terminal; a line that the program rewrites stands above it."""

    takes_output = True

    def __init__(self, title: str, live: Live, console: Console) -> None:
        super().__init__(title)
        self._live = live
        self._console = console
        self._partial = ""
        self._status = ""

    def phase(self, phase: str, elapsed_s: float, report_bytes: int) -> None:
        """Redraw the line."""
        minutes, seconds = divmod(int(elapsed_s), 60)
        self._status = f"{self.title}: {phase} · {minutes}:{seconds:02} · report {size(report_bytes)} · Ctrl-C ends it"
        self._draw()

    def output(self, text: str) -> None:
        """Whole lines go above; the last one, with what it overwrote, is drawn with the status."""
        from rich.text import Text

        *lines, self._partial = (self._partial + text).split("\n")
        for line in lines:
            self._console.print(Text.from_ansi(line.rstrip("\r").rsplit("\r", 1)[-1]))
        if "\r" in self._partial:
            self._partial = self._partial[self._partial.rstrip("\r").rfind("\r") + 1 :]
        self._draw()

    def _draw(self) -> None:
        from rich.console import Group
        from rich.text import Text

        parts = [Text.from_ansi(self._partial.strip("\r"))] if self._partial.strip("\r") else []
        self._live.update(Group(*parts, Text(self._status, style="cyan", no_wrap=True, overflow="ellipsis")))

    def end(self) -> None:
        """Leave what the program printed last."""
        from rich.text import Text

        self._live.update(Text(""))
        if self._partial.strip("\r"):
            self._console.print(Text.from_ansi(self._partial.strip("\r")))


@contextmanager
def make_progress(title: str, *, as_json: bool, wanted: bool) -> Iterator[Progress]:
    """Progress that fits where the output goes: a live line only where both streams are a terminal's."""
    if as_json or not (sys.stderr.isatty() and sys.stdout.isatty()):
        yield _Lines(title) if as_json and wanted else Progress(title)
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True, highlight=False, markup=False)
    with Live(console=console, refresh_per_second=8, transient=True) as live:
        progress = _Live(title, live, console)
        try:
            yield progress
        finally:
            progress.end()
