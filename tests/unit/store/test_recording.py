"""A recording keeps what it was given, through crashes and bad files."""

from __future__ import annotations

import csv
import gzip
import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from memgui.protocol.errors import BadInput, Problem
from memgui.store.events import MarkedEvent
from memgui.store.export import writer_for
from memgui.store.opening import is_box, is_recorded, open_recorded
from memgui.store.recording import CHUNK_ROWS, RecordingFile
from memgui.store.replay import Recording
from memgui.store.schema import broken
from memgui.store.timeline import Row

KEY = "41.900"


def rows(count: int, first: int = 0, **more: float) -> list[Row]:
    return [
        Row(1000.0 + at / 10, at, {"host.rss_bytes": 1e9 + at * 4096, "loss": at / 3, **more})
        for at in range(first, first + count)
    ]


def read(path: Path) -> list[Row]:
    with Recording(path) as recording:
        (target,) = recording.targets
        return list(recording.rows(target))


@pytest.mark.parametrize("count", [1, 7, CHUNK_ROWS, CHUNK_ROWS + 1, 3 * CHUNK_ROWS + 5])
def test_rows_come_back_as_they_were(tmp_path: Path, count: int) -> None:
    path = tmp_path / "a.memgui"
    given = rows(count)
    with RecordingFile(path, version="1") as file:
        for first in range(0, count, 10):
            file.rows(KEY, given[first : first + 10])
            file.commit()
    assert read(path) == given
    assert sorted(tmp_path.iterdir()) == [path], "the log is left beside the file"


def test_a_file_is_read_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.memgui"
    with RecordingFile(path, version="1") as file:
        file.rows(KEY, rows(CHUNK_ROWS + 3))
        file.commit()
        assert len(read(path)) == CHUNK_ROWS + 3
        file.rows(KEY, rows(4, CHUNK_ROWS + 3))
        file.commit()
        assert len(read(path)) == CHUNK_ROWS + 7


def test_metrics_that_appear_later_and_values_that_are_missing_stay_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.memgui"
    first, later = rows(5), rows(5, 5, **{"cuda.0.allocated_bytes": 7.0})
    later[2].values.pop("loss")  # type: ignore[attr-defined]
    with RecordingFile(path, version="1") as file:
        file.rows(KEY, first + later)
    assert read(path) == first + later


def test_the_history_of_a_gap_is_read_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a.memgui"
    before, after = rows(5), rows(5, 20)
    gap = [Row(row.t_s, row.step, row.values, {"loss": 0.0}, {"loss": 9.0}) for row in rows(15, 5)]
    with RecordingFile(path, version="1") as file:
        file.rows(KEY, before)
        file.rows(KEY, after)
        file.rows(KEY, gap)
    found = read(path)
    assert [row.step for row in found] == list(range(25))
    assert (found[7].values["loss"], found[7].low["loss"], found[7].high["loss"]) == (7 / 3, 0.0, 9.0)  # type: ignore[index]


def test_targets_events_and_findings_are_kept_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.memgui"
    with RecordingFile(path, version="1") as file:
        file.facts(KEY, {"name": "train.py", "rank": 0})
        file.rows(KEY, rows(3))
        file.event(KEY, MarkedEvent(1000.1, "mark", "epoch 1", 1, {"a": 1}))
        file.finding(KEY, 1000.2, {"sentence": "+1 MiB per step", "since_step": 1, "state": "probable"})
        file.facts("42.900", {"name": "other.py"})
    with Recording(path) as recording:
        one, other = recording.targets
        assert (one.name, one.facts["rank"], one.rows, one.first_s, one.last_s) == ("train.py", 0, 3, 1000.0, 1000.2)
        assert (other.name, other.rows, other.first_s) == ("other.py", 0, None)
        assert recording.events(one) == (MarkedEvent(1000.1, "mark", "epoch 1", 1, {"a": 1}),)
        assert recording.findings(one)[0][1]["state"] == "probable"
        assert recording.events(other) == ()
        assert list(recording.rows(other)) == []


_KILLED = """
import os, signal, sys
from pathlib import Path
from memgui.store.recording import RecordingFile
from memgui.store.timeline import Row
file = RecordingFile(Path(sys.argv[1]), version="1")
for at in range(int(sys.argv[2])):
    file.rows("41.900", [Row(1000.0 + at / 10, at, {"loss": at / 3})])
    if at % 10 == 9:
        file.commit()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("count", [10, 519, 1234])
def test_what_was_committed_survives_a_kill(tmp_path: Path, count: int) -> None:
    path = tmp_path / "a.memgui"
    done = subprocess.run([sys.executable, "-c", _KILLED, str(path), str(count)], timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert [row.step for row in read(path)] == list(range(count - count % 10))


_FULL = """
import resource, sys
from pathlib import Path
from memgui.protocol.errors import Problem
from memgui.store.recording import RecordingFile
from memgui.store.timeline import Row
file = RecordingFile(Path(sys.argv[1]), version="1")
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    for at in range(1_000_000):
        file.rows("41.900", [Row(at / 10, at, {str(n): (at * n) ** 0.5 for n in range(40)})])
        if at % 10 == 9:
            file.commit()
except Problem as problem:
    print(problem)
