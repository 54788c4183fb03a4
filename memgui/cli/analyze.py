"""`memgui analyze`: verdicts on a recording, as they would have been reached while it ran."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from memgui.analysis.csv_table import read_table
from memgui.analysis.replay import Replay, replay
from memgui.analysis.settings import DetectorSettings
from memgui.analysis.wording import duration
from memgui.cli.output import finding_lines, print_json

_DAY_S = 86_400.0


@click.command("analyze")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--horizon", metavar="DAYS", type=float, default=7.0, show_default=True,
              help="Growth that would not reach the limit within so many days is no alarm.")  # fmt: skip
@click.option("--limit", metavar="GB", type=float, default=24.0, show_default=True,
              help="Memory of the host and of each device, where the recording does not tell.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def command(file: Path, horizon: float, limit: float, as_json: bool) -> int:
    """Say what grows in FILE, a CSV, plain or gzip, with the columns t_seconds, step and one for each metric.

    Exit status 1 where something leaks.
    """
    said = replay(read_table(file), DetectorSettings(horizon * _DAY_S, limit * 1e9, limit * 1e9))
    if as_json:
        print_json(document(said))
    else:
        _print(said)
    return 1 if said.leak is not None else 0


def document(said: Replay) -> dict[str, Any]:
    """What `--json` prints."""
    leak = said.leak
    return {
        "leak": leak is not None,
        "kind": leak.kind if leak else None,
        "metric": leak.metric if leak else None,
        "rate_bytes_per_s": leak.rate_bytes_per_s if leak else None,
        "rate_low": leak.rate_low if leak else None,
        "rate_high": leak.rate_high if leak else None,
        "rate_bytes_per_step": leak.rate_bytes_per_step if leak else None,
        "detected_at_s": said.alarms[-1][0] if leak else None,
        "eta_s": leak.eta_s if leak else None,
        "alarms": said.alarms,
        "findings": [asdict(finding) for finding in said.findings],
    }


def _print(said: Replay) -> None:
    for finding in said.findings:
        click.echo("\n".join(finding_lines(finding)))
    if not said.findings:
        click.echo("Nothing grows.")
    if said.leak is not None:
        click.echo(f"First said {duration(said.alarms[-1][0])} after the recording's time 0.")
