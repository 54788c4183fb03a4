"""`memgui watch`: live lines and findings in the terminal."""

from __future__ import annotations

import time

import click

from memgui.analysis.finding import Finding, as_document
from memgui.analysis.settings import DetectorSettings
from memgui.analysis.signals import subject_of
from memgui.analysis.wording import duration
from memgui.cli.live import Live
from memgui.cli.output import finding_lines, print_json, sample_line
from memgui.link.batch import ENDED
from memgui.link.suspicion import Suspicion
from memgui.link.target import LiveTarget
from memgui.link.targets import resolve
from memgui.protocol.errors import Unreachable

_LINE_EVERY_S = 1.0
_ANSWER_S = 10.0
_DAY_S = 86_400.0
# With less than this a leak cannot be told from a start; a watch that saw less has no verdict to give.
_STEPS_NEEDED = 40
_SECONDS_NEEDED = 30.0
LEAK_STATUS = 1


@click.command("watch")
@click.argument("target")
@click.option("--for", "seconds", metavar="S", type=float, help="Stop after so many seconds.")
@click.option("--hz", type=float, default=10.0, show_default=True, help="Samples a second.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document a line: samples, and findings as they rise.")
@click.option("--fail-on-leak", is_flag=True, help="End with status 1 as soon as there is a leak; 0 where the process "
              "or --for ends without one.")  # fmt: skip
@click.option("--horizon", "days", metavar="DAYS", type=click.FloatRange(min=0, min_open=True), default=7.0,
              show_default=True, help="Growth that reaches the limit later than this is no leak.")  # fmt: skip
@click.option("--survivors/--no-survivors", default=False, show_default=True, help="Have a growth that is suspected "
              "arm the survivor watch in TARGET, once, at 5 % of the step time at most.")  # fmt: skip
@click.pass_context
def command(
    ctx: click.Context,
    target: str,
    seconds: float | None,
    hz: float,
    as_json: bool,
    fail_on_leak: bool,
    days: float,
    survivors: bool,
) -> None:
    """Print TARGET's memory as it is, and findings as they rise.

    A finding is a leak where it is at least probable and would reach the limit within the horizon.
    """
    settings = DetectorSettings(horizon_s=days * _DAY_S)
    with Live(resolve(target), hz, settings) as live:
        if fail_on_leak:
            ctx.exit(_watch_for_leaks(live, seconds, as_json=as_json, survivors=survivors))
        watch(live, seconds, as_json=as_json, survivors=survivors)


def watch(
    live: Live, seconds: float | None, *, as_json: bool, until_leak: bool = False, survivors: bool = False
) -> Finding | None:
    """Print until the time is over.

    Args:
        until_leak: end with the first alarm.
        survivors: a growth that is suspected arms the survivor watch.

    Returns:
        The alarm that ended it; None where none did.

    Raises:
        Unreachable: the process ended before; the text says how.
    """
    began_s, until = time.time(), None if seconds is None else time.monotonic() + seconds
    next_line = 0.0
    told_state = ""
    told: dict[tuple[str, str], tuple[str, bool, str | None]] = {}
    suspicion = Suspicion() if survivors else None
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
        findings = live.target.findings
        wanted = suspicion.consider(live.target) if suspicion is not None and findings else None
        if wanted is not None:
            # Its beginning and its end are events, and what it finds changes the finding: no need to wait for it.
            live.hub.request(live.target.key, "watch.start", wanted, timeout_s=_ANSWER_S)
            click.echo(f"survivor watch on, since {wanted.cause} may leak", err=True)
        _tell_findings(findings, told, round(time.time() - began_s, 3), as_json=as_json)
        alarm = next((finding for finding in findings if finding.alarm), None)
        if until_leak and alarm is not None:
            return alarm
    if live.target.state == ENDED and (until is None or time.monotonic() < until):
        raise Unreachable(f"process {live.target.pid} {live.target.state_text}")
    return None


def _watch_for_leaks(live: Live, seconds: float | None, *, as_json: bool, survivors: bool) -> int:
    """Watch until there is a leak; says what happened, and returns the exit status.

    Raises:
        Unreachable: the process came to a bad end, or nothing was ever seen of it.
    """
    try:
        leak = watch(live, seconds, as_json=as_json, until_leak=True, survivors=survivors)
    except Unreachable:
        if not _ended_well(live.target):
            raise
        leak = None
    timeline = live.target.timeline
    first_s, last_s = timeline.first_t, timeline.last_t
    seen_s = last_s - first_s if first_s is not None and last_s is not None else 0.0
    first_step = timeline.step_at(first_s) if first_s is not None else -1
    steps = timeline.last_step - max(first_step, 0) if timeline.last_step >= 0 else 0
    if as_json:
        found = None if leak is None else as_document(leak)
        print_json({"leak": leak is not None, "seen_s": round(seen_s, 3), "steps": steps, "finding": found})
    what = f"{live.target.name} (pid {live.target.pid})"
    seen = f"in {steps} steps and {duration(seen_s)}"
    if leak is not None:
        click.echo(f"memgui: {what} leaks, seen {seen}: {leak.title}. {leak.sentence}", err=True)
        return LEAK_STATUS
    if steps < _STEPS_NEEDED or seen_s < _SECONDS_NEEDED:
        click.echo(
            f"memgui: no verdict on {what}: {steps} steps and {duration(seen_s)} were seen, which is too little "
            "to tell a leak from a start",
            err=True,
        )
    else:
        click.echo(f"memgui: no leak found in {what} {seen}", err=True)
    return 0


def _ended_well(target: LiveTarget) -> bool:
    """It was watched, and it ended by itself as far as can be seen: only its parent knows the exit status."""
    end = target.end
    if end is None or target.timeline.last_t is None:
        return False
    return end.kind == "unknown" or (end.kind == "exited" and end.text.endswith("status 0"))


def _tell_findings(
    findings: tuple[Finding, ...],
    told: dict[tuple[str, str], tuple[str, bool, str | None]],
    t_s: float,
    *,
    as_json: bool,
) -> None:
    for finding in findings:
        # A line that is known since is news, also where the state is what it was.
        ident, now = (finding.rule, subject_of(finding.metric)), (finding.state, finding.alarm, finding.born)
        if told.get(ident) == now:
            continue
        told[ident] = now
        if as_json:
            print_json({"t_s": t_s, "finding": as_document(finding)})
        else:
            click.echo("\n".join(finding_lines(finding)))
