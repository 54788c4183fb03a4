"""Runs rules over texts and files, and leaves out what a comment or the options exclude. Any thread."""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from memgui.analysis.lint.report import Hit, Report, Unreadable
from memgui.analysis.lint.rule import Place, Rule, Settings
from memgui.analysis.lint.rules import RULES
from memgui.analysis.lint.source import Source

_NOQA = re.compile(r"#\s*noqa(?P<codes>\s*:\s*[A-Z]+[0-9]+(?:[\s,]+[A-Z]+[0-9]+)*)?", re.IGNORECASE)
_CODE = re.compile(r"[A-Z]+[0-9]+", re.IGNORECASE)


@dataclass(frozen=True)
class Selection:
    """Which rules look at which file, and what they know.

    Attributes:
        rules: codes of the rules that are on.
    """

    rules: frozenset[str] = field(default_factory=lambda: frozenset(RULES))
    settings: Settings = field(default_factory=Settings)


def check_source(path: str, text: str, selection: Selection | None = None) -> Report:
    """Judge one text.

    Returns:
        Its hits; a syntax error is in `unreadable`, with line and column.
    """
    chosen = selection or Selection()
    rules = [rule for code, rule in RULES.items() if code in chosen.rules and any(word in text for word in rule.words)]
    try:
        source = Source(path, text)
    except SyntaxError as error:
        reason = f"syntax error: {error.msg}"
        return Report(unreadable=(Unreadable(path, error.lineno or 1, error.offset or 1, reason),), files=1)
    except (ValueError, RecursionError) as error:
        return Report(unreadable=(Unreadable(path, 1, 1, f"cannot be parsed: {error}"),), files=1)
    found = sorted({hit for rule in rules for hit in _hits(rule, source, chosen.settings)})
    kept = [hit for hit in found if not _is_excused(source, hit)]
    return Report(tuple(kept), files=1, suppressed=len(found) - len(kept))


def check_file(path: Path, selection: Selection | None = None) -> Report:
    """Judge one file; one that cannot be read is in `unreadable`."""
    try:
        with tokenize.open(path) as file:
            text = file.read()
    except (OSError, UnicodeDecodeError, SyntaxError) as error:
        return Report(unreadable=(Unreadable(str(path), 1, 1, _reason(error)),), files=1)
    return check_source(str(path), text, selection)


def together(reports: Iterable[Report]) -> Report:
    """Several reports as one."""
    known = list(reports)
    return Report(
        tuple(sorted(hit for report in known for hit in report.hits)),
        tuple(sorted(item for report in known for item in report.unreadable)),
        sum(report.files for report in known),
        sum(report.suppressed for report in known),
    )


def _hits(rule: Rule, source: Source, settings: Settings) -> Iterator[Hit]:
    for place in rule.check(source, settings):
        yield _hit(rule, source, place)


def _hit(rule: Rule, source: Source, place: Place) -> Hit:
    line, column = place.node.lineno, place.node.col_offset  # type: ignore[attr-defined]
    end = getattr(place.node, "end_lineno", None) or line
    return Hit(source.path, line, column + 1, rule.code, place.message, rule.fix, end, place.edit)


def _is_excused(source: Source, hit: Hit) -> bool:
    """A comment on the first or the last line of what is meant."""
    for number in {hit.line, hit.end_line}:
        comment = _NOQA.search(source.lines[number - 1]) if number <= len(source.lines) else None
        if comment is not None:
            codes = {code.upper() for code in _CODE.findall(comment["codes"] or "")}
            if not codes or hit.rule in codes:
                return True
    return False


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror or error}"
    return f"is not text in its declared encoding: {error}"
