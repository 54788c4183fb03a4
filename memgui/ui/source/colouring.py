"""Which parts of Python code wear which colour. Any thread, no Qt."""

from __future__ import annotations

import bisect
import keyword
import re

KEYWORD, NAME, STRING, COMMENT, NUMBER, DECORATOR = "keyword", "name", "string", "comment", "number", "decorator"
# Per line: start, length and kind of its coloured parts.
Spans = dict[int, list[tuple[int, int, str]]]

_TOKEN = re.compile(
    r"(?P<comment>\#[^\n]*)"
    r"|(?P<string>\b[rbuf]{0,2}(?:'''[\s\S]*?(?:'''|\Z)|\"\"\"[\s\S]*?(?:\"\"\"|\Z)))"
    r"|(?P<short>\b[rbuf]{0,2}(?:'(?:\\.|[^'\\\n])*'?|\"(?:\\.|[^\"\\\n])*\"?))"
    r"|(?P<loose>'''[\s\S]*?(?:'''|\Z)|\"\"\"[\s\S]*?(?:\"\"\"|\Z)|'(?:\\.|[^'\\\n])*'?|\"(?:\\.|[^\"\\\n])*\"?)"
    r"|(?P<decorator>^[ \t]*@[\w.]+)"
    r"|\b(?:def|class)[ \t]+(?P<name>\w+)"
    rf"|(?P<keyword>\b(?:{'|'.join(keyword.kwlist)})\b)"
    r"|(?P<number>\b(?:0[xob][\da-f_]+|\d[\d_]*(?:\.[\d_]*)?(?:e[+-]?\d+)?j?)\b)",
    re.IGNORECASE | re.MULTILINE,
)
_KINDS = {"comment": COMMENT, "string": STRING, "short": STRING, "loose": STRING, "decorator": DECORATOR,
          "keyword": KEYWORD, "number": NUMBER}  # fmt: skip


def spans_by_line(text: str) -> Spans:
    """The coloured parts of each line, lines counted from 0; broken code is coloured as far as it goes."""
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    spans: Spans = {}
    for match in _TOKEN.finditer(text):
        group = match.lastgroup or ""
        if group == "name":
            _add(spans, starts, text, match.start(), match.start("name") - 1, KEYWORD)
        _add(spans, starts, text, *match.span(group), _KINDS.get(group, NAME))
    return spans


def _add(spans: Spans, starts: list[int], text: str, start: int, end: int, kind: str) -> None:
    line = bisect.bisect_right(starts, start) - 1
    while start < end:
        stop = min(end, starts[line + 1] - 1 if line + 1 < len(starts) else len(text))
        if stop > start:
            spans.setdefault(line, []).append((start - starts[line], stop - start, kind))
        line += 1
        start = starts[line] if line < len(starts) else end
