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
    """Columns that say the same of every row are left out: a terminal is narrow, and the reasons need the room."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    columns = [
        ("pid", "right", [str(row.pid) for row in rows], True),
        ("name", "left", [row.name for row in rows], True),
        ("rank", "right", [_rank(row) for row in rows], any(row.rank is not None for row in rows)),
        ("user", "left", [row.user for row in rows], len({row.user for row in rows}) > 1),
        ("python", "left", [row.python or "?" for row in rows], True),
        ("torch", "left", [(row.torch or "–").partition("+")[0] for row in rows], True),
        ("resident", "right", [size(row.rss_bytes) for row in rows], True),
    ]
    shown = [(title, justify, cells) for title, justify, cells, wanted in columns if wanted]
    for title, justify, _ in shown:
        table.add_column(title, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    table.add_column("agent", overflow="fold")
    for row, cells in zip(rows, zip(*(cells for _, _, cells in shown), strict=True), strict=True):
        state = "yes" if row.agent else "can be attached" if row.attachable else f"no: {row.reason}"
        table.add_row(*cells, state)
    Console().print(table)


def _rank(row: TargetInfo) -> str:
    if row.rank is None:
        return ""
    return f"{row.rank} of {row.world_size}" if row.world_size else str(row.rank)
