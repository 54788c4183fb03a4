"""A target without a window: the link's batches are taken in on the command's own thread."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from types import TracebackType

from memgui.analysis.settings import DetectorSettings
from memgui.link.batch import CONNECTED, ENDED, Batch
from memgui.link.hub import Hub
from memgui.link.target import LiveTarget
from memgui.protocol.errors import Unreachable


class Live:
    """One watched target; a context manager that ends the link's threads."""

    def __init__(self, pid: int, hz: float = 10.0, settings: DetectorSettings | None = None) -> None:
        self._inbox: queue.SimpleQueue[Batch] = queue.SimpleQueue()
        self.hub = Hub(self._inbox.put, hz=hz)
        try:
            self.target = LiveTarget(self.hub.watch(pid), settings)
        except BaseException:
            self.hub.close()
            raise

    def __enter__(self) -> Live:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.hub.close()

    def batches(self, until: float | None = None) -> Iterator[Batch]:
        """Batches of the target, already applied, until a monotonic time or the end of the process."""
        while until is None or time.monotonic() < until:
            try:
                batch = self._inbox.get(timeout=0.2 if until is None else max(min(until - time.monotonic(), 0.2), 0.0))
            except queue.Empty:
                continue
            if batch.key == self.target.key:
                self.target.apply(batch)
                yield batch
                if self.target.state == ENDED:
                    return

    def wait_for_agent(self, timeout_s: float = 5.0) -> None:
        """Return once the agent has answered and told its actions.

        Raises:
            Unreachable: it does not answer, or the process has ended.
        """
        for _ in self.batches(time.monotonic() + timeout_s):
            if self.target.state == CONNECTED and self.target.hello is not None:
                return
        pid = self.target.pid
        if self.target.state == ENDED:
            raise Unreachable(f"process {pid} {self.target.state_text}")
        raise Unreachable(f"no agent answers in process {pid} ({self.target.state_text})", f"run: memgui attach {pid}")
