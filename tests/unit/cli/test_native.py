"""`memgui native open` and what the commands refuse; the tools themselves run in the integration tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from memgui.analysis.native.model import Frame
from memgui.cli import main
from memgui.cli.native_report import place

RECORDED = Path(__file__).parents[2] / "data" / "native"


def test_open_prints_places_by_bytes_and_ends_with_1_for_findings(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["native", "open", str(RECORDED / "lsan.4711")]) == 1
    output = capsys.readouterr().out
    assert "LeakSanitizer" in output
    assert "findings: 1" in output
    row = next(line for line in output.splitlines() if "take leak.c:12" in line)
    assert row.split()[:3] == ["5.0", "MiB", "100%"]


def test_stacks_are_folded_and_full_ones_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    main(["native", "open", "--stacks", str(RECORDED / "lsan-deep.log")])
    folded = capsys.readouterr().out
    main(["native", "open", "--full", str(RECORDED / "lsan-deep.log")])
    full = capsys.readouterr().out
    assert "frames: interpreter" in folded
    assert "_PyEval_EvalFrameDefault" not in folded
    assert "_PyEval_EvalFrameDefault" in full
    assert "lose  /home/ada/leak.c:20" in folded


def test_json_is_one_document_with_the_stacks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["native", "open", "--json", str(RECORDED / "valgrind.xml")]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    document = json.loads(line)
    assert document["tool"] == "valgrind"
    assert document["leaks"][0]["bytes"] == max(leak["bytes"] for leak in document["leaks"])
    assert document["sites"][0]["function"] == "take"
    assert {"function", "file", "line", "module", "python"} == set(document["leaks"][0]["stack"][0])


def test_the_highest_point_is_no_finding(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["native", "open", "--peak", str(RECORDED / "heaptrack.gz")]) == 0
    assert "high-water" in capsys.readouterr().out


def test_fewer_places_are_shown_where_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    main(["native", "open", "--peak", "--top", "1", str(RECORDED / "heaptrack.gz")])
    assert "1 smaller places hold" in capsys.readouterr().out


def test_two_reports_are_compared_and_growth_ends_with_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    short = tmp_path / "short.log"
    short.write_text((RECORDED / "lsan.4711").read_text().replace("5242944 byte(s) in 81", "1048576 byte(s) in 16"))
    assert main(["native", "diff", str(short), str(RECORDED / "lsan.4711")]) == 1
    output = capsys.readouterr().out
    assert "+4.0 MiB" in output
    assert "+65" in output
    assert main(["native", "diff", "--json", str(RECORDED / "lsan.4711"), str(short)]) == 0
    assert json.loads(capsys.readouterr().out)["changes"][0]["grown_bytes"] == 1048576 - 5242944


def test_stacks_are_printed_for_flame_graphs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["native", "open", "--collapsed", str(RECORDED / "lsan.4711")]) == 0
    assert capsys.readouterr().out.startswith("lose (leak.c:20);take (leak.c:12) 5242944\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["native", "open", "/no/such/file"], "cannot be read"),
        (["native", "open", __file__], "no report of a native leak tool"),
        (["native", "valgrind", "no-such-script.py"], "there is no script"),
        (["native", "lsan", "-o", "/no/such/folder/x", __file__], "there is no folder"),
        (["native", "lsan"], "Missing argument"),
        (
            ["native", "diff", str(RECORDED / "lsan.4711"), str(RECORDED / "asan.log")],
            "compare two reports of one tool",
        ),
        (["native", "purify", "job.py"], "No such command"),
    ],
)
def test_bad_input_names_the_cause(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (Frame("take", "/home/ada/leak.c", 12), "take leak.c:12"),
        (Frame("take", "/home/ada/leak.c"), "take leak.c"),
        (Frame("ffi_call", module="/lib/libffi.so.8"), "ffi_call in libffi.so.8"),
        (Frame("", module="/lib/libffi.so.8"), "? in libffi.so.8"),
        (Frame("run", "<frozen runpy>", 88), "run <frozen runpy>:88"),
    ],
)
def test_a_call_in_words(frame: Frame, words: str) -> None:
    assert place(frame) == words
