"""Recordings that are shown: opened, read to their end, followed while they are written. GUI thread.

A file is shown by its outline at once; what all of its rows tell comes afterwards, from a worker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from memgui.protocol.errors import Problem

if TYPE_CHECKING:
    from memgui.link.opened import Further, Grown, Rereading
    from memgui.link.replay import News, ReplayedTarget
    from memgui.link.target import LiveTarget
    from memgui.store.outline import Outline
    from memgui.ui.feed import Outcome
    from memgui.ui.sources import Sources

_FOLLOW_EVERY_MS = 1000
# Qt paints at its next refresh of the screen, which may come after a timer of no time.
_AFTER_PAINT_MS = 30
# As of `link.batch`, which is no part of the first paint.
FOLLOWED = "followed"


class Owner(Protocol):
    """What the feed does for its recordings."""

    def take_in(self, target: LiveTarget) -> None:
        """Show a target among the others."""

    def all_targets(self) -> Mapping[Any, LiveTarget]:
        """Targets by key."""

    def submit(self, work: Callable[[], Any], then: Callable[[Outcome], None]) -> None:
        """Have a worker do it; `then` is told on the GUI thread."""

    def post(self, call: Callable[..., None], *arguments: Any) -> None:
        """Any thread: have it called on the GUI thread."""


class OpenedFiles(QObject):
    """The files, each read by one worker at a time.

    Attributes:
        opened: the key of the first target of a file; changed: read `shares`.
        trouble: an error, or a Problem that nobody asked for.
    """

    opened = Signal(object)
    changed = Signal()
    trouble = Signal(object)

    def __init__(self, sources: Sources, owner: Owner, parent: QObject) -> None:
        super().__init__(parent)
        self._sources, self._owner = sources, owner
        self._closed = False
        self._shares: dict[Path, float] = {}
        self._readers: dict[Path, Rereading] = {}
        self._reading: set[Path] = set()
        self._followed: set[Path] = set()
        self._looking: set[Path] = set()
        self._timer = QTimer(self)
        self._timer.setInterval(_FOLLOW_EVERY_MS)
        self._timer.timeout.connect(self.follow)

    @property
    def shares(self) -> dict[Path, float]:
        """Files that are being read, with the share done."""
        return dict(self._shares)

    def open(self, path: Path) -> None:
        """Show a file; its targets come as if they had been watched and had ended."""
        if path in self._shares or self._closed:
            return
        self._shares[path] = 0.0
        self.changed.emit()
        self._owner.submit(partial(self._sources.load_recording, path), partial(self._loaded, path))

    def close(self) -> None:
        """Begin nothing more."""
        self._closed = True
        self._timer.stop()

    def _loaded(self, path: Path, outcome: Outcome) -> None:
        self._say(path, None)
        if outcome.error is not None:
            self.trouble.emit(outcome.error)
            return
        self._readers.pop(path, None)
        if not outcome.result:
            self.trouble.emit(Problem(f"{path} holds no samples", "it was ended before the first one came"))
            return
        first, *others = outcome.result
        self._owner.take_in(first)
        self.opened.emit(first.key)
        # The charts are painted before the others take their rows, and a worker the interpreter.
        QTimer.singleShot(_AFTER_PAINT_MS, partial(self._go_on, path, others))

    def _go_on(self, path: Path, others: list[ReplayedTarget]) -> None:
        for target in others:
            self._owner.take_in(target)
        if any(target.state == FOLLOWED for target in self._of(path)):
            self._followed.add(path)
            self._timer.start()
        self._read(path)

    def _say(self, path: Path, share: float | None) -> None:
        if share is None:
            self._shares.pop(path, None)
        else:
            self._shares[path] = share
        self.changed.emit()

    # Reading on.

    def _read(self, path: Path) -> None:
        """Have all rows read that were not, for finer curves and today's verdicts."""
        outlines = self._outlines(path)
        if self._closed or path in self._reading or not outlines:
            return
        reader = self._readers.get(path)
        if reader is None:
            reader = self._readers[path] = self._sources.reread(path)
            self._say(path, 0.0)
        self._reading.add(path)
        deliver = partial(self._owner.post, self._got_further, path)
        work = partial(reader.run, outlines, deliver, partial(self._is_unwanted, path))
        self._owner.submit(work, partial(self._has_read, path))

    def _is_unwanted(self, path: Path) -> bool:
        return self._closed or path not in self._readers

    def _got_further(self, path: Path, further: Further) -> None:
        from memgui.store.recorded import RecordedTimeline

        if path in self._shares:
            self._say(path, further.done)
        target = self._target(further.key)
        if target is None:
            if not self._of(path):
                self._readers.pop(path, None)  # nobody looks at it any more
            return
        if further.fine is not None and isinstance(target.timeline, RecordedTimeline):
            target.timeline.refine(further.fine)
        target.take_findings(further.said)

    def _has_read(self, path: Path, outcome: Outcome) -> None:
        self._reading.discard(path)
        self._say(path, None)
        problem = outcome.error or outcome.result
        if problem is not None and not self._closed:
            self.trouble.emit(problem)

    # Following.

    @Slot()
    def follow(self) -> None:
        """Look once more into the recordings that are still being written, on a worker each."""
        for path in self._followed - self._looking:
            targets = self._of(path)
            if not targets:
                self._followed.discard(path)
                self._readers.pop(path, None)
                continue
            self._looking.add(path)
            outlines = self._outlines(path)
            if outlines:
                work: Callable[[], Any] = partial(self._sources.look_further, path, outlines)
                self._owner.submit(work, partial(self._has_grown, path))
            else:
                known = {target.key: target.span_s[1] for target in targets if target.span_s is not None}
                self._owner.submit(partial(self._sources.look_again, path, known), partial(self._looked, path))
        if not self._followed:
            self._timer.stop()

    def _has_grown(self, path: Path, outcome: Outcome) -> None:
        grown: Grown | None = self._seen(path, outcome)
        if grown is None:
            return
        for key, outline in grown.outlines.items():
            target = self._target(key)
            if target is not None:
                target.show(outline)
        if grown.outlines:
            self._read(path)

    def _looked(self, path: Path, outcome: Outcome) -> None:
        self._seen(path, outcome)

    def _seen(self, path: Path, outcome: Outcome) -> Any:
        """Take in what came by either way."""
        self._looking.discard(path)
        if outcome.error is not None:
            self._followed.discard(path)
            self.trouble.emit(outcome.error)
            return None
        found: News | Grown = outcome.result
        if not found.is_growing:
            self._followed.discard(path)
        for batch in found.batches:
            target = self._target(batch.key)
            if target is not None:
                target.apply(batch)
        for target in self._of(path):
            target.told = found.told.get(target.key, target.told)
        return found

    # Which.

    def _target(self, key: str) -> ReplayedTarget | None:
        from memgui.link.replay import ReplayedTarget

        target = self._owner.all_targets().get(key)
        return target if isinstance(target, ReplayedTarget) else None

    def _of(self, path: Path) -> list[ReplayedTarget]:
        from memgui.link.replay import ReplayedTarget

        every = self._owner.all_targets().values()
        return [one for one in every if isinstance(one, ReplayedTarget) and one.path == path]

    def _outlines(self, path: Path) -> dict[str, Outline]:
        """What is known of the targets of a file that is read as it is looked at."""
        from memgui.store.recorded import RecordedTimeline

        lines = ((one.key, one.timeline) for one in self._of(path))
        found = ((key, line.outline) for key, line in lines if isinstance(line, RecordedTimeline))
        return {key: outline for key, outline in found if outline is not None}
