"""Asking the agent for a look, with words on the terminal while it waits."""

from __future__ import annotations

from typing import TypeVar

import click

from memgui.cli.live import Live
from memgui.link.inspections import inspect
from memgui.protocol.inspection import Inspected, InspectParams
from memgui.protocol.payloads import Progress

Answer = TypeVar("Answer", bound=Inspected)


def ask(live: Live, method: str, params: InspectParams, answer: type[Answer]) -> Answer:
    """Ask and wait; raises what `memgui.link.inspections.inspect` raises."""
    return inspect(live.hub, live.target.key, method, params, answer, on_progress=_tell)


def _tell(progress: Progress) -> None:
    click.echo(progress.text, err=True)
