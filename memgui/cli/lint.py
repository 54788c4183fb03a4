"""`memgui lint`: leak patterns in training code."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from memgui import __version__
from memgui.protocol.errors import BadInput

if TYPE_CHECKING:
    from memgui.analysis.lint.options import Options

_FORMATS = ["text", "json", "sarif"]


@click.command("lint")
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option("--select", metavar="CODES", help="Only these rules, such as MG001,MG002.")
@click.option("--ignore", metavar="CODES", help="All rules but these.")
@click.option("--exclude", metavar="PATTERN", multiple=True, help="Leave out files and folders that match; repeatable.")
@click.option("--format", "output", type=click.Choice(_FORMATS), default="text", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--fix", is_flag=True, help="Change what can be changed safely; needs libcst.")
@click.option("--explain", metavar="CODE", help="Say what a rule is about, with an example, and end.")
@click.option("--list", "as_list", is_flag=True, help="List the rules, and end.")
@click.option(
    "--memory", metavar="SIZE", help="Memory of the machine the code is for, such as 64GB; this one's by default."
)
@click.option("--isolated", is_flag=True, help="Read no pyproject.toml.")
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    select: str | None,
    ignore: str | None,
    exclude: tuple[str, ...],
    output: str,
    as_json: bool,
    fix: bool,
    explain: str | None,
    as_list: bool,
    memory: str | None,
    isolated: bool,
) -> None:
    """Find patterns that keep memory in the training code at PATH: files, or folders of .py files.

    Ends with 1 where something was found, and with 2 where a file could not be checked. `# noqa: MG002` on a line
    excuses it; options are read from [tool.memgui.lint] of the nearest pyproject.toml.
    """
    from memgui.analysis.lint import files, formats, options
    from memgui.analysis.lint.rules import RULES

    if as_list:
        for rule in RULES.values():
            click.echo(f"{rule.code}  {rule.name:28}{rule.title}")
        return
    if explain is not None:
        (code,) = options.check_codes([explain], "--explain") or ("",)
        if code not in RULES:
            raise BadInput(f"--explain: {explain} is no rule", f"rules: MG001 to {max(RULES)}; --list shows them")
        click.echo(formats.explanation(code))
        return
    if not paths:
        raise BadInput("memgui lint needs files or folders", "for example: memgui lint train.py src/")
    where = [Path(path) for path in paths]
    chosen = _options(where[0], isolated=isolated, memory=memory)
    if select is not None:
        chosen = replace(chosen, select=options.check_codes(select.split(","), "--select"))
    if ignore is not None:
        chosen = replace(chosen, ignore=chosen.ignore + options.check_codes(ignore.split(","), "--ignore"))
    chosen = replace(chosen, exclude=chosen.exclude + exclude)
    report = files.check_files(where, chosen)
    changes = 0
    if fix:
        from memgui.analysis.lint.fixes import fix_file

        by_file = defaultdict(list)
        for hit in report.hits:
            by_file[hit.path].append(hit)
        changes = sum(fix_file(Path(path), hits) for path, hits in by_file.items())
        report = files.check_files(where, chosen) if changes else report
    kind = "json" if as_json else output
    if kind == "json":
        click.echo(json.dumps(formats.documents(report), separators=(",", ":")))
    elif kind == "sarif":
        click.echo(json.dumps(formats.sarif(report, __version__), indent=2))
    else:
        for line in formats.text_lines(report):
            click.echo(line)
    for item in report.unreadable:
        click.echo(formats.unreadable_line(item), err=True)
    if kind == "text":
        if fix:
            click.echo(f"{changes} changed")
        click.echo(formats.summary(report))
    ctx.exit(2 if report.unreadable else 1 if report.hits else 0)


def _options(first: Path, *, isolated: bool, memory: str | None) -> Options:
    from memgui.analysis.lint.options import Options, find_pyproject, read_options, size_of

    file = None if isolated else find_pyproject(first)
    chosen = Options(root=Path.cwd()) if file is None else read_options(file)
    if memory is not None:
        try:
            return replace(chosen, memory=size_of(memory))
        except ValueError:
            raise BadInput(f"--memory: {memory} is no size", "write bytes, or 64GB") from None
    return chosen if chosen.memory is not None else replace(chosen, memory=_memory_here())


def _memory_here() -> float | None:
    """What this machine has; None where the system does not tell."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (OSError, ValueError, AttributeError):
        return None
