"""`memgui analyze`: verdicts on a recording, as they would have been reached while it ran."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from memgui.analysis.csv_table import read_table
from memgui.analysis.detector import Detector
from memgui.analysis.finding import as_document
from memgui.analysis.replay import Listener, Replay, replay
from memgui.analysis.settings import DetectorSettings
from memgui.analysis.wording import duration
from memgui.cli.output import finding_lines, print_json
from memgui.store.opening import is_recorded, open_recorded

_DAY_S = 86_400.0


@click.command("analyze")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--horizon", metavar="DAYS", type=float, default=7.0, show_default=True,
              help="Growth that would not reach the limit within so many days is no alarm.")  # fmt: skip
@click.option("--limit", metavar="GB", type=float, default=24.0, show_default=True,
              help="Memory of the host and of each device, where the recording does not tell.")  # fmt: skip
@click.option("--pid", type=int, help="Which process, where a recording has several.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def command(file: Path, horizon: float, limit: float, pid: int | None, as_json: bool) -> int:
    """Say what grows in FILE: a recording, a black box, or a CSV.

    A CSV, plain or gzip, has the columns t_seconds, step and the metrics.

    Exit status 1 where something leaks.
    """
    settings = DetectorSettings(horizon * _DAY_S, limit * 1e9, limit * 1e9)
    said = _replay_recording(file, pid, settings) if is_recorded(file) else replay(read_table(file), settings)
    if as_json:
        print_json(document(said))
    else:
        _print(said)
    return 1 if said.leak is not None else 0


def _replay_recording(path: Path, pid: int | None, settings: DetectorSettings) -> Replay:
    """A recording has marks, diagnoses and limits beside its samples. Times are counted from its first sample."""
    from memgui.cli.export import choose
    from memgui.collect.limits import LastLimits
    from memgui.link.judge import Judge

    with open_recorded(path) as recording:
        target = choose(recording, pid)
        first_s, step = target.first_s or 0.0, -1
        listener = Listener(Detector(settings))
        judge, limits = Judge(listener.detector), LastLimits()
        events = deque(replace(event, t_s=event.t_s - first_s) for event in recording.events(target))
        for row in recording.rows(target):
            t_s, step = row.t_s - first_s, max(step, row.step)
            while events and events[0].t_s <= t_s:
                judge.note(events.popleft())
            for where, limit in limits.take(row.values).items():
                judge.set_limit(limit.name, limit.limit_bytes, limit.headroom_bytes, device=where)
            judge.sample(t_s, step, row.low or row.values)
            listener.note(t_s)
        for event in events:
            judge.note(event)
        return listener.heard()


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
        "findings": [as_document(finding) for finding in said.findings],
    }


def _print(said: Replay) -> None:
    for finding in said.findings:
        click.echo("\n".join(finding_lines(finding)))
    if not said.findings:
        click.echo("Nothing grows.")
    if said.leak is not None:
        click.echo(f"First said {duration(said.alarms[-1][0])} after the recording's time 0.")
