"""`memgui inspect TARGET modules`: what each module takes."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from memgui.analysis.module_totals import totals
from memgui.analysis.wording import size
from memgui.cli.inspections.asking import ask
from memgui.cli.inspections.options import Options
from memgui.cli.live import Live
from memgui.cli.output import print_table
from memgui.protocol.inspection import Modules, ModulesParams
from memgui.protocol.wire import to_wire

_COLUMNS = ("parameters", "gradients", "optimizer", "buffers", "activations")


def look(live: Live, options: Options) -> dict[str, Any]:
    """Ask the agent; each module is told with what is below it."""
    params = ModulesParams(timeout_s=options.wait_s, budget_ms=options.budget_ms, activations=options.activations)
    found = ask(live, "inspect.modules", params, Modules)
    told: dict[str, Any] = to_wire(found)
    for node, total in zip(told["modules"], totals(found.modules), strict=True):
        node["total"] = {f"{name}_bytes": getattr(total, f"{name}_bytes") for name in _COLUMNS}
        node["total"]["total_bytes"] = total.total_bytes
    return told


def table(told: dict[str, Any]) -> None:
    """The tree, each module with what is below it."""
    lines = Table(box=None)
    lines.add_column("module")
    lines.add_column("class")
    for title in ("total", *_COLUMNS):
        lines.add_column(title, justify="right")
    for node in told["modules"]:
        total = node["total"]
        depth = node["path"].count(".")
        if not total["total_bytes"]:
            continue
        sizes = [total[f"{name}_bytes"] for name in ("total", *_COLUMNS)]
        name = node["path"].rsplit(".", 1)[-1]
        lines.add_row("  " * depth + name, node["kind"], *("" if not part else size(part) for part in sizes))
    print_table(lines)
