"""Recording always: within its size, beside what the button writes, and remembered."""

from __future__ import annotations

import os

from memgui.store.replay import Recording
from memgui.ui.always_on import make_room

MIB = 1024.0**2


def watched(stage, folder):
    window = stage.open(always_folder=folder)
    stage.process(101, agent=True)
    window.feed.watch(101)
    stage.speak(101)
    stage.sample(101, {"host.rss_bytes": 100 * MIB}, count=3, t_s=1_780_000_000.0)
    stage.until(lambda: window.target is not None and window.target.timeline.last_t)
    return window


def test_it_is_off_until_it_is_asked_for(stage, tmp_path):
    window = watched(stage, tmp_path / "always")
    assert window.feed.always is None
    assert not (tmp_path / "always").exists()


def test_what_was_known_and_what_comes_is_written_beside_the_button(stage, tmp_path):
    window = watched(stage, tmp_path / "always")
    window.always.set_limit(200)
    assert "always recording" in window.always.words
    window.recordings.start(str(tmp_path / "by_button.memgui"))
    stage.sample(101, {"host.rss_bytes": 140 * MIB}, count=2, t_s=1_780_000_010.0)
    stage.until(lambda: window.target.timeline.latest("host.rss_bytes") == 140 * MIB)
    window.recordings.toggle()
    assert window.feed.always is not None, "the button ends only its own"
    stage.close()
    (path,) = (tmp_path / "always").iterdir()
    with Recording(path) as recording:
        (target,) = recording.targets
        assert [row.values["host.rss_bytes"] / MIB for row in recording.rows(target)] == [100, 100, 100, 140, 140]


def test_it_is_remembered_and_begins_with_the_first_target(stage, tmp_path):
    window = watched(stage, tmp_path / "always")
    window.always.set_limit(1000)
    stage.close()
    again = stage.open(always_folder=tmp_path / "always")
    assert again.always.limit_mb == 1000
    checked = [action.data() for action in again.toolbar.record.actions() if action.isChecked()]
    assert checked == [1000]
    again.feed.watch(101)
    assert again.feed.always is not None
    again.always.set_limit(0)
    assert again.feed.always is None
    assert len(list((tmp_path / "always").iterdir())) >= 1, "what was recorded stays"


def test_files_that_begin_within_one_second_have_names_of_their_own(stage, tmp_path):
    window = watched(stage, tmp_path / "always")
    for limit_mb in (200, 1000, 5000):
        window.always.set_limit(limit_mb)
        assert window.feed.always is not None
    assert len(list((tmp_path / "always").glob("*.memgui"))) == 3


def test_a_folder_that_cannot_be_made_is_told_once(stage, tmp_path):
    (tmp_path / "file").write_text("")
    window = watched(stage, tmp_path / "file" / "always")
    troubles = []
    window.feed.trouble.connect(troubles.append)
    window.always.set_limit(200)
    window.feed.target_added.emit(window.target.key)
    assert len(troubles) == 1
    assert "Not a directory" in troubles[0].what


def test_the_oldest_files_make_room_and_one_that_is_written_stays(tmp_path):
    for age, name in enumerate(("c", "b", "a", "written")):
        path = tmp_path / f"always-{name}.memgui"
        path.write_bytes(bytes(100))
        os.utime(path, (1e9 - age, 1e9 - age))
    (tmp_path / "always-written.memgui-wal").write_bytes(b"")
    (tmp_path / "always-a.memgui-wal").write_bytes(bytes(10))  # its writer was killed long ago
    os.utime(tmp_path / "always-a.memgui-wal", (1e9, 1e9))
    (tmp_path / "mine.memgui").write_bytes(bytes(100))
    assert make_room(tmp_path, 250) == 300
    assert {path.name for path in tmp_path.glob("*.memgui")} == {
        "always-c.memgui", "always-b.memgui", "always-written.memgui", "mine.memgui",
    }  # fmt: skip
    assert not (tmp_path / "always-a.memgui-wal").exists()
