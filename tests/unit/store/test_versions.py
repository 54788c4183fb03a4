"""Files of every version that ever was are read by the present one."""

from __future__ import annotations

import gzip
import shutil
import sqlite3
from pathlib import Path

import pytest

from memgui.protocol.errors import BadInput
from memgui.store import schema
from memgui.store.opening import open_recorded
from memgui.store.replay import Recording
from memgui.store.timeline import Row
from tests.recordings import T0, growing_rows

STORED = Path(__file__).parents[2] / "data" / "recordings"


@pytest.fixture
def first(tmp_path: Path) -> Path:
    return Path(shutil.copy(STORED / "version-1.memgui", tmp_path / "old.memgui"))


def check_contents(recording: Recording) -> None:
    (target,) = recording.targets
    assert (target.name, target.facts["torch"]) == ("train.py", "2.13.0")
    assert target.facts["end"]["text"] == "was ended by SIGKILL"
    rows = list(recording.rows(target))
    assert rows[0] == Row(
        T0 - 60, -1, {"host.rss_bytes": 1e9}, {"host.rss_bytes": 9e8}, {"host.rss_bytes": 2e9}
    )  # fmt: skip
    assert rows[1:-1] == growing_rows(0, 40)
    assert rows[-1] == Row(T0 + 30, 60, {"loss": 0.125})
    (event,) = recording.events(target)
    assert (event.t_s, event.kind, event.text, event.step, event.data) == (T0 + 3, "mark", "epoch 1", 6, {"a": [1]})
    ((t_s, finding),) = recording.findings(target)
    assert (t_s, finding["state"]) == (T0 + 10, "probable")


@pytest.mark.parametrize("version", range(1, schema.VERSION + 1))
def test_a_stored_file_of_each_version_is_read(version: int, tmp_path: Path) -> None:
    path = Path(shutil.copy(STORED / f"version-{version}.memgui", tmp_path / "old.memgui"))
    with Recording(path) as recording:
        check_contents(recording)


def test_each_version_that_was_left_behind_has_a_way_to_the_next() -> None:
    assert set(schema.UPGRADES) == set(range(1, schema.VERSION))


def test_an_older_file_is_brought_up_in_a_copy_and_stays_as_it_is(first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = {
        1: "CREATE TABLE events AS SELECT * FROM note; DROP TABLE note;",
        2: "CREATE TABLE note AS SELECT * FROM events; UPDATE target SET facts=json_set(facts, '$.user', 'upgraded')",
    }
    monkeypatch.setattr(schema, "VERSION", 3)
    monkeypatch.setattr(schema, "UPGRADES", steps)
    before = first.read_bytes()
    with Recording(first) as recording:
        check_contents(recording)
        assert recording.targets[0].facts["user"] == "upgraded"
    assert first.read_bytes() == before


def test_an_older_file_that_cannot_be_brought_up_is_told(first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "VERSION", 2)
    monkeypatch.setattr(schema, "UPGRADES", {1: "ALTER TABLE missing ADD COLUMN x"})
    with pytest.raises(BadInput, match=r"damaged one .*missing"):
        Recording(first)


def test_a_later_file_is_refused_with_both_numbers(first: Path) -> None:
    with sqlite3.connect(first) as database:
        database.execute(f"PRAGMA user_version={schema.VERSION + 1}")
    with pytest.raises(BadInput, match=f"version {schema.VERSION + 1} .* reads up to {schema.VERSION}"):
        Recording(first)


def test_a_stored_black_box_is_read(tmp_path: Path) -> None:
    path = tmp_path / "old.blackbox"
    path.write_bytes(gzip.decompress((STORED / "black-box-1.blackbox.gz").read_bytes()))
    with open_recorded(path) as recorded:
        (target,) = recorded.targets
        rows = list(recorded.rows(target))
        assert (target.name, target.facts["rank"], target.facts["run_id"]) == ("train.py", 3, "exp7")
        assert target.facts["end"]["text"].startswith("ended without a goodbye")
        assert [row.step for row in rows] == [1, 5, *range(10, 30)]
        assert rows[0].high == {"host.rss_bytes": 2e9, "step.duration_s": 1.0}
        assert rows[-1].values == {"host.rss_bytes": 1e9 + 19 * 4096, "step.duration_s": 0.5}
        assert [event.text for event in recorded.events(target)] == ["epoch 1"]
