"""`memgui inspect TARGET mark`: a look that stays in the history, for `memgui diff` to compare with another."""

from __future__ import annotations

from typing import Any

import click

from memgui.cli.inspections.asking import ask
from memgui.cli.inspections.options import Options
from memgui.cli.live import Live
from memgui.protocol.marking import Marked, MarkParams
from memgui.protocol.wire import to_wire


def look(live: Live, options: Options) -> dict[str, Any]:
    """Ask the agent."""
    params = MarkParams(timeout_s=options.wait_s, budget_ms=options.budget_ms, text=options.text)
    told: dict[str, Any] = to_wire(ask(live, "inspect.mark", params, Marked))
    return told


def table(told: dict[str, Any]) -> None:
    """What was counted; the counts themselves are for a comparison."""
    kinds = {"tensors": "groups of tensors", "modules": "modules", "types": "Python types", "workers": "workers"}
    counted = [f"{len(told[kind])}{'+' if kind in told['cut'] else ''} {words}" for kind, words in kinds.items()]
    click.echo("marked: " + ", ".join(counted))
