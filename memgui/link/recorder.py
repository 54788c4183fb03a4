"""Puts what the link delivers into a recording, on a thread of its own: a slow or full disk delays nobody."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from memgui.analysis.finding import Finding
from memgui.link.batch import Batch
from memgui.link.target import LiveTarget
from memgui.protocol.errors import Problem
from memgui.store.recording import RecordingFile

# What a crash may lose.
COMMIT_EVERY_S = 1.0
# Batches that wait while the disk is slow; beyond that the recording gives up rather than eat the memory.
_WAITING_LIMIT = 20_000

_Told = tuple[float, str, tuple[Finding, ...]]


class Recorder:
    """Takes batches and findings on any thread; `close` writes what is left.

    Args:
        path: the file to be made.
        version: of memgui, for the file.
        stopped: told why the recording ended by itself, once, on the recorder's thread; what was written stays.
        limit_bytes: the oldest chunks are dropped beyond that.

    Raises:
        BadInput: the file exists already, or cannot be made.
    """

    def __init__(
        self, path: Path, *, version: str, stopped: Callable[[Problem], None], limit_bytes: int | None = None
    ) -> None:
        self.path = path
        self._file = RecordingFile(path, version=version, limit_bytes=limit_bytes)
        self._stopped = stopped
        self._inbox: queue.Queue[Batch | _Told | None] = queue.Queue(_WAITING_LIMIT)
        self._facts: dict[str, dict[str, Any]] = {}
        self._told: dict[tuple[str, str, str], str] = {}
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memgui-recorder", daemon=True)
        self._thread.start()

    @property
    def rows_count(self) -> int:
        """Readings taken in so far."""
        return self._file.rows_count

    @property
    def size_bytes(self) -> int:
        """What the file takes on the disk."""
        return self._file.size_bytes

    @property
    def is_running(self) -> bool:
        """It takes what comes."""
        return not self._is_over.is_set()

    def take(self, batch: Batch) -> None:
        """Write a batch, soon."""
        self._put(batch)

    def take_past(self, target: LiveTarget) -> None:
        """Write what is known of a target so far; what is old is known by its extremes."""
        self._put(
            Batch(
                target.key,
                history=tuple(target.timeline.rows()),
                events=tuple(target.timeline.events),
                hello=target.hello,
                facts=target.facts,
                end=target.end,
            )
        )
        self.take_findings(target.key, target.findings)

    def take_findings(self, key: str, findings: tuple[Finding, ...]) -> None:
        """Write findings whose state has changed since they were written last."""
        if findings:
            self._put((time.time(), key, findings))

    def close(self) -> None:
        """Write what is left, and wait for it."""
        if self.is_running:
            self._inbox.put(None)
        self._thread.join()

    def _put(self, item: Batch | _Told) -> None:
        if self.is_running:
            try:
                self._inbox.put_nowait(item)
            except queue.Full:
                self._end(Problem(f"the disk of {self.path} is too slow for this recording", "record to another disk"))

    def _run(self) -> None:
        due_s = time.monotonic() + COMMIT_EVERY_S
        try:
            while self.is_running:
                try:
                    item = self._inbox.get(timeout=max(0.0, due_s - time.monotonic()))
                    if item is None:
                        self._is_over.set()
                        break
                    self._write(item)
                except queue.Empty:
                    pass
                if time.monotonic() >= due_s:
                    self._file.commit()
                    due_s = time.monotonic() + COMMIT_EVERY_S
        except Problem as problem:
            self._end(problem)
        finally:
            self._file.close()

    def _end(self, problem: Problem) -> None:
        if self.is_running:
            self._is_over.set()
            self._stopped(problem)

    def _write(self, item: Batch | _Told) -> None:
        if isinstance(item, Batch):
            self._write_batch(item)
            return
        t_s, key, findings = item
        for finding in findings:
            which = (key, finding.rule, finding.metric)
            if self._told.get(which) != finding.state:
                self._told[which] = finding.state
                self._file.finding(key, t_s, asdict(finding))

    def _write_batch(self, batch: Batch) -> None:
        known = self._facts.setdefault(batch.key, {})
        news: dict[str, Any] = {}
        for source in (batch.facts, batch.hello):
            if source is not None:
                news.update({name: value for name, value in asdict(source).items() if value is not None})
        if batch.end is not None:
            news["end"] = asdict(batch.end)
        if any(known.get(name) != value for name, value in news.items()):
            known.update(news)
            self._file.facts(batch.key, known)
        rows = (*batch.history, *batch.rows)
        if rows:
            self._file.rows(batch.key, rows)
        for event in batch.events:
            if event.kind not in ("metrics", "actions"):
                self._file.event(batch.key, event)
