"""How a native report is printed: a table of the places that took the memory, with their stacks where asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from memgui.analysis.native.collapsed import collapsed
from memgui.analysis.native.document import to_document
from memgui.analysis.native.fold import Fold, fold, short_name
from memgui.analysis.native.model import Frame, Leak, Report
from memgui.analysis.native.sites import Site, has_findings, sites
from memgui.analysis.wording import size
from memgui.cli.output import print_json

_STACKS = 5
_FAULTS = 10
_TITLES = {"memray": "memray", "valgrind": "valgrind", "lsan": "LeakSanitizer", "asan": "AddressSanitizer",
           "heaptrack": "heaptrack"}  # fmt: skip


def show(
    report: Report,
    *,
    as_json: bool,
    stacks: bool,
    full: bool,
    top: int,
    more: Mapping[str, Any] | None = None,
) -> int:
    """Print a report; the exit status: 1 where there are findings.

    Args:
        more: keys that stand beside the report's own in the JSON document.
    """
    if as_json:
        print_json({**to_document(report), **(more or {})})
    else:
        _print(report, stacks=stacks or full, full=full, top=top)
    return int(has_findings(report))


def show_collapsed(report: Report, *, full: bool) -> None:
    """Print stacks for a flame graph."""
    for line in collapsed(report, full=full):
        click.echo(line)


def _print(report: Report, *, stacks: bool, full: bool, top: int) -> None:
    places = sites(report)
    click.echo(_head(report, places))
    if places:
        _print_table(report, places[:top])
    if len(places) > top:
        left = sum(site.bytes for site in places[top:])
        click.echo(f"{len(places) - top} smaller places hold {size(left)}; --top {len(places)} shows them.")
    if stacks:
        for site in places[:top]:
            click.echo(f"\n{size(site.bytes)} in {_blocks(site.count)}: {place(site.frame)}")
            for line in _stack_lines(site, full=full):
                click.echo(line)
    for fault in report.faults[:_FAULTS]:
        where = next((part for part in fold(fault.stack) if isinstance(part, Frame)), None)
        times = f" ({fault.count} times)" if fault.count > 1 else ""
        click.echo(f"{fault.kind}: {fault.text}{times}{' at ' + place(where) if where else ''}")
    if len(report.faults) > _FAULTS:
        click.echo(f"… and {len(report.faults) - _FAULTS} more; --json has all.")
    for warning in report.warnings:
        click.echo(f"note: {warning}", err=True)


def _head(report: Report, places: tuple[Site, ...]) -> str:
    title = f"{_TITLES.get(report.tool, report.tool)} {report.version}".strip()
    about = f"{title}: {report.command}" if report.command else title
    if not report.leaks:
        return f"{about}\nno leak is in the report"
    found = sum(site.is_finding for site in places)
    verdict = f"findings: {found}" if found else "no finding"
    spots = "1 place" if len(places) == 1 else f"{len(places)} places"
    total = f"{size(report.total_bytes)} in {_blocks(report.total_count)}"
    return f"{about}\n{total}, taken at {spots}; {verdict}"


def _print_table(report: Report, places: tuple[Site, ...]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title, justify in (("bytes", "right"), ("share", "right"), ("blocks", "right")):
        table.add_column(title, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    for title in ("kind", "taken by", "called from"):
        table.add_column(title, overflow="fold")
    for site in places:
        table.add_row(
            size(site.bytes),
            f"{site.bytes / max(report.total_bytes, 1):.0%}",
            str(site.count),
            ", ".join(site.kinds),
            place(site.frame),
            _caller(site),
            style="" if site.is_finding else "dim",
        )
    Console(markup=False, highlight=False).print(table)


def _caller(site: Site) -> str:
    if site.caller is None:
        return ""
    more = site.callers - 1
    return f"{place(site.caller)} and {more} more" if more > 0 else place(site.caller)


def place(frame: Frame) -> str:
    """A call in words: "take leak.c:3", "ffi_call in libffi.so.8"."""
    name = short_name(frame.function) or "?"
    if frame.file:
        line = f":{frame.line}" if frame.line else ""
        return f"{name} {_tail(frame.file)}{line}"
    return f"{name} in {frame.module.rsplit('/', 1)[-1]}" if frame.module else name


def _tail(path: str) -> str:
    return path if path.startswith("<") else path.rsplit("/", 1)[-1]


def _blocks(count: int) -> str:
    return "1 block" if count == 1 else f"{count} blocks"


def _stack_lines(site: Site, *, full: bool) -> Iterator[str]:
    for leak in site.leaks[:_STACKS]:
        yield f"  {size(leak.bytes)} in {_blocks(leak.count)}, {leak.kind}"
        yield from _calls(leak, full=full)
    if len(site.leaks) > _STACKS:
        left = sum(leak.bytes for leak in site.leaks[_STACKS:])
        yield f"  {len(site.leaks) - _STACKS} more stacks with {size(left)}; --json has all"


def _calls(leak: Leak, *, full: bool) -> Iterator[str]:
    for part in fold(leak.stack):
        frames = part.frames if isinstance(part, Fold) else (part,)
        if isinstance(part, Fold) and not full:
            yield f"      … {len(frames)} {'frame' if len(frames) == 1 else 'frames'}: {part.reason}"
            continue
        for frame in frames:
            whole = f"{frame.file}:{frame.line}" if frame.line else frame.file
            yield f"      {frame.function or '?'}  {whole or frame.module}"
