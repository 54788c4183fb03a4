"""Tables of others are read; broken ones are refused with the place where they break."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from memgui.analysis.csv_table import read_table
from memgui.protocol.errors import BadInput


def _file(folder: Path, text: str) -> Path:
    path = folder / "run.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_names_of_others_become_ours_and_empty_columns_go(tmp_path: Path) -> None:
    table = read_table(
        _file(tmp_path, "t_seconds,step,rss_anon,shm,torch_allocated,gc_what\n0,-1,5,0,7,1\n1,0,6,0,8,1\n")
    )
    assert sorted(table) == ["host.anon_bytes", "step", "t_seconds", "tensors.live_bytes"]
    assert table["host.anon_bytes"].tolist() == [5.0, 6.0]


def test_with_a_reserve_tensors_are_on_a_device(tmp_path: Path) -> None:
    table = read_table(_file(tmp_path, "t_seconds,step,torch_allocated,torch_reserved\n0,1,5,9\n"))
    assert {"cuda.0.allocated_bytes", "cuda.0.reserved_bytes"} <= set(table)


def test_our_own_names_are_kept(tmp_path: Path) -> None:
    table = read_table(_file(tmp_path, "t_seconds,step,host.anon_bytes,cuda.1.allocated_bytes\n0,1,5,9\n"))
    assert {"host.anon_bytes", "cuda.1.allocated_bytes"} <= set(table)


def test_gzip_windows_lines_empty_cells_and_disorder_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "run.csv.gz"
    path.write_bytes(gzip.compress(b"t_seconds,step,rss\r\n2,1,\r\n1,0,5\r\n\r\n"))
    table = read_table(path)
    assert table["t_seconds"].tolist() == [1.0, 2.0]
    assert np.isnan(table["host.rss_bytes"][1])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("t_seconds,step,rss\n0,1,5\n1,2,many\n", "line 3, column 3 (rss): 'many' is no number"),
        ("t_seconds,step,rss\n0,1,5\n1,2\n", "line 3, column 2: 2 cells, but the header has 3 columns"),
        ("time,step,rss\n0,1,5\n", "line 1: there is no column 't_seconds'"),
        ("", "line 1: there is no column"),
    ],
)
def test_a_broken_table_is_refused_with_its_line_and_column(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_table(_file(tmp_path, text))
    assert words in caught.value.what
    assert caught.value.next_step


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress(b"t_seconds,step\n" * 99)[:40])
    for path in (tmp_path / "missing.csv", tmp_path, cut):
        with pytest.raises(BadInput, match="cannot be read"):
            read_table(path)


def test_a_table_without_rows_is_empty(tmp_path: Path) -> None:
    assert len(read_table(_file(tmp_path, "t_seconds,step,rss\n"))["t_seconds"]) == 0
