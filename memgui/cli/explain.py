"""`memgui explain`: who holds what grows, and the line that made it."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

import click

from memgui.analysis.wording import size
from memgui.cli.live import Live
from memgui.cli.output import print_json
from memgui.link.inspections import inspect
from memgui.link.targets import resolve
from memgui.protocol.explanation import ExplainParams, Explanation, Suspect
from memgui.protocol.inspection import InspectionList
from memgui.protocol.payloads import Progress
from memgui.protocol.watch import WatchParams, WatchReport
from memgui.protocol.wire import from_wire, to_wire

_METHOD = "inspect.explain"
_MARGIN_S = 10.0


@click.command("explain")
@click.argument("target")
@click.option("--steps", type=click.IntRange(2), default=20, show_default=True, help="Steps between the looks.")
@click.option("--seconds", type=click.FloatRange(0.1, 3600), default=5.5, show_default=True,
              help="Wait for them no longer than this.")  # fmt: skip
@click.option("--births/--no-births", default=True, show_default=True,
              help="Record for ten steps which line makes each tensor.")  # fmt: skip
@click.option("--budget", "budget_ms", metavar="MS", type=click.FloatRange(100, 10_000), default=4000.0,
              show_default=True, help="Training stands still for no longer than this, in all.")  # fmt: skip
@click.option("--wait", "wait_s", metavar="S", type=float, default=30.0, show_default=True,
              help="Seconds to wait for a step boundary.")  # fmt: skip
@click.option("--watch", "watch_s", metavar="S", type=click.FloatRange(1, 3600),
              help="Sample births for so long instead, and tell what outlives its step.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def command(
    target: str,
    steps: int,
    seconds: float,
    births: bool,
    budget_ms: float,
    wait_s: float,
    watch_s: float | None,
    as_json: bool,
) -> None:
    """Say who holds what grows in TARGET.

    Looks at all objects at a step boundary, lets the training go on for some steps, looks again, and follows what is
    new and still there to what holds it. Training pauses for each look.
    """
    asked = ExplainParams(timeout_s=wait_s + seconds, budget_ms=budget_ms, steps=steps, seconds=seconds, births=births)
    with Live(resolve(target)) as live:
        live.wait_for_agent()
        key = live.target.key
        if watch_s is not None:
            _tell_watch(_watch(live, watch_s), as_json=as_json)
            return
        if not as_json and sys.stderr.isatty():
            expected = from_wire(InspectionList, live.hub.request(key, "inspect.list", timeout_s=10.0).result())
            pause_ms = next((info.pause_ms for info in expected.inspections if info.method == _METHOD), None)
            if pause_ms is not None:
                click.echo(f"training will pause for about {pause_ms:.0f} ms in all, over three looks", err=True)
        told = None if as_json else _tell_progress
        answer = inspect(live.hub, key, _METHOD, asked, Explanation, on_progress=told)
    if as_json:
        print_json(document(answer))
        return
    for line in lines(answer):
        click.echo(line)


def _watch(live: Live, watch_s: float) -> WatchReport:
    """Arm the survivor watch, wait, and end it; whoever had it armed before gets no more of it."""
    key, hub = live.target.key, live.hub
    # It outlasts the command by little, should that be killed.
    hub.request(key, "watch.start", WatchParams(seconds=watch_s + _MARGIN_S), timeout_s=_MARGIN_S).result()
    for _ in live.batches(time.monotonic() + watch_s):
        pass
    return from_wire(WatchReport, hub.request(key, "watch.stop", {}, timeout_s=_MARGIN_S).result())


def _tell_watch(report: WatchReport, *, as_json: bool) -> None:
    if as_json:
        print_json(to_wire(report))
        return
    for one in report.survivors:
        graph = (", each with its graph" if one.has_graph else "") + (", expected" if one.expected else "")
        click.echo(
            f"{one.per_step:g} a step, +{size(one.bytes_per_step)}: {one.shape} {one.dtype} on {one.device}{graph}"
        )
        click.echo(f"    born    {one.born}")
    if not report.survivors:
        click.echo("nothing that was born in a sampled step outlived it")
    told = f"{report.sampled_steps} steps were sampled; the watch took {report.share:.1%} of the time"
    click.echo(f"{told}; {report.reason}" if report.reason else told)


def document(answer: Explanation) -> dict[str, Any]:
    """The answer with every key of a suspect, also where nothing is known."""
    wire: dict[str, Any] = to_wire(answer)
    wire["suspects"] = [_complete(suspect) for suspect in answer.suspects]
    return wire


def _complete(suspect: Suspect) -> Mapping[str, Any]:
    empty = dict.fromkeys(("bytes", "per_step", "count_per_step", "shape", "dtype", "device", "born", "stored"))
    return {**empty, **to_wire(suspect)}


def lines(answer: Explanation) -> list[str]:
    """The answer for people."""
    found: list[str] = []
    for suspect in answer.suspects:
        found += _suspect_lines(suspect)
    if not answer.suspects:
        found.append(f"nothing that was born in {answer.steps} steps is still there: nothing grows by the step")
    found.append(
        f"looked over {answer.steps} steps in {answer.seconds:.1f} s; training paused for {answer.pause_ms:.0f} ms"
    )
    if answer.births is not None:
        found.append(f"lines of birth were not recorded: {answer.births}")
    if answer.reason is not None:
        found.append(f"not all was looked at: {answer.reason}")
    return found


def _suspect_lines(suspect: Suspect) -> list[str]:
    rate = "" if suspect.per_step is None else f"  +{size(suspect.per_step)} a step"
    held = "" if suspect.bytes is None else f", {size(suspect.bytes)}"
    what = f"{suspect.count:,} × {suspect.shape} {suspect.dtype} on {suspect.device}" if suspect.shape else ""
    return [
        f"{suspect.kind.upper()}  {''.join(suspect.holder)}{held}{rate}",
        *([f"    {what}"] if what else []),
        *([f"    born    {suspect.born}"] if suspect.born else []),
        *([f"    stored  {suspect.stored}"] if suspect.stored and suspect.stored != suspect.born else []),
        *[f"    · {sentence}" for sentence in suspect.evidence],
        f"    · confidence {suspect.confidence:.2f}",
        f"    → {suspect.advice}",
        "",
    ]


def _tell_progress(progress: Progress) -> None:
    click.echo(progress.text, err=True)
