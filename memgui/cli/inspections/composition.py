"""`memgui inspect TARGET composition`: what memory is made of."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from memgui.analysis.composition import bands, document, title_of
from memgui.analysis.wording import size
from memgui.cli.inspections.asking import ask
from memgui.cli.inspections.options import Options
from memgui.cli.live import Live
from memgui.cli.output import print_table
from memgui.protocol.inspection import Composition, CompositionParams

_TAIL = ("unexplained_bytes", "not_resident_bytes", "total_bytes")


def look(live: Live, options: Options) -> dict[str, Any]:
    """Ask the agent, and make bands of its answer and of what is known from outside."""
    params = CompositionParams(timeout_s=options.wait_s, budget_ms=options.budget_ms)
    found = ask(live, "inspect.composition", params, Composition)
    timeline = live.target.timeline
    outside = {name: timeline.latest(name) for name in timeline.names}
    known = {name: value for name, value in outside.items() if value is not None}
    told = document(found, bands(found, known))
    told["workers_bytes"] = round(known.get("children.anon_bytes", 0.0))
    return told


def table(told: dict[str, Any]) -> None:
    """A table for each memory."""
    for place, figures in told["places"].items():
        lines = Table(title=place, title_justify="left", box=None)
        lines.add_column("", min_width=32)
        lines.add_column("bytes", justify="right")
        lines.add_column("share", justify="right")
        total = figures["total_bytes"]
        for name, value in figures.items():
            if name in _TAIL and not value:
                continue
            lines.add_row(title_of(name.removesuffix("_bytes")), size(value), f"{value / total:.1%}" if total else "")
        print_table(lines)
    if told["workers_bytes"]:
        print_table(f"worker processes beside it: {size(told['workers_bytes'])} anonymous")
    for part in told["surplus"]:
        print_table(f"surplus  {size(part['bytes'])}: {part['text']}")
