"""Recording always, within a size: begun with the first target, the oldest dropped first. GUI thread."""

from __future__ import annotations

import itertools
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, Signal, Slot

from memgui.protocol.errors import Problem
from memgui.ui import format as fmt

if TYPE_CHECKING:
    from memgui.ui.feed import Feed
    from memgui.ui.journal import Journal
    from memgui.ui.settings import Settings

LIMITS_MB = (200, 1000, 5000)
_SETTING = "record/always_mb"
_PREFIX, _SUFFIX = "always-", ".memgui"
# What a start finds of earlier ones may keep this share; the rest is for what comes.
_OLD_RATIO = 0.5
_MB = 1_000_000


class AlwaysOn(QObject):
    """Keeps the setting, the folder and its size.

    Attributes:
        changed: it was switched, or a file was begun or ended.
    """

    changed = Signal()

    def __init__(
        self, feed: Feed, journal: Journal, settings: Settings, parent: QObject, *, folder: Path | None = None
    ) -> None:
        super().__init__(parent)
        self._feed = feed
        self._journal = journal
        self._settings = settings
        self._folder = folder
        self._failed = False
        feed.target_added.connect(self._target_added)
        feed.recording_changed.connect(self.changed)

    @property
    def limit_mb(self) -> int:
        """What all of its files may take together; 0 while it is off."""
        return int(self._settings.number(_SETTING, 0.0, 0.0, 1e6))

    @property
    def folder(self) -> Path:
        """Where its files are."""
        if self._folder is None:
            place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)
            self._folder = Path(place or Path.home() / ".local/share/memgui") / "recordings"
        return self._folder

    @property
    def words(self) -> str:
        """What the status bar says; empty while nothing is written."""
        recorder = self._feed.always
        if recorder is None:
            return ""
        size = fmt.size(recorder.size_bytes)
        return self.tr("always recording: {size}").format(size=size)

    def set_limit(self, limit_mb: int) -> None:
        """Record always within this size from now on, or, with 0, no longer; remembered."""
        self._settings.set(_SETTING, str(limit_mb))
        self._settings.save()
        self._failed = False
        self._feed.stop_always()
        if limit_mb:
            said = self.tr("at most {size}, in {folder}").format(size=f"{limit_mb} MB", folder=self.folder)
            self._journal.remark(None, self.tr("Always recording"), said, "good")
            self._begin_if_due()
        else:
            self._journal.remark(None, self.tr("No longer always recording"), self.tr("what was recorded stays"))
        self.changed.emit()

    @Slot(object)
    def _target_added(self, _key: object) -> None:
        self._begin_if_due()

    def _begin_if_due(self) -> None:
        live = any(target.recording is None for target in self._feed.targets)
        if not self.limit_mb or not live or self._failed or self._feed.always is not None:
            return
        limit = self.limit_mb * _MB
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            kept = make_room(self.folder, round(limit * _OLD_RATIO))
            self._feed.start_always(_new_file(self.folder), limit - kept)
        except (Problem, OSError) as error:
            self._failed = True
            told = error if isinstance(error, Problem) else Problem(f"{self.folder}: {error.strerror}")
            self._feed.trouble.emit(told)


def _new_file(folder: Path) -> Path:
    """A name that is free: one process may begin several files within a second, as the limit is changed."""
    stem = f"{_PREFIX}{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    names = (folder / f"{stem}{f'-{number}' if number else ''}{_SUFFIX}" for number in itertools.count())
    return next(path for path in names if not path.exists())


def make_room(folder: Path, limit_bytes: int) -> int:
    """Remove the oldest of the files that were recorded always, until the rest takes no more than this.

    A file that is being written, as by another window, stays.

    Returns:
        What the rest takes, bytes.
    """
    from memgui.store.schema import files_of, is_being_written  # no part of the first paint

    files = sorted(folder.glob(f"{_PREFIX}*{_SUFFIX}"), key=lambda path: path.stat().st_mtime, reverse=True)
    kept = 0
    for path in files:
        parts = files_of(path)
        size = sum(part.stat().st_size for part in parts)
        if kept + size <= limit_bytes or is_being_written(path):
            kept += size
            continue
        for part in parts:
            part.unlink()
    return kept
