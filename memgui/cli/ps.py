"""`memgui ps`: what runs here, what has an agent, and why not."""

from __future__ import annotations

from dataclasses import asdict

import click

from memgui.analysis.wording import size
from memgui.cli.output import print_json
from memgui.link.targets import TargetInfo, list_targets


@click.command("ps")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def command(as_json: bool) -> None:
    """List processes with an agent and PyTorch processes without one."""
    rows = list_targets()
    if as_json:
        print_json([asdict(row) for row in rows])
    elif not rows:
        click.echo("No PyTorch process runs here. Start one with `memgui run SCRIPT`, or try `memgui demo`.")
    else:
        _print_table(rows)


def _print_table(rows: list[TargetInfo]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title, justify in (("pid", "right"), ("name", "left"), ("rank", "right"), ("user", "left"), ("python", "left"),
                           ("torch", "left"), ("resident", "right"), ("agent", "left")):  # fmt: skip
        table.add_column(title, justify=justify)  # type: ignore[arg-type]
    for row in rows:
        state = "connected to" if row.agent else "can be attached" if row.attachable else f"no: {row.reason}"
        state = "yes" if row.agent else state
        rank = "" if row.rank is None else f"{row.rank} of {row.world_size}" if row.world_size else str(row.rank)
        table.add_row(
            str(row.pid), row.name, rank, row.user, row.python or "?", row.torch or "–", size(row.rss_bytes), state
        )
    Console().print(table)
