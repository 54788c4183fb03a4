"""`memgui export`: hand a recording on as CSV, Parquet or a Perfetto trace."""

from __future__ import annotations

from pathlib import Path

import click

from memgui.analysis.wording import size
from memgui.cli.output import print_json
from memgui.protocol.errors import BadInput
from memgui.store.export import writer_for
from memgui.store.opening import Recorded, open_recorded
from memgui.store.replay import RecordedTarget


@click.command("export")
@click.argument("recording", metavar="FILE", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, metavar="OUT", type=click.Path(path_type=Path),
              help="What to write; its ending says how: .csv, .csv.gz, .parquet, .perfetto.json.")  # fmt: skip
@click.option("--pid", type=int, help="Which process, where the recording has several.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def command(recording: Path, output: Path, pid: int | None, as_json: bool) -> None:
    """Write what a recording holds of one process into OUT."""
    write = writer_for(output)
    with open_recorded(recording) as file:
        target = choose(file, pid)
        write(file, target, output)
    if as_json:
        print_json({"file": str(output), "pid": target.key.split(".", 1)[0], "rows": target.rows,
                    "bytes": output.stat().st_size})  # fmt: skip
    else:
        click.echo(f"{output}: {target.rows} samples of {target.name}, {size(output.stat().st_size)}")


def choose(file: Recorded, pid: int | None) -> RecordedTarget:
    """The process that is meant.

    Raises:
        BadInput: there are several, or none, or not this one.
    """
    targets = [target for target in file.targets if target.rows]
    found = [target for target in targets if pid is None or target.key.startswith(f"{pid}.")]
    if len(found) == 1:
        return found[0]
    here = ", ".join(f"{target.key.split('.', 1)[0]} ({target.name})" for target in targets) or "none"
    if not found:
        raise BadInput(f"{file.path} holds nothing of that process", f"it holds: {here}")
    raise BadInput(f"{file.path} holds {len(found)} processes", f"choose one by --pid: {here}")
