"""Logs of LeakSanitizer and AddressSanitizer, whole, cut off, and amid a program's own output."""

from __future__ import annotations

from pathlib import Path

import pytest

from memgui.analysis.native.model import DEFINITE, INDIRECT, Frame
from memgui.analysis.native.sanitizer import parse_frame, read
from memgui.analysis.native.sites import has_findings

LOST_BYTES = 80 * 65536 + 64 + 2 * 5000


@pytest.mark.parametrize(("name", "tool"), [("lsan.4711", "lsan"), ("asan.log", "asan"), ("lsan-deep.log", "lsan")])
def test_every_lost_byte_is_found(recorded: Path, name: str, tool: str) -> None:
    report = read(recorded / name)
    assert report.tool == tool
    assert report.is_complete
    assert report.pid is not None
    assert report.total_bytes == LOST_BYTES
    assert {leak.kind: leak.bytes for leak in report.leaks if leak.bytes == 5000} == {DEFINITE: 5000, INDIRECT: 5000}
    assert has_findings(report)


def test_short_stacks_are_told_and_whole_ones_are_not(recorded: Path) -> None:
    assert "--deep" in read(recorded / "lsan.4711").warnings[0]
    assert read(recorded / "lsan-deep.log").warnings == ()


def test_what_lies_on_the_stack_is_no_caller(recorded: Path) -> None:
    report = read(recorded / "lsan.4711")
    assert "[stack]" in (recorded / "lsan.4711").read_text()
    assert not any("[stack]" in frame.module for leak in report.leaks for frame in leak.stack)


def test_an_overrun_is_a_fault_with_the_stack_that_wrote(recorded: Path) -> None:
    report = read(recorded / "asan-fault.log")
    (fault,) = report.faults
    assert fault.kind == "heap-buffer-overflow"
    assert fault.stack[1] == Frame("overrun", "/home/ada/leak.c", 42)
    assert not any(frame.function == "malloc" for frame in fault.stack), "the stack of the allocation is another one"
    assert has_findings(report)


def test_a_log_that_is_cut_off_gives_what_is_whole_and_says_so(recorded: Path, tmp_path: Path) -> None:
    cut = tmp_path / "lsan.1"
    cut.write_text((recorded / "lsan.4711").read_text().partition("Indirect leak")[0])
    report = read(cut)
    assert report.total_bytes == LOST_BYTES - 5000
    assert not report.is_complete
    assert "before the sanitizer's summary" in report.warnings[0]


def test_it_is_found_amid_the_output_of_a_program(recorded: Path, tmp_path: Path) -> None:
    output = tmp_path / "job.out"
    output.write_text("step 1 loss 2.5\n" + (recorded / "lsan.4711").read_text() + "bye\n")
    assert read(output).leaks == read(recorded / "lsan.4711").leaks


def test_being_traced_is_named_as_the_cause(tmp_path: Path) -> None:
    log = tmp_path / "lsan.1"
    log.write_text(
        "==12==LeakSanitizer has encountered a fatal error.\n"
        "==12==HINT: For debugging, try setting environment variable LSAN_OPTIONS=verbosity=1:log_threads=1\n"
        "==12==HINT: LeakSanitizer does not work under ptrace (strace, gdb, etc)\n"
    )
    report = read(log)
    assert "SYS_PTRACE" in report.warnings[0]
    assert not has_findings(report)


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("lose /a dir/leak.c:20", Frame("lose", "/a dir/leak.c", 20)),
        ("lose /a/leak.c:20:7", Frame("lose", "/a/leak.c", 20)),
        ("operator new(unsigned long) ../../src/x.cpp:99", Frame("operator new(unsigned long)", "../../src/x.cpp", 99)),
        ("ffi_call (/lib/libffi.so.8+0x6b0c)", Frame("ffi_call", module="/lib/libffi.so.8")),
        ("f(int) (/lib/a.so+0x1) (BuildId: 12ab)", Frame("f(int)", module="/lib/a.so")),
        ("(/lib/libffi.so.8+0x6f79)", Frame("", module="/lib/libffi.so.8")),
        ("([stack]+0x1ee2f)", None),
        ("lose", Frame("lose")),
    ],
)
def test_a_frame_is_read_however_it_is_written(text: str, frame: Frame | None) -> None:
    assert parse_frame(text) == frame
