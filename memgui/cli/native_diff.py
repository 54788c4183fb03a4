"""How the difference of two native reports is printed."""

from __future__ import annotations

from pathlib import Path

import click

from memgui.analysis.native.detect import read_all
from memgui.analysis.native.diff import Change, diff
from memgui.analysis.native.model import Frame
from memgui.analysis.wording import size
from memgui.cli.native_report import place
from memgui.cli.output import print_json
from memgui.protocol.errors import BadInput


def show_diff(before: Path, after: Path, *, as_json: bool, top: int, peak: bool) -> int:
    """Print what changed; the exit status: 1 where a place grew by so much that no cache explains it.

    Raises:
        BadInput: the reports are of different tools, or one cannot be read.
    """
    old, new = read_all([before], peak=peak), read_all([after], peak=peak)
    if old.tool != new.tool:
        raise BadInput(f"{before} is of {old.tool}, {after} of {new.tool}", "compare two reports of one tool")
    changes = diff(old, new)
    if as_json:
        print_json({
            "tool": new.tool,
            "before_bytes": old.total_bytes,
            "after_bytes": new.total_bytes,
            "changes": [_document(change) for change in changes],
        })  # fmt: skip
    else:
        click.echo(f"{new.tool}: {size(old.total_bytes)} before, {size(new.total_bytes)} after")
        _print_table(changes[:top])
        if len(changes) > top:
            click.echo(f"{len(changes) - top} more places changed; --top {len(changes)} shows them.")
    return int(any(change.is_finding for change in changes))


def _document(change: Change) -> dict[str, object]:
    return {
        **_call(change.frame),
        "before_bytes": change.before_bytes,
        "after_bytes": change.after_bytes,
        "grown_bytes": change.grown_bytes,
        "before_count": change.before_count,
        "after_count": change.after_count,
        "finding": change.is_finding,
        "called_from": _call(change.caller) if change.caller else None,
    }


def _call(frame: Frame) -> dict[str, object]:
    return {"function": frame.function, "file": frame.file, "line": frame.line, "module": frame.module}


def _print_table(changes: tuple[Change, ...]) -> None:
    from rich.console import Console
    from rich.table import Table

    if not changes:
        click.echo("no place differs")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("grown", "before", "after", "blocks"):
        table.add_column(title, justify="right", no_wrap=True)
    for title in ("taken by", "called from"):
        table.add_column(title, overflow="fold")
    for change in changes:
        sign = "+" if change.grown_bytes > 0 else "−"
        table.add_row(
            sign + size(abs(change.grown_bytes)),
            size(change.before_bytes),
            size(change.after_bytes),
            f"{change.after_count - change.before_count:+}".replace("-", "−"),
            place(change.frame),
            place(change.caller) if change.caller else "",
            style="" if change.is_finding else "dim",
        )
    Console(markup=False, highlight=False).print(table)
