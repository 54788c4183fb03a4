"""`memgui diff`: what changed between two moments of a target or a recording, or between two recordings."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from memgui.analysis.csv_table import STEP, TIME, read_table
from memgui.analysis.difference import (
    Change,
    LookAt,
    Moment,
    find_moment,
    history_changes,
    is_size,
    largest_first,
    look_changes,
    metric_changes,
    nearest_looks,
)
from memgui.analysis.wording import size
from memgui.cli.export import choose
from memgui.cli.live import Live
from memgui.cli.output import print_json, print_table
from memgui.link.inspections import inspect
from memgui.link.targets import resolve
from memgui.protocol.errors import BadInput, Refused
from memgui.protocol.explanation import Generations, GenerationsParams
from memgui.protocol.marking import Marked, MarkParams
from memgui.protocol.wire import to_wire
from memgui.store.opening import open_recorded
from memgui.store.timeline import Timeline

_SHOWN = 25
_LONGEST_WAIT_S = 600.0
_ZIPPED = (".csv", ".gz")


@click.command("diff", context_settings={"ignore_unknown_options": True})
@click.argument("what", metavar="TARGET_OR_FILE")
@click.argument("a", required=False)
@click.argument("b", required=False)
@click.option("--generations", type=click.IntRange(1, 20), help="See what each of so many stretches of steps leaves.")
@click.option("--every", type=click.IntRange(1), default=10, show_default=True, help="Steps of a generation.")
@click.option("--pid", type=int, help="Which process, where a recording has several.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def command(
    what: str, a: str | None, b: str | None, generations: int | None, every: int, pid: int | None, as_json: bool
) -> None:
    """Say what changed between A and B.

    A and B are a step, `start`, `end`, `-30s` before the end, or the text of a mark. With a live target B may be `+20`,
    20 steps from now: then roles, modules, groups of tensors and Python types are looked at now and then. Between two
    moments of the past, the looks nearest to them are compared, where `memgui inspect TARGET mark` or «Mark here» took
    some. With one file after another, two recordings are compared. With --generations, tensors are told by the stretch
    of steps in which they were born.
    """
    if generations is not None:
        _tell_generations(what, GenerationsParams(generations=generations, steps=every), as_json=as_json)
    elif a is None:
        raise BadInput("there is nothing to compare", "name two moments, another file, or --generations 3")
    elif b is None:
        _tell(compare_files(Path(what), Path(a), pid), as_json=as_json)
    elif Path(what).is_file():
        _tell(compare_moments(read_history(Path(what), pid), a, b), as_json=as_json)
    else:
        with Live(resolve(what)) as live:
            live.wait_for_agent()
            _tell(_ahead(live, b) if b.startswith("+") else _behind(live, a, b), as_json=as_json)


def compare_moments(timeline: Timeline, a: str, b: str) -> dict[str, Any]:
    """What changed within one history."""
    start, end = find_moment(timeline, a), find_moment(timeline, b)
    changes = metric_changes(timeline, start, end)
    looks = nearest_looks(timeline, start, end)
    if looks is None:
        return document(start, end, changes)
    changes += look_changes(looks[0].found, looks[1].found, looks[1].moment.step - looks[0].moment.step)
    told = {"a": _look_told(looks[0], start), "b": _look_told(looks[1], end)}
    return document(start, end, largest_first(changes), looks=told)


def compare_files(one: Path, other: Path, pid: int | None) -> dict[str, Any]:
    """How two histories ended.

    Raises:
        BadInput: one is no history.
    """
    first, second = read_history(one, pid), read_history(other, pid)
    ends = [find_moment(timeline, "end") for timeline in (first, second)]
    return document(ends[0], ends[1], history_changes(first, second), files=(str(one), str(other)))


def document(start: Moment, end: Moment, changes: list[Change], **more: Any) -> dict[str, Any]:
    """What `--json` prints."""
    rows = [{**asdict(change), "change": change.change} for change in changes]
    moments = {"a": asdict(start), "b": asdict(end), "steps": end.step - start.step, "seconds": end.t_s - start.t_s}
    return {**moments, "changes": rows, **more}


def read_history(path: Path, pid: int | None) -> Timeline:
    """A recording or a CSV as a timeline.

    Raises:
        BadInput: it is neither.
    """
    timeline = Timeline()
    if path.suffix in _ZIPPED:
        table = read_table(path)
        names = [name for name in table if name not in (TIME, STEP)]
        for at, (t_s, step) in enumerate(zip(table[TIME], table[STEP], strict=True)):
            timeline.append(float(t_s), int(step), {name: float(table[name][at]) for name in names})
        return timeline
    with open_recorded(path) as file:
        target = choose(file, pid)
        for row in file.rows(target):
            timeline.append_summary(row.t_s, row.step, row.values, row.low, row.high)
        for event in file.events(target):
            timeline.events.append(event)
    return timeline


def _behind(live: Live, a: str, b: str) -> dict[str, Any]:
    """From the history that the agent has kept, which comes in pages."""
    _read_for(live, 1.0)
    return compare_moments(live.target.timeline, a, b)


def _ahead(live: Live, b: str) -> dict[str, Any]:
    """Look now, wait for so many steps, and look again.

    Raises:
        BadInput: `b` is no number of steps.
        Refused: they did not come in time.
    """
    if not b[1:].isdigit() or int(b[1:]) < 1:
        raise BadInput(f"{b} is no number of steps", "for example: memgui diff PID now +20")
    _read_for(live, 0.5)
    timeline = live.target.timeline
    start = find_moment(timeline, "now")
    asked = MarkParams(keep=False)
    before = inspect(live.hub, live.target.key, "inspect.mark", asked, Marked)
    deadline_s = time.monotonic() + _LONGEST_WAIT_S
    while timeline.last_step < start.step + int(b[1:]):
        if time.monotonic() > deadline_s:
            raise Refused(
                f"only {timeline.last_step - start.step} steps came in {_LONGEST_WAIT_S:.0f} s", "wait for fewer"
            )
        _read_for(live, 0.2)
    after = inspect(live.hub, live.target.key, "inspect.mark", asked, Marked)
    end = find_moment(timeline, "now")
    changes = look_changes(before, after, after.step - before.step)
    changes += [one for one in metric_changes(timeline, start, end) if one.group != "role"]
    return document(start, end, largest_first(changes), pause_ms=round(before.pause_ms + after.pause_ms, 3))


def _look_told(look: LookAt, wanted: Moment) -> dict[str, Any]:
    return {**asdict(look.moment), "text": look.text, "steps_off": look.moment.step - wanted.step}


def _read_for(live: Live, seconds: float) -> None:
    for _ in live.batches(time.monotonic() + seconds):
        pass


def _tell(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    from rich.table import Table  # not for --help

    lines = Table(box=None)
    for title in ("", "what", "A", "B", "change", "a step"):
        lines.add_column(title, justify="right" if title in ("A", "B", "change", "a step") else "left")
    shown = [row for row in told["changes"] if row["change"]]
    for row in shown[:_SHOWN]:
        words = [_figure(row["name"], row["group"], row[key]) for key in ("before", "after", "change", "per_step")]
        lines.add_row(row["group"], row["title"], *words)
    print_table(lines)
    if not shown:
        click.echo("nothing changed")
    if len(shown) > _SHOWN:
        click.echo(f"and {len(shown) - _SHOWN} smaller changes; all of them with --json")
    if "files" not in told:
        click.echo(f"step {told['a']['step']:,} to {told['b']['step']:,}, {told['seconds']:.1f} s")
    for name, look in told.get("looks", {}).items():
        click.echo(f"{name.upper()} by the look «{look['text']}», {_off(look['steps_off'])}")
    if "pause_ms" in told:
        click.echo(f"the training stood still for {told['pause_ms']:.0f} ms")


def _tell_generations(target: str, asked: GenerationsParams, *, as_json: bool) -> None:
    """Ask, and print one line a generation and one for each kind that it has left."""
    with Live(resolve(target)) as live:
        live.wait_for_agent()
        told = inspect(live.hub, live.target.key, "inspect.generations", asked, Generations)
    if as_json:
        print_json(to_wire(told))
        return
    for one in told.generations:
        click.echo(f"steps {one.first_step:,} to {one.last_step:,}: {one.alive:,} of {one.born:,} tensors are left")
        for left in one.left:
            click.echo(f"    {left.count:>8,} × {left.shape} {left.dtype} on {left.device}, {size(left.bytes)}")
    click.echo(f"the training stood still for {told.pause_ms:.0f} ms")


def _off(steps: int) -> str:
    if not steps:
        return "at this step"
    return f"{abs(steps):,} steps {'after' if steps > 0 else 'before'} it"


def _figure(name: str, group: str, value: float | None) -> str:
    if value is None:
        return "–"
    if is_size(name, group):
        return size(value)
    return f"{value:,.4g}"
