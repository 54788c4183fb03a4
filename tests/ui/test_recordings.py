"""Recording from the window, and opening what was recorded."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from memgui.store.replay import Recording
from memgui.ui import target_view as view

MIB = 1024.0**2


def _recorded(stage, path: Path) -> None:
    """A recording of a process with three samples before it began and two while it went on."""
    stage.process(101, agent=True)
    window = stage.open()
    stage.speak(101)
    stage.sample(101, {"host.rss_bytes": 100 * MIB}, count=3, t_s=1_780_000_000.0)
    stage.until(lambda: window.target is not None and window.target.timeline.last_t)
    stage.mark(101, "epoch 1")
    stage.until(lambda: len(window.target.timeline.events) == 1)
    window.recordings.start(str(path))
    stage.sample(101, {"host.rss_bytes": 140 * MIB}, count=2, t_s=1_780_000_010.0)
    stage.until(lambda: window.target.timeline.latest("host.rss_bytes") == 140 * MIB)
    assert "recording to run.memgui" in window.recordings.words
    assert window.toolbar.record.text() == "Stop recording"
    window.recordings.toggle()
    assert window.toolbar.record.text() == "Record"
    assert window.recordings.words == ""


def test_what_was_known_and_what_comes_is_written(stage, tmp_path):
    path = tmp_path / "run.memgui"
    _recorded(stage, path)
    with Recording(path) as recording:
        (target,) = recording.targets
        rows = list(recording.rows(target))
        assert [row.values["host.rss_bytes"] / MIB for row in rows] == [100, 100, 100, 140, 140]
        assert [event.text for event in recording.events(target)] == ["epoch 1"]


def test_a_recording_is_shown_as_a_target_that_has_ended(stage, tmp_path):
    path = tmp_path / "run.memgui"
    _recorded(stage, path)
    stage.close()
    window = stage.open(open=(path,))
    stage.until(lambda: window.target is not None and window.target.recording == "run.memgui")
    target = window.target
    assert target.timeline.latest("host.rss_bytes") == 140 * MIB
    assert [event.text for event in target.timeline.events] == ["epoch 1"]
    assert view.badge(target).text == "recorded"
    assert "From run.memgui; the process still ran" in window.middle.header._state.text()
    assert all(entry.target == "" for entry in window.journal.entries), "a recorded end is no news"
    window.forget(target.key)
    stage.until(lambda: window.target is None or window.target.recording is None)


def test_a_file_that_is_none_is_told_with_the_reason(stage, tmp_path):
    path = tmp_path / "run.memgui"
    path.write_text("not a recording")
    window = stage.open()
    troubles = []
    window.feed.trouble.connect(troubles.append)
    window.recordings.open(str(path))
    stage.until(lambda: troubles)
    assert "is no recording" in troubles[0].what
    assert window.feed.opening == {}


def test_a_recording_that_cannot_go_on_ends_with_the_reason_and_the_window_goes_on(stage, tmp_path):
    stage.process(101, agent=True)
    window = stage.open()
    stage.speak(101)
    troubles = []
    window.feed.trouble.connect(troubles.append)
    path = tmp_path / "run.memgui"
    window.recordings.start(str(path))
    path.unlink()
    stage.until(lambda: troubles)
    assert "was removed" in troubles[0].what
    assert not window.recordings.is_recording
    stage.sample(101, {"host.rss_bytes": 5 * MIB})
    stage.until(lambda: window.target.timeline.latest("host.rss_bytes") == 5 * MIB)


def test_a_file_that_cannot_be_made_is_told(stage, tmp_path):
    window = stage.open()
    troubles = []
    window.feed.trouble.connect(troubles.append)
    window.recordings.start(str(tmp_path / "no" / "such" / "folder" / "run.memgui"))
    assert "cannot be written" in troubles[0].what
    assert not window.recordings.is_recording


def test_a_recording_is_opened_by_dropping_it_on_the_window(stage, tmp_path):
    path = tmp_path / "run.memgui"
    _recorded(stage, path)
    stage.close()
    window = stage.open()
    stage.drop(window, path)
    stage.until(lambda: any(target.recording == "run.memgui" for target in window.feed.targets))


def test_the_button_asks_where_to(stage):
    window = stage.open()
    window.toolbar.record.click()
    dialog = window.findChild(QFileDialog)
    assert dialog.acceptMode() == QFileDialog.AcceptMode.AcceptSave
    assert dialog.selectedFiles()[0].endswith(".memgui")
    dialog.reject()
    assert not window.recordings.is_recording
