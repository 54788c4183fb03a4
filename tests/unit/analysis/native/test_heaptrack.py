"""heaptrack's data and the text of heaptrack_print, of one and the same run of a C program."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import zstandard

from memgui.analysis.native.heaptrack import read
from memgui.analysis.native.heaptrack_text import read_text, size_of
from memgui.analysis.native.model import HIGH_WATER, UNFREED
from memgui.protocol.errors import BadInput

UNFREED_BYTES = 3 * 65536 + 2 * 1024 + 300_000
LARGEST = 300_000


def test_data_are_exact_to_the_byte(recorded: Path) -> None:
    report = read(recorded / "heaptrack.gz")
    assert (report.tool, report.version, report.command, report.is_complete) == ("heaptrack", "1.4.0", "./main", True)
    assert report.total_bytes == UNFREED_BYTES
    largest = report.leaks[0]
    assert (largest.bytes, largest.count, largest.kind) == (LARGEST, 1, UNFREED)
    assert [(frame.function, frame.line) for frame in largest.stack[:3]] == [("take", 12), ("keep", 25), ("main", 2)]


def test_the_highest_point_holds_what_was_freed_later(recorded: Path) -> None:
    report = read(recorded / "heaptrack.gz", peak=True)
    assert report.leaks[0].bytes == 1_000_000
    assert {leak.kind for leak in report.leaks} == {HIGH_WATER}
    # The two blocks of 1024 bytes were taken after the highest point.
    assert report.total_bytes >= UNFREED_BYTES - 2 * 1024 + 1_000_000


def test_text_says_the_same_rounded(recorded: Path) -> None:
    with (recorded / "heaptrack.txt").open() as file:
        report = read_text(file)
    assert report.leaks[0].bytes == LARGEST
    assert report.leaks[0].stack == read(recorded / "heaptrack.gz").leaks[0].stack[:3]
    assert "rounds" in report.warnings[0]
    assert "2 smaller places" in report.warnings[1]
    assert report.is_complete


def test_text_of_the_highest_point_is_read_where_it_is_asked_for(recorded: Path) -> None:
    with (recorded / "heaptrack.txt").open() as file:
        report = read_text(file, peak=True)
    assert report.leaks[0].bytes == 1_000_000
    assert report.leaks[0].kind == HIGH_WATER


def test_text_without_leaks_names_the_option_that_prints_them() -> None:
    with pytest.raises(BadInput) as caught:
        read_text(["PEAK MEMORY CONSUMERS", ""])
    assert "-l 1" in caught.value.next_step


def test_text_that_is_cut_off_says_so(recorded: Path) -> None:
    lines = (recorded / "heaptrack.txt").read_text().splitlines()
    report = read_text(lines[:-8])
    assert not report.is_complete
    assert "cut off" in report.warnings[-1]
    assert report.leaks


@pytest.mark.parametrize("share", [0.6, 0.9])
def test_compressed_data_that_are_cut_off_give_what_is_whole(recorded: Path, tmp_path: Path, share: float) -> None:
    whole = (recorded / "heaptrack.gz").read_bytes()
    cut = tmp_path / "cut.gz"
    cut.write_bytes(whole[: int(len(whole) * share)])
    report = read(cut)
    assert not report.is_complete
    assert "cut off" in report.warnings[0]


def test_data_without_their_end_are_of_a_program_that_was_killed(recorded: Path, tmp_path: Path) -> None:
    killed = tmp_path / "killed.gz"
    text = gzip.decompress((recorded / "heaptrack.gz").read_bytes()).decode().partition("\n# strings")[0]
    killed.write_bytes(gzip.compress(text.encode()))
    report = read(killed)
    assert report.total_bytes == UNFREED_BYTES
    assert "killed or still runs" in report.warnings[0]


def test_data_of_another_version_name_the_way_out(recorded: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.gz"
    text = gzip.decompress((recorded / "heaptrack.gz").read_bytes())
    other.write_bytes(gzip.compress(text.replace(b"v 10400 3", b"v 20000 9", 1)))
    with pytest.raises(BadInput) as caught:
        read(other)
    assert "heaptrack_print" in caught.value.next_step


def test_another_compressed_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.gz"
    other.write_bytes(gzip.compress(b"hello\n"))
    with pytest.raises(BadInput, match="no data of heaptrack"):
        read(other)


def test_zstd_is_opened_like_gzip(recorded: Path, tmp_path: Path) -> None:
    packed = zstandard.ZstdCompressor().compress(gzip.decompress((recorded / "heaptrack.gz").read_bytes()))
    path = tmp_path / "heaptrack.zst"
    path.write_bytes(packed)
    assert read(path) == read(recorded / "heaptrack.gz")
    assert read(path, peak=True) == read(recorded / "heaptrack.gz", peak=True)
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(BadInput):
        read(path)


@pytest.mark.parametrize(("text", "size"), [("5.24M", 5_240_000), ("300.00K", 300_000), ("12B", 12), ("1.5G", 1.5e9)])
def test_sizes_are_in_thousands(text: str, size: float) -> None:
    assert size_of(text) == size
