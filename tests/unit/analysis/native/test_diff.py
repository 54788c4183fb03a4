"""What changed between two reports, and stacks for flame graphs."""

from __future__ import annotations

from pathlib import Path

from memgui.analysis.native.collapsed import collapsed
from memgui.analysis.native.detect import read
from memgui.analysis.native.diff import diff
from memgui.analysis.native.model import UNFREED, Frame, Leak, Report

MIB = 1 << 20
CACHE = Frame("grow_cache", "/env/a/cache.cc", 7, "/env/a/libcache.so")
SAME_ELSEWHERE = Frame("grow_cache", "/env/b/cache.cc", 7, "/env/b/libcache.so")
TABLE = Frame("read_table", "/env/a/table.cc", 3)


def _report(*leaks: tuple[int, int, Frame]) -> Report:
    return Report("memray", tuple(Leak(size, count, UNFREED, (frame,)) for size, count, frame in leaks))


def test_what_grows_with_the_run_stands_first_and_is_a_finding() -> None:
    changes = diff(_report((5 * MIB, 5, CACHE), (MIB, 1, TABLE)), _report((9 * MIB, 9, CACHE), (MIB // 2, 1, TABLE)))
    assert [(one.frame, one.grown_bytes, one.is_finding) for one in changes] == [
        (CACHE, 4 * MIB, True),
        (TABLE, -MIB // 2, False),
    ]
    assert (changes[0].before_count, changes[0].after_count) == (5, 9)


def test_what_stays_the_same_is_no_change_wherever_it_is_installed() -> None:
    assert diff(_report((MIB, 1, CACHE)), _report((MIB, 1, SAME_ELSEWHERE))) == ()


def test_what_is_new_or_gone_counts_whole() -> None:
    assert [one.grown_bytes for one in diff(_report(), _report((3 * MIB, 1, CACHE)))] == [3 * MIB]
    assert [one.grown_bytes for one in diff(_report((3 * MIB, 1, CACHE)), _report())] == [-3 * MIB]


def test_a_flame_graph_has_the_outermost_call_first_and_all_bytes(recorded: Path) -> None:
    report = read(recorded / "lsan-deep.log")
    lines = list(collapsed(report))
    assert lines[0] == f"[interpreter];lose (leak.c:20);take (leak.c:12) {report.leaks[0].bytes}"
    assert sum(int(line.rpartition(" ")[2]) for line in lines) == report.total_bytes
    assert "_PyEval_EvalFrameDefault" in next(iter(collapsed(report, full=True)))
