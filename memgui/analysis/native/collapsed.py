"""Stacks as lines for flame graphs: outermost call first, joined by semicolons, then the bytes. Any thread.

Source: https://github.com/brendangregg/FlameGraph, read by flamegraph.pl, speedscope and inferno too.
"""

from __future__ import annotations

from collections.abc import Iterator

from memgui.analysis.native.fold import ALLOCATOR, Fold, fold
from memgui.analysis.native.model import Frame, Report


def collapsed(report: Report, *, full: bool = False) -> Iterator[str]:
    """A line a leak, the largest first.

    Args:
        full: every frame; plumbing is one frame a fold otherwise, and the allocator's is left out.
    """
    for leak in report.leaks:
        parts = leak.stack if full else fold(leak.stack)
        words = [_word(part) for part in reversed(parts) if not (isinstance(part, Fold) and part.reason == ALLOCATOR)]
        yield f"{';'.join(words) or '?'} {leak.bytes}"


def _word(part: Frame | Fold) -> str:
    if isinstance(part, Fold):
        return f"[{part.reason}]"
    name = part.function or part.module.rsplit("/", 1)[-1] or "?"
    place = f" ({part.file.rsplit('/', 1)[-1]}:{part.line})" if part.line else ""
    return f"{name}{place}".replace(";", ",")
