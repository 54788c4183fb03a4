"""A report of targets, live or recorded, as one HTML text. On any one thread."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from memgui import __version__
from memgui.analysis.report.page import page
from memgui.analysis.report.run import Run
from memgui.analysis.wording import duration
from memgui.link.replay import ReplayedTarget
from memgui.link.target import LiveTarget
from memgui.protocol.errors import BadInput


def write_report(targets: Sequence[LiveTarget], path: Path) -> None:
    """Write the report of these targets into a file.

    Raises:
        BadInput: there is nothing to report, or the file cannot be written.
    """
    runs = [_run_of(target) for target in targets if target.timeline.last_t is not None]
    if not runs:
        raise BadInput("there are no samples to report", "wait for the first one")
    files = dict.fromkeys(target.recording for target in targets if target.recording is not None)
    source = ", ".join(files) or "watched live"
    try:
        path.write_text(page(runs, source=source, version=__version__), encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}", "choose a folder of your own") from error


def _run_of(target: LiveTarget) -> Run:
    told = target.told_by_now if isinstance(target, ReplayedTarget) else ()
    end = target.end
    return Run(
        name=target.name,
        timeline=target.timeline,
        facts=_facts(target),
        end=end.text if end is not None else "",
        ended_badly=end is not None and end.kind in ("oom_killed", "signal"),
        findings=target.findings,
        told=tuple((one.t_s, one.finding) for one in told),
        events=tuple(event for event in target.timeline.events if event.kind not in ("metrics", "actions")),
        limit=target.limit,
    )


def _facts(target: LiveTarget) -> dict[str, str]:
    hello, facts, timeline = target.hello, target.facts, target.timeline
    known = hello or facts
    first, last = timeline.first_t or 0.0, timeline.last_t or 0.0
    said: dict[str, object] = {
        "Seen": f"{time.strftime('%Y-%m-%d %H:%M', time.localtime(first))}, for {duration(last - first)}",
        "Steps": f"{timeline.last_step:,}".replace(",", " ") if timeline.last_step >= 0 else None,
        "Host": hello.host if hello is not None else None,
        "Pid": target.pid,
        "User": known.user if known is not None else None,
        "Rank": known.rank if known is not None else None,
        "World size": known.world_size if known is not None else None,
        "Run": known.run_id if known is not None else None,
        "Python": known.python if known is not None else None,
        "torch": known.torch if known is not None else None,
        "Devices": ", ".join(hello.devices) if hello is not None else None,
        "Command": " ".join(known.argv) if known is not None else None,
    }
    return {name: str(value) for name, value in said.items() if value not in (None, "")}
