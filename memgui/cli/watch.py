"""`memgui watch`: live lines and findings in the terminal."""

from __future__ import annotations

import time
from dataclasses import asdict

import click

from memgui.analysis.finding import Finding
from memgui.cli.live import Live
from memgui.cli.output import finding_lines, print_json, sample_line
from memgui.link.batch import ENDED
from memgui.link.targets import resolve
from memgui.protocol.errors import Unreachable

_LINE_EVERY_S = 1.0


@click.command("watch")
@click.argument("target")
@click.option("--for", "seconds", metavar="S", type=float, help="Stop after so many seconds.")
@click.option("--hz", type=float, default=10.0, show_default=True, help="Samples a second.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document a line: samples, and findings as they rise.")
def command(target: str, seconds: float | None, hz: float, as_json: bool) -> None:
    """Print TARGET's memory as it is, and findings as they rise."""
    with Live(resolve(target), hz) as live:
        watch(live, seconds, as_json=as_json)


def watch(live: Live, seconds: float | None, *, as_json: bool) -> None:
    """Print until the time is over.

    Raises:
        Unreachable: the process ended before; the text says how.
    """
    began_s, until = time.time(), None if seconds is None else time.monotonic() + seconds
    next_line = 0.0
    told_state = ""
    told: dict[str, str] = {}
    for batch in live.batches(until):
        if live.target.state_text != told_state:
            told_state = live.target.state_text
            click.echo(f"{live.target.name} (pid {live.target.pid}): {told_state}", err=True)
        for row in batch.rows:
            if as_json:
                print_json({"t_s": round(row.t_s - began_s, 3), "step": row.step, "metrics": dict(row.values)})
            elif row.t_s >= next_line:
                next_line = row.t_s + _LINE_EVERY_S
                click.echo(sample_line(row.t_s - began_s, live.target.timeline.last_step, row.values))
        _tell_findings(live.target.findings, told, as_json=as_json)
    if live.target.state == ENDED and (until is None or time.monotonic() < until):
        raise Unreachable(f"process {live.target.pid} {live.target.state_text}")


def _tell_findings(findings: tuple[Finding, ...], told: dict[str, str], *, as_json: bool) -> None:
    for finding in findings:
        if told.get(finding.metric) == finding.state:
            continue
        told[finding.metric] = finding.state
        if as_json:
            print_json({"finding": asdict(finding)})
        else:
            click.echo("\n".join(finding_lines(finding)))
