"""`memgui native`: run a native leak tool on a script, or read its report."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

_RUN_SETTINGS = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@click.group("native", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Find native leaks: run memray, valgrind or a sanitizer on a script, or read their reports.

    Exit status 1 says that there are findings, 0 that there are none, 3 that the program failed and none were found.
    docs/native.md tells what each tool can and cannot see, and what it costs.
    """


def _shown(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options of how a report is shown."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="One JSON document."),
        click.option("--stacks", is_flag=True, help="Show the folded stacks below each place."),
        click.option("--full", is_flag=True, help="As --stacks, with every frame."),
        click.option("--top", type=click.IntRange(1), default=20, show_default=True, help="Places to show."),
        click.option(
            "--peak", is_flag=True, help="What was in use at the highest point, not leaks (memray, heaptrack)."
        ),
    ):
        function = option(function)
    return function


@command.command("open")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--collapsed", is_flag=True, help="Stacks as lines for flamegraph.pl or speedscope; --full for whole ones."
)
@_shown
def open_report(files: tuple[Path, ...], **shown: Any) -> None:
    """Read reports of memray, valgrind, LeakSanitizer, AddressSanitizer or heaptrack, whichever FILES are.

    Several FILES of one tool are read as one report; a sanitizer's log_path stands for the logs of all processes.
    """
    from memgui.analysis.native.detect import read_all
    from memgui.cli.native_report import show, show_collapsed

    report = read_all(files, peak=shown.pop("peak"))
    if shown.pop("collapsed"):
        show_collapsed(report, full=shown["full"])
    else:
        click.get_current_context().exit(show(report, **shown))


@command.command("diff")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.option("--top", type=click.IntRange(1), default=20, show_default=True, help="Places to show.")
@click.option("--peak", is_flag=True, help="Compare what was in use at the highest point (memray, heaptrack).")
def compare(before: Path, after: Path, as_json: bool, top: int, peak: bool) -> None:
    """Compare two reports of one tool: what grows from a short run to a long one is a leak that is still pointed to.

    Exit status 1 says that a place grew by 1 MiB or more.
    """
    from memgui.cli.native_diff import show_diff

    click.get_current_context().exit(show_diff(before, after, as_json=as_json, top=top, peak=peak))


def _run_command(name: str, text: str) -> click.Command:
    @click.command(name, context_settings=_RUN_SETTINGS, help=text)
    @click.option("-m", "module", is_flag=True, help="SCRIPT is the name of a module.")
    @click.option("-o", "--output", type=click.Path(path_type=Path), help="Keep the tool's report as this file.")
    @click.option("--for", "seconds", type=click.FloatRange(0, min_open=True), help="End the program after so long.")
    @click.option("--python", default=sys.executable, help="Interpreter of the script; by default memgui's own.")
    @click.option("--progress", is_flag=True, help="With --json: progress as JSON lines on the standard error.")
    @click.option("--deep", is_flag=True, hidden=name not in ("lsan", "asan"), help="Whole stacks; many times slower.")
    @_shown
    @click.argument("script")
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def run(**words: Any) -> None:
        from memgui.cli.native_run import run_tool

        click.get_current_context().exit(run_tool(name, **words))

    return run


for _name, _text in (
    ("memray", "Run SCRIPT under memray: all memory that is not given back, with the Python lines that took it."),
    ("valgrind", "Run SCRIPT under valgrind: lost blocks of C and C++ code, and wrong uses of memory. Slow."),
    ("lsan", "Run SCRIPT with LeakSanitizer preloaded: lost blocks of C and C++ code, with nothing rebuilt. Fast."),
    ("asan", "Run SCRIPT with AddressSanitizer preloaded: lost blocks, double frees and overruns in C library calls."),
    ("heaptrack", "Run SCRIPT under heaptrack: all C allocations that are not given back, with C stacks."),
):
    command.add_command(_run_command(_name, _text))
