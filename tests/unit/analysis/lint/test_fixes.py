"""Changes that `--fix` makes: the finding goes, the rest of the file stays to the byte."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from memgui.analysis.lint.check import check_source
from memgui.analysis.lint.fixes import fix_file
from memgui.protocol.errors import BadInput

pytest.importorskip("libcst")

BEFORE = """\
import torch

def train(model, loader, optimizer, criterion):
    total, log, kept = 0, {}, []   # odd   spacing stays
    for x, y in loader:
        loss = criterion(model(x), y)
        optimizer.zero_grad( set_to_none = False )
        loss.backward()
        total += loss
        kept.append(loss)
        log["loss"] = (loss)
        kept.append({"loss": loss, "x": 1})
    model.load_state_dict(torch.load("a.pt", "cuda:0", weights_only=True))
    model.load_state_dict(torch.load("b.pt", map_location="cuda", mmap=True))
"""
AFTER = """\
import torch

def train(model, loader, optimizer, criterion):
    total, log, kept = 0, {}, []   # odd   spacing stays
    for x, y in loader:
        loss = criterion(model(x), y)
        optimizer.zero_grad( )
        loss.backward()
        total += loss.detach()
        kept.append(loss.detach())
        log["loss"] = (loss).detach()
        kept.append({"loss": loss.detach(), "x": 1})
    model.load_state_dict(torch.load("a.pt", map_location="cpu", weights_only=True))
    model.load_state_dict(torch.load("b.pt", map_location="cpu", mmap=True))
"""


def test_safe_changes_are_made_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "train.py"
    file.write_text(BEFORE)
    count = fix_file(file, check_source(str(file), BEFORE).hits)
    assert file.read_text() == AFTER
    assert count == 7
    assert check_source(str(file), AFTER).hits == ()


def test_a_file_without_safe_changes_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "train.py"
    text = "for x in loader:\n    model(x).sum().backward(retain_graph=True)\n"
    file.write_text(text)
    before = file.stat().st_mtime_ns
    assert fix_file(file, check_source(str(file), text).hits) == 0
    assert file.stat().st_mtime_ns == before


def test_a_sum_of_more_than_the_loss_is_left_to_its_author(tmp_path: Path) -> None:
    text = BEFORE.replace("total += loss\n", "total += loss * len(x)\n")
    assert [hit.edit for hit in check_source("train.py", text).hits if hit.rule == "MG001"] == [None]


def test_line_ends_and_encoding_stay(tmp_path: Path) -> None:
    file = tmp_path / "train.py"
    data = "# coding: latin-1\r\nname = 'é'\r\noptimizer.zero_grad(set_to_none=False)\r\n".encode("latin-1")
    file.write_bytes(data)
    fix_file(file, check_source(str(file), data.decode("latin-1")).hits)
    assert file.read_bytes() == data.replace(b"set_to_none=False", b"")


def test_without_libcst_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libcst", None)
    file = tmp_path / "train.py"
    file.write_text(BEFORE)
    with pytest.raises(BadInput, match=r"memgui\[lint\]"):
        fix_file(file, check_source(str(file), BEFORE).hits)
    assert file.read_text() == BEFORE
