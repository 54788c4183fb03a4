"""How commands print: one JSON document on one line, or text for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from memgui.analysis.finding import RESOLVED, Finding
from memgui.analysis.wording import duration, size


def print_json(document: Any) -> None:
    """One document on one line."""
    click.echo(json.dumps(document, separators=(",", ":"), allow_nan=False))


def print_table(table: Any) -> None:
    """A table of rich, or a line, as it is: brackets in it are no markup."""
    from rich.console import Console

    Console(markup=False, highlight=False).print(table)


def sample_line(t_s: float, step: int, values: Mapping[str, float | None]) -> str:
    """One line of `memgui watch`: what people look at first."""
    parts = [f"{t_s:7.1f} s", f"step {step if step >= 0 else '–':>7}"]
    shown = [
        ("anonymous", "host.anon_bytes"),
        ("resident", "host.rss_bytes"),
        ("heap", "host.heap_used_bytes"),
        ("kept", "host.heap_kept_bytes"),
        ("workers", "children.rss_bytes"),
    ]
    shown += [
        (name.rsplit("_", 1)[0], name) for name in values if name.endswith((".allocated_bytes", ".reserved_bytes"))
    ]
    for title, name in shown:
        value = values.get(name)
        if value is not None:
            parts.append(f"{title} {size(value):>9}")
    return "  ".join(parts)


def finding_lines(finding: Finding) -> list[str]:
    """A finding for people."""
    sure = "" if finding.state == RESOLVED else f"  ({finding.score:.0%} sure)"
    lines = [f"{finding.state.upper()}  {finding.title}{sure}", f"    {finding.sentence}"]
    if finding.state != RESOLVED:
        lines.append(f"    {_bounds(finding)}")
    if finding.born is not None:
        lines.append(f"    made at {finding.born}")
    lines += [f"    · {sentence}" for sentence in finding.evidence]
    if finding.advice:
        lines.append(f"    → {finding.advice}")
    return lines


def _bounds(finding: Finding) -> str:
    parts = []
    if finding.step_low is not None and finding.step_high is not None:
        parts.append(f"{size(finding.step_low)} to {size(finding.step_high)} per step")
    parts.append(f"{size(finding.rate_low)} to {size(finding.rate_high)} per second")
    if finding.eta_low_s is not None:
        latest = "never" if finding.eta_high_s is None else duration(finding.eta_high_s)
        parts.append(f"limit in {duration(finding.eta_low_s)} to {latest}")
    return "; ".join(parts)