file.close()
"""


def test_a_disk_without_room_ends_it_with_what_there_is(tmp_path: Path) -> None:
    path = tmp_path / "a.memgui"
    done = subprocess.run([sys.executable, "-c", _FULL, str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "full" in done.stdout or "cannot be written any more" in done.stdout
    assert "make room" in done.stdout
    found = read(path)
    assert len(found) >= 100
    assert [row.step for row in found] == list(range(len(found)))


def test_a_file_that_is_removed_ends_it(tmp_path: Path) -> None:
    file = RecordingFile(tmp_path / "a.memgui", version="1")
    (tmp_path / "a.memgui").unlink()
    file.rows(KEY, rows(1))
    with pytest.raises(Problem, match="was removed"):
        file.commit()
    file.close()


def test_a_log_that_is_removed_ends_it_and_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.memgui"
    file = RecordingFile(path, version="1")
    file.rows(KEY, rows(5))
    file.commit()
    Path(f"{path}-wal").unlink()
    file.rows(KEY, rows(5, 5))
    with pytest.raises(Problem, match="wal was removed"):
        file.commit()
    file.close()
    assert read(path) == rows(10)


def test_beyond_the_limit_the_oldest_goes(tmp_path: Path) -> None:
    path = tmp_path / "a.memgui"
    limit = 400_000
    with RecordingFile(path, version="1", limit_bytes=limit) as file:
        for first in range(0, 40 * CHUNK_ROWS, CHUNK_ROWS):
            noisy = [
                Row(at / 10, at, {str(n): (at * 31 + n) ** 0.5 for n in range(10)})
                for at in range(first, first + CHUNK_ROWS)
            ]
            file.rows(KEY, noisy)
            file.commit()
    assert path.stat().st_size < 1.3 * limit
    found = read(path)
    assert found[0].step > 0
    assert found[-1].step == 40 * CHUNK_ROWS - 1


def test_a_file_that_is_read_while_it_is_closed_holds_everything_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.memgui"
    file = RecordingFile(path, version="1")
    file.rows(KEY, rows(5))
    file.commit()
    with Recording(path) as reader:
        assert reader.is_growing
        file.close()
        assert not reader.is_growing
    copy = tmp_path / "copy.memgui"
    copy.write_bytes(path.read_bytes())
    assert read(copy) == rows(5)


def test_looking_at_a_file_that_this_process_writes_leaves_it_its_locks(tmp_path: Path) -> None:
    path = tmp_path / "a.memgui"
    with RecordingFile(path, version="1") as file:
        file.rows(KEY, rows(5))
        file.commit()
        assert is_recorded(path)
        assert not is_box(path)
        with open_recorded(path) as recording:
            assert len(recording.targets) == 1
        another = f"import sqlite3; one = sqlite3.connect({str(path)!r}); one.execute('PRAGMA page_count'); one.close()"
        subprocess.run([sys.executable, "-c", another], check=True)
        file.rows(KEY, rows(5, 5))
        file.commit()
        assert read(path) == rows(10), "the other program has removed the log"
    assert read(path) == rows(10)


def test_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.memgui"
    path.write_text("precious")
    with pytest.raises(BadInput, match="exists already"):
        RecordingFile(path, version="1")
    assert path.read_text() == "precious"


def test_what_is_no_recording_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no file"):
        Recording(tmp_path / "none")
    text = tmp_path / "text"
    text.write_text("hello")
    with pytest.raises(BadInput, match="no recording"):
        Recording(text)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE t (a)")
    database.close()
    with pytest.raises(BadInput, match="no recording"):
        Recording(other)


def test_a_recording_that_was_cut_off_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.memgui"
    with RecordingFile(path, version="1") as file:
        file.rows(KEY, [Row(at / 10, at, {str(n): (at * n) ** 0.5 for n in range(20)}) for at in range(2000)])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match="damaged"):
        read(path)


def test_a_folder_that_cannot_be_written_is_named_as_the_cause(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    told = broken(tmp_path / "a.memgui", sqlite3.OperationalError("attempt to write a readonly database"))
    assert "folder where nothing can be written" in told.what
    assert "a.memgui-wal" in told.next_step


def test_a_later_version_is_refused_with_both_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.memgui"
    RecordingFile(path, version="1").close()
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(BadInput, match=r"version 99 .* up to 1"):
        Recording(path)


def test_exports_hold_every_sample(tmp_path: Path) -> None:
    path = tmp_path / "a.memgui"
    given = [*rows(20), Row(1002.0, -1, {"host.rss_bytes": 5.0, "late": 1.5})]
    with RecordingFile(path, version="1") as file:
        file.rows(KEY, given)
        file.event(KEY, MarkedEvent(1001.0, "mark", "epoch", 10))
    with Recording(path) as recording:
        (target,) = recording.targets
        for name in ("a.csv", "a.csv.gz", "a.perfetto.json", "a.parquet"):
            writer_for(tmp_path / name)(recording, target, tmp_path / name)
    table = list(csv.reader((tmp_path / "a.csv").read_text().splitlines()))
    assert table[0] == ["t_seconds", "step", "host.rss_bytes", "loss", "late"]
    assert table[2] == ["0.100", "1", "1000004096", repr(1 / 3), ""]
    assert table[-1] == ["2.000", "19", "5", "", "1.5"]
    assert gzip.decompress((tmp_path / "a.csv.gz").read_bytes()) == (tmp_path / "a.csv").read_bytes()
    events = json.loads((tmp_path / "a.perfetto.json").read_text())["traceEvents"]
    assert {event["ph"] for event in events} == {"M", "C", "i"}
    counters = [event for event in events if event["ph"] == "C" and event["name"] == "host.rss_bytes"]
    assert [event["ts"] for event in counters][:3] == [0, 100_000, 200_000]
    parquet = pytest.importorskip("pyarrow.parquet").read_table(tmp_path / "a.parquet")
    assert parquet.num_rows == 21
    assert parquet["loss"].to_pylist()[:2] == [0.0, 1 / 3]
    with pytest.raises(BadInput, match="ending"):
        writer_for(tmp_path / "a.xyz")
