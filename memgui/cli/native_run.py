"""Runs a script under a native leak tool: its output and signals passed through, progress shown, the report read."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import IO, Any

import click

from memgui.analysis.native.detect import read_all
from memgui.analysis.native.model import Report
from memgui.attach.native.plan import make_plan
from memgui.attach.native.run import LOOKING, Ended, ToolRun
from memgui.attach.native.tools import HEAPTRACK, TITLES, find_tool
from memgui.cli.native_progress import Progress, make_progress
from memgui.cli.native_report import show
from memgui.protocol.errors import BadInput, Problem

_LOOK_EVERY_S = 0.1
_FAILED = 3


def run_tool(
    name: str,
    *,
    script: str,
    arguments: tuple[str, ...],
    module: bool,
    output: Path | None,
    seconds: float | None,
    python: str,
    progress: bool,
    deep: bool,
    peak: bool,
    as_json: bool,
    **shown: Any,
) -> int:
    """Run, wait, read, print; the exit status.

    Raises:
        BadInput: there is no such script, or the report cannot be kept where it should be.
        Problem: the tool is not installed, or does not start.
    """
    if not module and not Path(script).exists():
        raise BadInput(f"there is no script {script}", f"for a module write: memgui native {name} -m MODULE")
    if output is not None and not output.absolute().parent.is_dir():
        raise BadInput(f"there is no folder {output.absolute().parent}", "make it first, or name another file")
    tool = find_tool(name, python)
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        # As in a script's background job; the program would inherit it, and could not be asked to end.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix=f"memgui-{name}-"))
    try:
        plan = make_plan(tool, [script, *arguments], folder, module=module, python=python, deep=deep)
        with make_progress(TITLES[name], as_json=as_json, wanted=progress) as told:
            ended = _run(ToolRun.start(plan, **_streams(told, as_json=as_json)), told, seconds)
            told.phase("reading the report", ended.elapsed_s, sum(path.stat().st_size for path in ended.reports))
            report = _read(name, ended, peak=peak)
        kept = _keep(ended.reports, output) if output is not None else None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    about = {
        "program": {
            "status": ended.status,
            "words": ended.words,
            "stopped": ended.was_stopped,
            "elapsed_s": round(ended.elapsed_s, 3),
        },
        "report": None if kept is None else str(kept),
    }
    status = show(report, as_json=as_json, more=about, **shown)
    failed = ended.status != 0 and not ended.was_stopped
    if failed:
        click.echo(f"memgui: the program itself ended with {ended.words}", err=True)
    if kept is not None and not as_json:
        click.echo(f"the report is kept as {kept}; read it again with: memgui native open {kept}")
    return status or (_FAILED if failed else 0)


def _streams(told: Progress, *, as_json: bool) -> dict[str, Any]:
    """The program's own output goes where it would go, or through the progress that is drawn below it.

    With --json the standard output is the document's alone.
    """
    # A terminal sends a Ctrl-C to all processes of its group, and heaptrack's would die of it before they have written.
    own_group = not sys.stdin.isatty() or told.title == TITLES[HEAPTRACK]
    if told.takes_output:
        return {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "own_group": own_group}
    return {"stdout": sys.stderr.fileno() if as_json else None, "own_group": own_group}


def _run(run: ToolRun, told: Progress, seconds: float | None) -> Ended:
    reader = None
    if run.process.stdout is not None:
        reader = threading.Thread(target=_pass_on, args=(run.process.stdout, told), name="program output", daemon=True)
        reader.start()
    with _signals(run):
        while run.poll() is None:
            phase = run.phase()
            told.phase(phase, run.elapsed_s, run.report_bytes)
            if seconds is not None and run.elapsed_s > seconds and phase != LOOKING:
                run.stop()
                # Who does not end after that much again is asked harder.
                seconds = run.elapsed_s + max(seconds, 30.0)
            time.sleep(_LOOK_EVERY_S)
    if reader is not None:
        reader.join()
    return run.ended()


@contextmanager
def _signals(run: ToolRun) -> Iterator[None]:
    """Pass signals on to the program; a Ctrl-C ends it, and what there is will be read."""

    def interrupted(_number: int, _frame: FrameType | None) -> None:
        if run.own_group:
            run.stop()
        else:
            run.note_interrupt()

    def pass_on(number: int, _frame: FrameType | None) -> None:
        run.send(number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, pass_on) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _pass_on(stream: IO[bytes], told: Progress) -> None:
    while chunk := stream.read1(1 << 16):  # type: ignore[attr-defined]
        told.output(chunk.decode("utf-8", "replace"))


def _read(name: str, ended: Ended, *, peak: bool) -> Report:
    if ended.reports:
        try:
            report = read_all(ended.reports, peak=peak)
        except Problem as problem:
            # The program's own message, above, says more than the state of a report that was never begun.
            if ended.status == 0:
                raise
            report = Report(name, warnings=(problem.what,), is_complete=False)
    else:
        report = Report(name, is_complete=not ended.warnings)
    return replace(report, tool=name, warnings=(*ended.warnings, *report.warnings))


def _keep(reports: tuple[Path, ...], output: Path) -> Path | None:
    """The tool's files as one that can be opened again; None where it wrote none."""
    if not reports:
        return None
    try:
        with output.open("wb") as kept:
            for report in reports:
                with report.open("rb") as file:
                    shutil.copyfileobj(file, kept)
    except OSError as error:
        raise BadInput(f"the report cannot be written to {output}: {error.strerror}", "name another file") from error
    return output
