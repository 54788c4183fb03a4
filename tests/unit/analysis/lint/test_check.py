"""What a check leaves out, and what it says of files that it cannot judge."""

from __future__ import annotations

from pathlib import Path

import pytest

from memgui.analysis.lint.check import Selection, check_file, check_source

LOOP = """\
def train(model, loader, criterion):
    total = 0
    for x, y in loader:
        loss = criterion(model(x), y)
        loss.backward()
        total += loss{comment}
    return total
"""


@pytest.mark.parametrize("comment", ["  # noqa", "  # noqa: MG001", "  # noqa: E501, mg001", "  #noqa:MG001,MG002"])
def test_a_comment_excuses_its_line(comment: str) -> None:
    report = check_source("train.py", LOOP.format(comment=comment))
    assert report.hits == ()
    assert report.suppressed == 1


@pytest.mark.parametrize("comment", ["  # noqa: MG002", "  # noqa: E501", "  # no comment"])
def test_a_comment_about_another_rule_excuses_nothing(comment: str) -> None:
    assert [hit.rule for hit in check_source("train.py", LOOP.format(comment=comment)).hits] == ["MG001"]


def test_a_comment_on_the_last_line_of_a_call_excuses_it() -> None:
    text = "optimizer.zero_grad(\n    set_to_none=False,\n)  # noqa: MG020\n"
    assert check_source("train.py", text).hits == ()


def test_a_hit_names_line_and_column_from_one() -> None:
    (hit,) = check_source("train.py", LOOP.format(comment="")).hits
    assert (hit.line, hit.column) == (6, 9)
    assert "total" in hit.message


def test_only_chosen_rules_look() -> None:
    assert check_source("train.py", LOOP.format(comment=""), Selection(frozenset({"MG002"}))).hits == ()


def test_a_syntax_error_is_told_with_line_and_column() -> None:
    report = check_source("train.py", "x = 1\ndef f(:\n")
    (item,) = report.unreadable
    assert (item.line, item.column) == (2, 7)
    assert "syntax error" in item.reason


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"# -*- coding: nonsense -*-\n", "encoding"), (b"\xff\xfe\x00", "encoding"), (b"x = 1\x00\n", "")],
)
def test_a_file_that_is_no_text_is_told_and_not_raised(tmp_path: Path, data: bytes, words: str) -> None:
    file = tmp_path / "odd.py"
    file.write_bytes(data)
    (item,) = check_file(file).unreadable
    assert words in item.reason


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    (item,) = check_file(tmp_path / "gone.py").unreadable
    assert "No such file" in item.reason


def test_other_encodings_are_read(tmp_path: Path) -> None:
    file = tmp_path / "latin.py"
    file.write_bytes("# coding: latin-1\nname = 'é'\noptimizer.zero_grad(set_to_none=False)\n".encode("latin-1"))
    assert [hit.line for hit in check_file(file).hits] == [3]


def test_deep_nesting_ends_in_a_report() -> None:
    report = check_source("deep.py", "x = " + "(" * 150 + "1" + ")" * 150 + "\n" + "y = " + "-" * 5000 + "1\n")
    assert report.files == 1
