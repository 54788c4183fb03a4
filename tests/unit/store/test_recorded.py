"""A recording is looked at without being unpacked: wide views by extremes, near ones row by row."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from memgui.protocol.errors import BadInput
from memgui.store.outline import MOST_BLOCKS, Head, blocks_of, stretches_of
from memgui.store.recorded import RecordedTimeline
from memgui.store.recording import RecordingFile
from memgui.store.replay import Recording
from memgui.store.timeline import Row

T0 = 1_780_000_000.0
ROWS = 4000
KEY = "41.900"
VALUES = np.random.default_rng(7).normal(5e9, 1e8, ROWS)


def rows(first: int, count: int) -> list[Row]:
    """One a half second, a metric of which comes late; from 2500 on 100 s later."""
    return [
        Row(
            T0 + at / 2 + (100 if at >= 2500 else 0),
            at,
            {"a": VALUES[at], **({"late": float(at)} if at >= 1000 else {})},
        )
        for at in range(first, first + count)
    ]


def write(path: Path, *, close: bool = True) -> RecordingFile:
    file = RecordingFile(path, version="1")
    for first in range(0, ROWS, 100):
        file.rows(KEY, rows(first, 100))
        file.commit()
    if close:
        file.close()
    return file


def shown(path: Path) -> RecordedTimeline:
    timeline = RecordedTimeline(path)
    with Recording(path) as recording:
        ((_, outline),) = recording.outlines()
    timeline.show(outline)
    return timeline


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recorded") / "a.memgui"
    write(path)
    return path


def test_what_is_zoomed_into_is_drawn_as_it_was_written(path: Path) -> None:
    timeline = shown(path)
    for first in (10, 500, 1300, 3800):
        x, y = timeline.window("a", rows(first, 1)[0].t_s, rows(first + 150, 1)[0].t_s, 400)
        want = rows(first - 1, 153)
        assert x == pytest.approx([row.t_s for row in want])
        assert np.array_equal(y, [row.values["a"] for row in want])


def test_a_value_under_the_pointer_is_the_one_that_was_written(path: Path) -> None:
    timeline = shown(path)
    for at in (0, 511, 512, 1234, 2499, 2500, 3999):
        row = rows(at, 1)[0]
        assert timeline.at("a", row.t_s + 0.2) == row.values["a"]
        assert timeline.step_at(row.t_s + 0.2) == at
        assert timeline.time_of_step(at) == pytest.approx(row.t_s)
    assert timeline.at("late", T0 + 10) is None
    assert timeline.step_at(T0 - 1) == -1
    assert timeline.time_of_step(ROWS) is None


def test_all_of_it_keeps_its_extremes_and_its_gap(path: Path) -> None:
    timeline = shown(path)
    assert (timeline.first_t, timeline.last_t, timeline.last_step) == (T0, rows(ROWS - 1, 1)[0].t_s, ROWS - 1)
    x, y = timeline.window("a", T0, T0 + 3000, 600)
    assert (np.nanmin(y), np.nanmax(y)) == pytest.approx((VALUES.min(), VALUES.max()))
    (gap,) = x[np.isnan(y)]
    assert gap == pytest.approx(rows(2500, 1)[0].t_s, abs=5)
    assert timeline.range("a", T0, T0 + 3000) == pytest.approx((VALUES.min(), VALUES.max()))


def test_the_widest_views_read_no_chunk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    timeline = shown(path)
    monkeypatch.setattr("memgui.store.recorded._MIDDLE_ROWS", 1000)
    monkeypatch.setattr("memgui.store.recorded._EXACT_ROWS", 800)
    monkeypatch.delattr(Recording, "table")
    _, y = timeline.window("a", T0, T0 + 3000, 600)
    assert np.nanmax(y) == pytest.approx(VALUES.max())
    assert timeline.latest("a") == VALUES[-1]


def test_rows_that_are_in_no_chunk_yet_are_shown_and_only_new_ones_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.memgui"
    with RecordingFile(path, version="1") as file:
        file.rows(KEY, rows(0, 700))
        file.commit()
        file.rows(KEY, rows(700, 30))
        file.commit()
        with Recording(path) as recording:
            ((_, before),) = recording.outlines()
        file.rows(KEY, rows(730, 60))
        file.commit()
        with Recording(path) as recording:
            ((target, after),) = recording.outlines({KEY: before})
        assert target.last_s == rows(789, 1)[0].t_s
        assert after.heads == before.heads
        known = list(before.pieces)
        assert all(after.pieces[piece] is before.pieces[piece] for piece in known)
        timeline = RecordedTimeline(path)
        timeline.show(after)
        _, y = timeline.window("a", T0, T0 + 1000, 2000)
        assert np.array_equal(y, VALUES[:790])
        assert timeline.latest("a") == VALUES[789]


def test_history_that_came_after_the_rows_around_it_lies_between_them(tmp_path: Path) -> None:
    path = tmp_path / "a.memgui"
    with RecordingFile(path, version="1") as file:
        file.rows(KEY, [*rows(0, 600), *rows(700, 600)])
        file.commit()
        file.rows(KEY, [Row(row.t_s, row.step, row.values, {"a": 1.0}, {"a": 9e9}) for row in rows(600, 100)])
        file.commit()
    timeline = shown(path)
    x, _ = timeline.window("a", T0, T0 + 700, 3000)
    assert np.all(np.diff(x) >= 0)
    assert timeline.range("a", T0 + 301, T0 + 349) == (1.0, 9e9)
    assert timeline.at("a", T0 + 250) == VALUES[500]
    assert timeline.step_at(T0 + 320) == 640


def test_a_chunk_that_cannot_be_read_is_drawn_by_its_extremes(tmp_path: Path) -> None:
    path = tmp_path / "a.memgui"
    write(path)
    with sqlite3.connect(path) as database:
        (damaged,) = database.execute("SELECT id FROM chunk ORDER BY first_s LIMIT 1 OFFSET 2").fetchone()
        database.execute("UPDATE chunk SET body=x'00ff' WHERE id=?", (damaged,))
        span = database.execute("SELECT first_s, last_s FROM chunk WHERE id=?", (damaged,)).fetchone()
    database.close()
    timeline = shown(path)
    inside = [row.values["a"] for row in rows(0, ROWS) if span[0] <= row.t_s <= span[1]]
    assert timeline.range("a", *span) == pytest.approx((min(inside), max(inside)))
    assert timeline.at("a", T0 + 1) == VALUES[2]


def test_a_file_that_was_removed_or_replaced_goes_on_by_what_is_known_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a.memgui"
    write(path)
    timeline = shown(path)
    whole = timeline.range("a", T0, T0 + 3000)
    path.rename(tmp_path / "b.memgui")
    fresh = RecordedTimeline(path)
    assert timeline.outline is not None
    fresh.show(timeline.outline)
    assert fresh.range("a", T0, T0 + 3000) == pytest.approx(whole)
    with RecordingFile(path, version="1") as other:
        other.rows(KEY, [Row(T0 + at, at, {"a": 1.0, "late": 1.0}) for at in range(ROWS)])
    fresh.show(timeline.outline)
    fresh._exact.clear()
    assert fresh.range("a", T0, T0 + 3000) == pytest.approx(whole)


def test_a_file_that_was_cut_off_is_refused_or_read_in_part(path: Path, tmp_path: Path) -> None:
    whole = path.read_bytes()
    cut = tmp_path / "cut.memgui"
    for share in (0.3, 0.6, 0.9):
        cut.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(BadInput, match=r"damaged|cut off"):
            shown(cut)


def test_a_series_takes_no_more_room_however_long_the_recording_is() -> None:
    extremes = np.zeros((2, 1), "<f4").tobytes()
    heads = [Head(at, 1, 512, 0, T0 + at * 52, T0 + at * 52 + 51, at * 512, extremes) for at in range(10 * MOST_BLOCKS)]
    stretches = stretches_of(heads)
    assert len(stretches) == len(heads)
    blocks = blocks_of(stretches, heads, {1: ("a",)}, ("a",))
    assert len(blocks.start) <= MOST_BLOCKS
    assert (blocks.start[0], blocks.end[-1]) == (heads[0].first_s, heads[-1].last_s)
