"""`memgui record`: write what is seen of one or more targets into a file."""

from __future__ import annotations

import queue
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from memgui import __version__
from memgui.analysis.finding import Finding
from memgui.analysis.wording import duration, size
from memgui.cli.output import finding_lines, print_json
from memgui.link.batch import ENDED, Batch
from memgui.link.hub import Hub
from memgui.link.recorder import Recorder
from memgui.link.target import LiveTarget
from memgui.link.targets import resolve
from memgui.protocol.errors import BadInput, Problem

_LOOK_EVERY_S = 0.5
_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}


@click.command("record")
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@click.option("-o", "--output", required=True, metavar="FILE", type=click.Path(path_type=Path), help="What to make.")
@click.option("--for", "seconds", metavar="S", type=float, help="Stop after so many seconds.")
@click.option("--hz", type=float, default=10.0, show_default=True, help="Samples a second.")
@click.option("--limit", metavar="SIZE", help="Drop the oldest beyond this size, such as 500M.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document at the end.")
def command(
    targets: tuple[str, ...], output: Path, seconds: float | None, hz: float, limit: str | None, as_json: bool
) -> None:
    """Record TARGETs until they end, --for is over, or Ctrl-C.

    What was written a second ago survives a crash of either side.
    """
    pids = [resolve(target) for target in targets]
    limit_bytes = None if limit is None else _bytes(limit)
    problems: list[Problem] = []
    inbox: queue.SimpleQueue[Batch] = queue.SimpleQueue()
    recorder = Recorder(output, version=__version__, stopped=problems.append, limit_bytes=limit_bytes)
    began_s = time.monotonic()
    watched: dict[str, LiveTarget] = {}
    try:
        hub = Hub(inbox.put, hz=hz)
        try:
            watched = {key: LiveTarget(key) for key in (hub.watch(pid) for pid in pids)}
            with _ended_by_signals():
                _record(watched, inbox, recorder, None if seconds is None else began_s + seconds, quiet=as_json)
        finally:
            hub.close()
    finally:
        recorder.close()
    if problems:
        raise problems[0]
    _tell(output, recorder, watched, time.monotonic() - began_s, as_json=as_json)


def _record(
    watched: dict[str, LiveTarget],
    inbox: queue.SimpleQueue[Batch],
    recorder: Recorder,
    until: float | None,
    *,
    quiet: bool,
) -> None:
    told: dict[str, tuple[Finding, ...]] = {}
    with _progress(shown=not quiet and sys.stderr.isatty()) as show:
        while recorder.is_running and any(target.state != ENDED for target in watched.values()):
            now = time.monotonic()
            if until is not None and now >= until:
                return
            wait_s = _LOOK_EVERY_S if until is None else min(_LOOK_EVERY_S, until - now)
            try:
                batch = inbox.get(timeout=wait_s)
            except queue.Empty:
                continue
            target = watched[batch.key]
            target.apply(batch)
            recorder.take(batch)
            if target.findings != told.get(batch.key):
                told[batch.key] = target.findings
                recorder.take_findings(batch.key, target.findings)
            show(recorder)


@contextmanager
def _progress(*, shown: bool) -> Iterator[Any]:
    """A line that is rewritten while the recording goes on; nothing where nobody looks."""
    if not shown:
        yield _say_nothing
        return
    from rich.console import Console

    began_s = time.monotonic()
    with Console(stderr=True).status("recording; Ctrl-C ends it") as status:

        def show(recorder: Recorder) -> None:
            spent = duration(time.monotonic() - began_s)
            taken = size(recorder.size_bytes)
            status.update(f"recording, {spent}, {recorder.rows_count} samples, {taken}; Ctrl-C ends it")

        yield show


def _say_nothing(_recorder: Recorder) -> None:
    """Nobody looks."""


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Ctrl-C and a polite kill end the recording in order."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell(output: Path, recorder: Recorder, watched: dict[str, LiveTarget], seconds: float, *, as_json: bool) -> None:
    size_bytes = output.stat().st_size
    if as_json:
        print_json(
            {
                "file": str(output),
                "seconds": round(seconds, 1),
                "rows": recorder.rows_count,
                "bytes": size_bytes,
                "targets": [
                    {
                        "pid": target.pid,
                        "name": target.name,
                        "state": target.state,
                        "end": target.end.text if target.end else None,
                        "findings": [
                            {"metric": one.metric, "state": one.state, "alarm": one.alarm, "sentence": one.sentence}
                            for one in target.findings
                        ],
                    }
                    for target in watched.values()
                ],
            }
        )
        return
    click.echo(f"{output}: {recorder.rows_count} samples in {duration(seconds)}, {size(size_bytes)}")
    for target in watched.values():
        if target.state == ENDED:
            click.echo(f"{target.name} (pid {target.pid}) {target.state_text}")
        for finding in target.findings:
            click.echo("\n".join(finding_lines(finding)))


def _bytes(text: str) -> int:
    word = text.strip().upper().removesuffix("B").removesuffix("I")
    number, unit = (word[:-1], word[-1]) if word[-1:] in _UNITS else (word, "")
    try:
        value = float(number) * _UNITS[unit]
    except ValueError:
        raise BadInput(f"--limit: {text} is no size", "write it as 500M or 2G") from None
    if value < 1e6:
        raise BadInput(f"--limit: {text} is less than a recording needs", "allow a megabyte or more")
    return int(value)
