"""`memgui export`: hand a recording on as CSV, Parquet, a Perfetto trace, a picture, or a report."""

from __future__ import annotations

import os
from pathlib import Path

import click

from memgui.analysis.wording import size
from memgui.cli.output import print_json
from memgui.cli.window import has_display, parse_size
from memgui.protocol.errors import BadInput, Problem
from memgui.store.export import writer_for
from memgui.store.opening import Recorded, open_recorded
from memgui.store.replay import RecordedTarget

_REPORT = ".html"
_PICTURES = (".png", ".svg")
_DEFAULT_SIZE = (1200, 700)


@click.command("export")
@click.argument("recording", metavar="FILE", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, metavar="OUT", type=click.Path(path_type=Path),
              help="What to write; its ending says how: .csv, .csv.gz, .parquet, .perfetto.json, .html (a report that"
                   " needs no memgui), .png or .svg (the charts).")  # fmt: skip
@click.option("--pid", type=int, help="Which process, where the recording has several.")
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True,
              help="Of a picture; a report has both.")  # fmt: skip
@click.option("--size", "size_text", metavar="WxH", help="Of a picture, such as 1200x700.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def command(recording: Path, output: Path, pid: int | None, theme: str, size_text: str | None, as_json: bool) -> None:
    """Write what a recording or a black box holds of one process into OUT; a report holds all of them."""
    ending = output.suffix.lower()
    if ending == _REPORT:
        rows, name = _report(recording, output, pid)
    else:
        write = None if ending in _PICTURES else writer_for(output)
        with open_recorded(recording) as file:
            target = choose(file, pid)
            if write is not None:
                write(file, target, output)
        if write is None:
            _picture(recording, target, output, theme, parse_size(size_text) or _DEFAULT_SIZE)
        rows, name = target.rows, target.name
        pid = int(target.key.split(".", 1)[0])
    written = output.stat().st_size
    if as_json:
        print_json({"file": str(output), "pid": None if pid is None else str(pid), "rows": rows, "bytes": written})
    else:
        click.echo(f"{output}: {rows} samples of {name}, {size(written)}")


def _report(recording: Path, output: Path, pid: int | None) -> tuple[int, str]:
    from memgui.link.replay import load
    from memgui.link.report import write_report

    with open_recorded(recording) as file:
        meant = [choose(file, pid)] if pid is not None else [target for target in file.targets if target.rows]
    pids = {int(target.key.split(".", 1)[0]) for target in meant}
    write_report([target for target in load(recording) if target.pid in pids], output)
    return sum(target.rows for target in meant), ", ".join(dict.fromkeys(target.name for target in meant))


def _picture(recording: Path, meant: RecordedTarget, output: Path, theme: str, measures: tuple[int, int]) -> None:
    from memgui.link.replay import load

    if not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        from memgui.ui.picture import picture_of
    except ImportError as error:
        raise Problem(f"a picture cannot be drawn: {error}", "install it with: pip install 'memgui[gui]'") from error
    (target,) = (one for one in load(recording) if one.key.startswith(f"{meant.key}@"))
    picture_of(target, output, theme_name=theme, size=measures)


def choose(file: Recorded, pid: int | None) -> RecordedTarget:
    """The process that is meant.

    Raises:
        BadInput: there are several, or none, or not this one.
    """
    targets = [target for target in file.targets if target.rows]
    found = [target for target in targets if pid is None or target.key.startswith(f"{pid}.")]
    if len(found) == 1:
        return found[0]
    pids = sorted((int(target.key.split(".", 1)[0]), target.name) for target in targets)
    here = ", ".join(f"{pid} ({name})" for pid, name in pids) or "none"
    if not found:
        raise BadInput(f"{file.path} holds nothing of that process", f"it holds: {here}")
    raise BadInput(f"{file.path} holds {len(found)} processes", f"choose one by --pid: {here}")
