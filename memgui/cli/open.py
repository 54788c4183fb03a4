"""`memgui open`: show recordings and black boxes in the window."""

from __future__ import annotations

from pathlib import Path

import click

from memgui.cli.output import print_json
from memgui.cli.window import open_window
from memgui.protocol.errors import BadInput


@click.command("open")
@click.argument("paths", nargs=-1, required=True, metavar="FILE|DIR...", type=click.Path(path_type=Path))
@click.option("--list", "only_list", is_flag=True, help="Say what is in them, without a window.")
@click.option("--json", "as_json", is_flag=True, help="With --list: one JSON document.")
@click.option("--theme", type=click.Choice(["system", "light", "dark"]), default="system", show_default=True)
@click.option("--screenshot", metavar="PNG", help="Render the window, save it, and exit.")
@click.option("--after", metavar="S", type=float, default=3.0, show_default=True, help="Seconds before the screenshot.")
@click.option("--size", metavar="WxH", help="Size of the window, such as 1440x900.")
def command(
    paths: tuple[Path, ...],
    only_list: bool,
    as_json: bool,
    theme: str,
    screenshot: str | None,
    after: float,
    size: str | None,
) -> int:
    """Show FILEs, recordings or black boxes, in the window; of a DIR all that it holds.

    A black box tells how its process ended: killed by the kernel for lack of memory, by a signal, by an exception.
    """
    from memgui.store.opening import files_in

    files = [file for path in paths for file in files_in(path)]
    if as_json and not only_list:
        raise BadInput("--json needs --list", "write: memgui open --list --json FILE")
    if only_list:
        _list(files, as_json=as_json)
        return 0
    names = tuple(str(file) for file in files)
    return open_window(theme=theme, screenshot=screenshot, after_s=after, size=size, recordings=names)


def _list(files: list[Path], *, as_json: bool) -> None:
    from memgui.analysis.wording import duration
    from memgui.store.opening import open_recorded

    found = []
    for file in files:
        with open_recorded(file) as recorded:
            found += [(file, target, recorded.is_growing) for target in recorded.targets]
    documents = [
        {
            "file": str(file),
            "pid": int(target.key.split(".", 1)[0]),
            "name": target.name,
            "rank": target.facts.get("rank"),
            "run_id": target.facts.get("run_id"),
            "rows": target.rows,
            "first_s": target.first_s,
            "last_s": target.last_s,
            "end": target.facts.get("end"),
            "growing": growing,
        }
        for file, target, growing in found
    ]
    if as_json:
        print_json(documents)
        return
    for file, target, growing in found:
        spent = duration((target.last_s or 0.0) - (target.first_s or 0.0))
        end = target.facts.get("end")
        how = "is still being written" if growing else end["text"] if end else f"still ran when {file.name} ends"
        click.echo(f"{file.name}: {target.name}, pid {target.key.split('.', 1)[0]}, {spent}: {how}")
