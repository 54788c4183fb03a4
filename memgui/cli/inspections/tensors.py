"""`memgui inspect TARGET tensors`: all tensors in groups."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from memgui.analysis.composition import title_of
from memgui.analysis.wording import size
from memgui.cli.inspections.asking import ask
from memgui.cli.inspections.options import Options
from memgui.cli.live import Live
from memgui.cli.output import print_table
from memgui.protocol.inspection import Tensors, TensorsParams
from memgui.protocol.wire import to_wire


def look(live: Live, options: Options) -> dict[str, Any]:
    """Ask the agent."""
    params = TensorsParams(timeout_s=options.wait_s, budget_ms=options.budget_ms, limit=options.limit)
    found = ask(live, "inspect.tensors", params, Tensors)
    told: dict[str, Any] = to_wire(found)
    for group in told["groups"]:
        # Keys that are not known stand in the document all the same.
        for name in ("per_step", "holder", "born"):
            group.setdefault(name, None)
    return told


def table(told: dict[str, Any]) -> None:
    """The largest groups."""
    lines = Table(box=None)
    for title in ("bytes", "count", "per step"):
        lines.add_column(title, justify="right")
    for title in ("type", "shape", "place", "role", "holder"):
        lines.add_column(title, overflow="fold" if title == "holder" else "ellipsis")
    for group in told["groups"]:
        change = group["per_step"]
        lines.add_row(
            size(group["bytes"]),
            str(group["count"]),
            "" if not change else f"{'+' if change > 0 else '−'}{size(abs(change))}",
            group["dtype"],
            "×".join(str(length) for length in group["shape"]) or "scalar",
            group["device"],
            title_of(group["role"]),
            group["holder"] or "",
        )
    print_table(lines)
    left_out = told["groups_count"] - len(told["groups"])
    more = f"; {left_out} groups are not shown, ask with --limit" if left_out else ""
    print_table(f"{size(told['total_bytes'])} in {told['groups_count']} groups{more}")
