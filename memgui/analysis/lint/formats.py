"""A report as text, as the JSON of `memgui lint --json`, and as SARIF 2.1.0. Pure."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from memgui.analysis.lint.report import Hit, Report, Unreadable
from memgui.analysis.lint.rules import RULES

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def text_lines(report: Report) -> Iterator[str]:
    """`path:line:column: rule message`, with what to do below it."""
    for hit in report.hits:
        yield f"{shown(hit.path)}:{hit.line}:{hit.column}: {hit.rule} {hit.message}"
        yield f"    → {hit.fix}"


def unreadable_line(item: Unreadable) -> str:
    """`path:line:column: reason`."""
    return f"{shown(item.path)}:{item.line}:{item.column}: {item.reason}"


def summary(report: Report) -> str:
    """One line: how much was found in how many files."""
    found, files = len(report.hits), report.files
    parts = [
        f"{_many(found, 'finding')} in {_many(files, 'file')}" if found else f"nothing found in {_many(files, 'file')}"
    ]
    counts = Counter(hit.rule for hit in report.hits)
    if counts:
        parts[0] += " (" + ", ".join(f"{rule} {count}" for rule, count in sorted(counts.items())) + ")"
    if report.suppressed:
        parts.append(f"{report.suppressed} excused by noqa")
    if report.unreadable:
        parts.append(f"{_many(len(report.unreadable), 'file')} could not be checked")
    return "; ".join(parts)


def documents(report: Report) -> list[dict[str, Any]]:
    """One object a finding."""
    return [
        {
            "rule": hit.rule,
            "path": hit.path,
            "line": hit.line,
            "column": hit.column,
            "message": hit.message,
            "fix": hit.fix,
            "name": RULES[hit.rule].name,
            "fixable": hit.edit is not None,
        }
        for hit in report.hits
    ]


def sarif(report: Report, version: str) -> dict[str, Any]:
    """A SARIF log with one run, as code hosts and editors read it."""
    codes = sorted({hit.rule for hit in report.hits})
    driver = {
        "name": "memgui lint",
        "version": version,
        "rules": [
            {
                "id": code,
                "name": RULES[code].name,
                "shortDescription": {"text": RULES[code].title},
                "fullDescription": {"text": RULES[code].why},
                "help": {"text": RULES[code].fix},
                "defaultConfiguration": {"level": "warning"},
            }
            for code in codes
        ],
    }
    notes = [
        {
            "level": "error",
            "message": {"text": item.reason},
            "locations": [_location(item.path, item.line, item.column)],
        }
        for item in report.unreadable
    ]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(hit, codes) for hit in report.hits],
        "invocations": [{"executionSuccessful": not report.unreadable, "toolExecutionNotifications": notes}],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def explanation(code: str) -> str:
    """A rule for people: what, why, an example of each kind, and what to do."""
    rule = RULES[code]
    parts = [
        f"{code} {rule.name}",
        rule.title + ".",
        rule.why,
        "Bad:\n\n" + _indented(rule.bad),
        "Good:\n\n" + _indented(rule.good),
    ]
    parts.append(f"What to do: {rule.fix}")
    if rule.fixable:
        parts.append("`memgui lint --fix` changes it where that is safe.")
    return "\n\n".join(parts)


def shown(path: str) -> str:
    """A path relative to the working folder where it lies below it."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return path
    return path if relative.startswith("..") else relative


def _result(hit: Hit, codes: list[str]) -> dict[str, Any]:
    return {
        "ruleId": hit.rule,
        "ruleIndex": codes.index(hit.rule),
        "level": "warning",
        "message": {"text": f"{hit.message}. {hit.fix}"},
        "locations": [_location(hit.path, hit.line, hit.column)],
    }


def _location(path: str, line: int, column: int) -> dict[str, Any]:
    place = Path(path)
    uri = place.as_uri() if place.is_absolute() else place.as_posix()
    region = {"startLine": max(1, line), "startColumn": max(1, column)}
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _indented(code: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in code.rstrip().splitlines())
