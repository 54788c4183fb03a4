"""The one place where the link's callbacks become Qt signals; owner of the live targets. GUI thread.

Other threads (the hub's, and the workers that list and attach) put what they have into an inbox and ring a bell, a
queued signal without arguments; the inbox is emptied on the GUI thread, where every model lives.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from memgui.protocol.errors import Problem
from memgui.ui.opened_files import OpenedFiles

if TYPE_CHECKING:
    from memgui.link.batch import Batch
    from memgui.link.ranks import Rank
    from memgui.link.recorder import Recorder
    from memgui.link.target import LiveTarget
    from memgui.link.targets import TargetInfo
    from memgui.ui.sources import HubLike, Sources

_LIST_EVERY_MS = 2000
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """How a request or an attach ended: with a result, or with an error."""

    result: Any = None
    error: BaseException | None = None


@dataclass
class Attaching:
    """An attach that is under way: what it does at the moment, and the wish to stop it."""

    pid: int
    text: str
    cancelled: threading.Event


class Feed(QObject):
    """Live targets and the list of what runs here.

    Attributes:
        target_added, target_removed: the key of a target.
        target_began: the key of a target of which the first sample has come.
        listed: the processes of this host were listed anew; read `here`.
        attach_changed: a pid whose attach began or got on; attach_ended: a pid and its Outcome.
        request_progress: job, text, share done or -1; request_ended: job and Outcome, exactly once a job.
        recording_changed: a recording has begun or ended; read `recorder`.
        recording_opened: the key of the first target of a recording that was read.
        opening_changed: a recording is being read, or no longer; read `opening`.
        trouble: a Problem that nobody asked for.
    """

    target_added = Signal(object)
    target_removed = Signal(object)
    target_began = Signal(object)
    listed = Signal()
    attach_changed = Signal(int)
    attach_ended = Signal(int, object)
    request_progress = Signal(int, str, float)
    request_ended = Signal(int, object)
    recording_changed = Signal()
    recording_opened = Signal(object)
    opening_changed = Signal()
    trouble = Signal(object)
    _bell = Signal()

    def __init__(self, sources: Sources, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sources = sources
        self._inbox: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._rung = False
        self._closed = False
        self._bell.connect(self._empty_inbox, Qt.ConnectionType.QueuedConnection)
        self._workers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="memgui-feed")
        self._hub_made: HubLike | None = None
        self._targets: dict[Any, LiveTarget] = {}
        self._dismissed: set[tuple[int, int]] = set()
        self._here: tuple[TargetInfo, ...] = ()
        self._was_listed = False
        self._attaching: dict[int, Attaching] = {}
        self._list_job = 0
        self._listing = False
        self._request_job = 0
        self._recorder: Recorder | None = None
        self._always: Recorder | None = None
        self._files = OpenedFiles(sources, self, self)
        self._files.opened.connect(self.recording_opened)
        self._files.changed.connect(self.opening_changed)
        self._files.trouble.connect(self._file_failed)
        self._timer = QTimer(self)
        self._timer.setInterval(_LIST_EVERY_MS)
        self._timer.timeout.connect(self.refresh_list)

    @property
    def _hub(self) -> HubLike:
        """Opened on first use: it brings numpy, which the first paint does not wait for."""
        if self._hub_made is None:
            self._hub_made = self._sources.open_hub(self._delivered)
        return self._hub_made

    # What there is.

    @property
    def targets(self) -> tuple[LiveTarget, ...]:
        """Watched targets, oldest first."""
        return tuple(self._targets.values())

    @property
    def here(self) -> tuple[TargetInfo, ...]:
        """PyTorch processes and agents of this host, as of the last listing."""
        return self._here

    @property
    def was_listed(self) -> bool:
        """False until the first listing has come back."""
        return self._was_listed

    def target(self, key: object) -> LiveTarget | None:
        """The target of a key."""
        return self._targets.get(key)

    def target_of(self, pid: int) -> LiveTarget | None:
        """The newest watched target with that pid."""
        return next((target for target in reversed(self._targets.values()) if target.pid == pid), None)

    def attaching(self, pid: int) -> Attaching | None:
        """The attach to a pid that is under way."""
        return self._attaching.get(pid)

    # Watching.

    def watch(self, pid: int) -> object:
        """Follow a process, through its agent where it has one, else from outside.

        Returns:
            Its key; None where there is no such process, which `trouble` then tells.
        """
        known = self.target_of(pid)
        if known is not None and known.state != "ended":
            return known.key
        try:
            key = self._hub.watch(pid)
        except Problem as problem:
            self.trouble.emit(problem)
            return None
        if key not in self._targets:
            self._targets[key] = self._sources.make_target(key)
            self.target_added.emit(key)
        return key

    def forget(self, key: object) -> None:
        """Stop following a target and drop its charts; it is not taken up again by itself."""
        target = self._targets.pop(key, None)
        if target is not None:
            self._dismissed.update((info.pid, info.start_time) for info in self._here if info.pid == target.pid)
            self._hub.unwatch(key)
            self.target_removed.emit(key)

    # Listing.

    def set_listing(self, *, active: bool) -> None:
        """List now and every two seconds, or stop it."""
        if active and not self._timer.isActive():
            self._timer.start()
            self.refresh_list()
        elif not active:
            self._timer.stop()

    @Slot()
    def refresh_list(self) -> None:
        """List the processes of this host on a worker; at most one listing is under way."""
        if not self._listing and not self._closed:
            self._listing = True
            self._list_job += 1
            self.submit(self._sources.list_targets, partial(self._listed, self._list_job))

    def _listed(self, job: int, outcome: Outcome) -> None:
        self._listing = False
        if job != self._list_job:
            return
        if outcome.error is not None:
            self.trouble.emit(as_problem(outcome.error))
            self._timer.stop()
            return
        self._here = tuple(outcome.result)
        self._was_listed = True
        for info in self._here:
            if info.agent and self.target_of(info.pid) is None and (info.pid, info.start_time) not in self._dismissed:
                self.watch(info.pid)
        self.listed.emit()

    # Attaching.

    def attach(self, pid: int) -> None:
        """Put the agent into a process on a worker, then watch it."""
        if pid in self._attaching or self._closed:
            return
        state = Attaching(pid, "", threading.Event())
        self._attaching[pid] = state
        work = partial(self._sources.attach, pid, partial(self._attach_got_on, pid), state.cancelled.is_set)
        self.submit(work, partial(self._attached, pid))
        self.attach_changed.emit(pid)

    def cancel_attach(self, pid: int) -> None:
        """Ask a running attach to stop at the next point where that is harmless."""
        state = self._attaching.get(pid)
        if state is not None:
            state.cancelled.set()

    def _attach_got_on(self, pid: int, text: str) -> None:
        self.post(self._show_attach_progress, pid, text)

    def _show_attach_progress(self, pid: int, text: str) -> None:
        state = self._attaching.get(pid)
        if state is not None:
            state.text = text
            self.attach_changed.emit(pid)

    def _attached(self, pid: int, outcome: Outcome) -> None:
        state = self._attaching.pop(pid, None)
        if outcome.error is None:
            self.watch(pid)
            self.refresh_list()
        elif state is not None and state.cancelled.is_set():
            outcome = Outcome(error=Problem(f"attaching to {pid} was stopped"))
        self.attach_changed.emit(pid)
        self.attach_ended.emit(pid, outcome)

    # Requests.

    def request(self, key: object, method: str, params: object, *, timeout_s: float) -> int:
        """Ask a target; the answer comes as `request_ended` with the job that is returned."""
        self._request_job += 1
        job = self._request_job
        try:
            future = self._hub.request(
                key, method, params, timeout_s=timeout_s, on_progress=partial(self._request_got_on, job)
            )
        except Exception as error:  # noqa: BLE001 - each request ends in one result, also when it cannot be sent
            self.post(self.request_ended.emit, job, Outcome(error=error))
        else:
            future.add_done_callback(partial(self._request_done, job))
        return job

    def on_ranks(
        self,
        keys: Sequence[tuple[object, str]],
        work: Callable[[list[Rank], Callable[[str], None]], Any],
        then: Callable[[Outcome], None],
        progressed: Callable[[str], None],
    ) -> None:
        """Have a worker do something on several targets; `then` is told the Outcome on the GUI thread.

        Args:
            keys: of watched targets, each with what to call it.
            work: gets the ranks and a function that tells how far it is; it waits for answers, which end with the feed.
        """
        from memgui.link.ranks import Rank

        ranks = [Rank(cast(Any, self._hub), cast(str, key), name) for key, name in keys]
        self.submit(partial(work, ranks, partial(self.post, progressed)), then)

    def _request_got_on(self, job: int, progress: Any) -> None:
        ratio = getattr(progress, "done_ratio", None)
        text = str(getattr(progress, "text", progress))
        self.post(self.request_progress.emit, job, text, -1.0 if ratio is None else float(ratio))

    def _request_done(self, job: int, future: Future[Any]) -> None:
        self.post(self.request_ended.emit, job, _outcome_of(future))

    # Recordings.

    @property
    def recorder(self) -> Recorder | None:
        """What writes at present; None while nothing is recorded."""
        return self._recorder

    @property
    def always(self) -> Recorder | None:
        """What writes always, beside `recorder`; None while nothing does."""
        return self._always

    @property
    def opening(self) -> dict[Path, float]:
        """Recordings that are being read, with the share done."""
        return self._files.shares

    def start_recording(self, path: Path) -> None:
        """Write every target from now on into a new file, beginning with what is known of it.

        Raises:
            BadInput: the file cannot be made.
        """
        self.stop_recording()
        self._recorder = self._sources.open_recorder(path, partial(self.post, self._recording_failed))
        self._take_past(self._recorder)
        self.recording_changed.emit()

    def start_always(self, path: Path, limit_bytes: int) -> None:
        """Write every target from now on into a new file that drops the oldest beyond a size.

        Raises:
            BadInput: the file cannot be made.
        """
        self.stop_always()
        failed = partial(self.post, self._always_failed)
        self._always = self._sources.open_recorder(path, failed, limit_bytes)
        self._take_past(self._always)
        self.recording_changed.emit()

    def stop_always(self) -> None:
        """End what `start_always` has begun."""
        recorder, self._always = self._always, None
        if recorder is not None:
            recorder.close()
            self.recording_changed.emit()

    def _take_past(self, recorder: Recorder) -> None:
        for target in self._targets.values():
            if target.recording is None:
                recorder.take_past(target)

    def stop_recording(self) -> None:
        """End the recording; its file is whole when this returns."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.close()
            self.recording_changed.emit()

    def open_recording(self, path: Path) -> None:
        """Show a file; its targets come as if they had been watched and had ended."""
        self._files.open(path)

    def take_in(self, target: LiveTarget) -> None:
        """Show a target that was read of a file."""
        self._targets[target.key] = target
        self.target_added.emit(target.key)

    def all_targets(self) -> Mapping[Any, LiveTarget]:
        """Targets by key."""
        return self._targets

    @Slot(object)
    def _file_failed(self, error: BaseException) -> None:
        self.trouble.emit(as_problem(error))

    def _recording_failed(self, problem: Problem) -> None:
        self.stop_recording()
        self.trouble.emit(problem)

    def _always_failed(self, problem: Problem) -> None:
        self.stop_always()
        self.trouble.emit(problem)

    # Between threads.

    def _delivered(self, batch: Batch) -> None:
        self.post(self._apply, batch)

    def _apply(self, batch: Batch) -> None:
        target = self._targets.get(batch.key)
        if target is not None:  # None once it was forgotten
            was_empty = target.timeline.last_t is None
            target.apply(batch)
            if was_empty and target.timeline.last_t is not None:
                self.target_began.emit(batch.key)
            for recorder in (self._recorder, self._always):
                if recorder is not None:
                    recorder.take(batch)
                    recorder.take_findings(batch.key, target.findings)

    def submit(self, work: Callable[[], Any], then: Callable[[Outcome], None]) -> None:
        """Have a worker do it; `then` is told the Outcome on the GUI thread."""
        self._workers.submit(work).add_done_callback(partial(self._worked, then))

    def _worked(self, then: Callable[[Outcome], None], future: Future[Any]) -> None:
        self.post(then, _outcome_of(future))

    def post(self, call: Callable[..., None], *arguments: Any) -> None:
        """Any thread: have `call` made on the GUI thread."""
        if self._closed:
            return
        self._inbox.append((call, arguments))
        if not self._rung:
            self._rung = True
            self._bell.emit()

    @Slot()
    def _empty_inbox(self) -> None:
        self._rung = False
        while self._inbox and not self._closed:
            call, arguments = self._inbox.popleft()
            try:
                call(*arguments)
            except Exception as error:  # noqa: BLE001 - what came from another thread ends here
                _log.exception("the window could not take in what arrived")
                self.trouble.emit(as_problem(error))

    def close(self) -> None:
        """Stop every thread that was started here; nothing is emitted afterwards."""
        if self._closed:
            return
        self._timer.stop()
        self._closed = True
        self._files.close()
        self.stop_recording()
        self.stop_always()
        for state in self._attaching.values():
            state.cancelled.set()
        if self._hub_made is not None:
            self._hub_made.close()
        self._workers.shutdown(wait=True, cancel_futures=True)
        self._inbox.clear()


def _outcome_of(future: Future[Any]) -> Outcome:
    if future.cancelled():
        return Outcome(error=Problem("the request was given up"))
    error = future.exception()
    return Outcome(error=error) if error is not None else Outcome(result=future.result())


def as_problem(error: BaseException) -> Problem:
    """Any error as one that a person can read."""
    if isinstance(error, Problem):
        return error
    return Problem(str(error) or type(error).__name__)
