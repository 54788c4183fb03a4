"""valgrind's XML, whole and cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from memgui.analysis.native.model import DEFINITE, POSSIBLE
from memgui.analysis.native.sites import has_findings, sites
from memgui.analysis.native.valgrind import read
from memgui.protocol.errors import BadInput

LOST_BYTES = 80 * 65536 + 5000 * 2 + 64


def test_every_lost_byte_is_found_and_none_that_is_kept(recorded: Path) -> None:
    report = read(recorded / "valgrind.xml")
    assert (report.tool, report.version, report.is_complete, report.warnings) == ("valgrind", "3.19.0", True, ())
    # A lost block that holds the second one of the chain's counts for both.
    assert LOST_BYTES - 2 * 5000 <= report.total_bytes <= LOST_BYTES
    assert {leak.kind for leak in report.leaks} <= {DEFINITE, POSSIBLE}
    functions = {frame.function for leak in report.leaks for frame in leak.stack}
    assert {"lose", "lose_chain", "take"} <= functions
    assert "keep" not in functions


def test_a_frame_has_function_file_line_and_module(recorded: Path) -> None:
    largest = read(recorded / "valgrind.xml").leaks[0]
    frame = next(frame for frame in largest.stack if frame.function == "lose")
    assert (frame.file, frame.line, frame.module) == ("/home/ada/leak.c", 20, "/home/ada/libleak.so")


def test_a_wrong_use_of_memory_is_a_fault_and_a_finding(recorded: Path) -> None:
    report = read(recorded / "valgrind-fault.xml")
    (fault,) = report.faults
    assert fault.kind == "InvalidWrite"
    assert any(frame.function == "overrun" for frame in fault.stack)
    assert has_findings(report)


@pytest.mark.parametrize("share", [0.5, 0.8, 0.97])
def test_a_report_that_is_cut_off_gives_its_whole_records_and_says_what_is_missing(
    recorded: Path, tmp_path: Path, share: float
) -> None:
    whole = (recorded / "valgrind.xml").read_bytes()
    cut = tmp_path / "cut.xml"
    cut.write_bytes(whole[: int(len(whole) * share)])
    report = read(cut)
    assert not report.is_complete
    assert len(report.leaks) == whole[: int(len(whole) * share)].count(b"</error>")
    assert "cut off" in report.warnings[0]


def test_a_report_that_ends_before_the_program_did_says_so(recorded: Path, tmp_path: Path) -> None:
    text = (recorded / "valgrind.xml").read_text()
    cut = tmp_path / "cut.xml"
    cut.write_text(text[: text.index("<state>FINISHED")])
    report = read(cut)
    assert report.leaks == ()
    assert "the program still ran" in report.warnings[0]
    assert report.pid is not None


def test_garbage_after_the_end_is_left_out(recorded: Path, tmp_path: Path) -> None:
    longer = tmp_path / "longer.xml"
    longer.write_bytes((recorded / "valgrind.xml").read_bytes() + b"\n<more/>")
    report = read(longer)
    assert report.is_complete
    assert report.leaks == read(recorded / "valgrind.xml").leaks
    assert "left out" in report.warnings[0]


def test_the_report_of_another_of_its_tools_is_refused(recorded: Path, tmp_path: Path) -> None:
    other = tmp_path / "helgrind.xml"
    other.write_text((recorded / "valgrind.xml").read_text().replace("<tool>memcheck<", "<tool>helgrind<"))
    with pytest.raises(BadInput, match="helgrind"):
        read(other)


def test_one_place_stands_for_all_stacks_that_go_through_it(recorded: Path) -> None:
    (site,) = sites(read(recorded / "valgrind.xml"))
    assert (site.frame.function, site.frame.line) == ("take", 12)
    assert site.caller is not None
    assert site.caller.function == "lose"
    assert site.is_finding
