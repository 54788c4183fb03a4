"""Which reader takes a file is seen from its content; what no tool wrote is refused with the reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from memgui.analysis.native.detect import read, read_all
from memgui.protocol.errors import BadInput


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        ("valgrind.xml", "valgrind"),
        ("lsan.4711", "lsan"),
        ("asan.log", "asan"),
        ("asan-fault.log", "asan"),
        ("heaptrack.gz", "heaptrack"),
        ("heaptrack.txt", "heaptrack"),
    ],
)
def test_the_name_of_a_file_does_not_matter(recorded: Path, tmp_path: Path, name: str, tool: str) -> None:
    path = tmp_path / "report"
    shutil.copy(recorded / name, path)
    assert read(path).tool == tool


def test_a_log_is_found_far_down_in_the_output_of_a_program(recorded: Path, tmp_path: Path) -> None:
    path = tmp_path / "job.out"
    path.write_text("step\n" * 40_000 + (recorded / "lsan.4711").read_text())
    assert read(path).total_bytes > 5_000_000


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "is empty"),
        (b"t_seconds,step,host.rss_bytes\n0,1,2\n", "begins with «t_seconds,step"),
        (bytes(range(256)) * 4, "binary data"),
        (b"desc: --massif-out-file\ncmd: x\n", "massif"),
        (b"events: Ir\n", "callgrind or cachegrind"),
        (b"\x7fELF\x02\x01", "a program or a core dump"),
        (b"PK\x03\x04rest", "a checkpoint of PyTorch"),
        (b"==12== Memcheck, a memory error detector\n", "--xml=yes"),
    ],
)
def test_a_file_that_no_tool_wrote_is_refused_with_what_it_looks_like(
    tmp_path: Path, content: bytes, cause: str
) -> None:
    path = tmp_path / "thing"
    path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        read(path)
    assert cause in caught.value.what
    assert caught.value.next_step


@pytest.mark.parametrize("content", [b"<?xml version='1.0'?><html/>", b"<?xml version='1.0'?>\n<valgrindoutput>\n"])
def test_xml_that_holds_no_report_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "thing.xml"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="no report of valgrind"):
        read(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is a folder"):
        read(tmp_path)
    with pytest.raises(BadInput, match="No such file"):
        read(tmp_path / "none")


def test_a_log_path_stands_for_the_logs_of_all_processes(recorded: Path, tmp_path: Path) -> None:
    one = read(recorded / "lsan.4711")
    for pid in ("4711", "4712"):
        shutil.copy(recorded / "lsan.4711", tmp_path / f"lsan.{pid}")
    both = read_all([tmp_path / "lsan"])
    assert both.total_bytes == 2 * one.total_bytes
    assert len(both.leaks) == len(one.leaks), "equal stacks of two processes are one"


def test_reports_of_different_tools_are_not_added_up(recorded: Path) -> None:
    with pytest.raises(BadInput, match="different tools: asan, lsan"):
        read_all([recorded / "lsan.4711", recorded / "asan.log"])


def test_a_tool_without_history_does_not_tell_the_highest_point(recorded: Path) -> None:
    with pytest.raises(BadInput, match="does not tell the highest point"):
        read(recorded / "lsan.4711", peak=True)
