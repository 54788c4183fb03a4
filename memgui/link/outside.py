"""The thread that looks at watched processes from outside: ten times a second, once where an agent tells more."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from memgui.collect.children import ChildProcess
from memgui.collect.facts import ProcessFacts, process_facts
from memgui.collect.observer import EndReason, Observer
from memgui.collect.surroundings import Surroundings
from memgui.link.clock import ViewerClock
from memgui.protocol.endpoints import process_start_time
from memgui.protocol.errors import Problem

_PERIOD_S = 0.1
# An agent sends the counters of its process itself; what only this side sees is read once a second.
_RESTING_S = 1.0
# Torch may be imported after a process was first seen; an agent tells that by itself. The search reads all of its
# mappings, which are many in a large process.
_FACTS_AGAIN_S = 5.0
_FACTS_RESTING_S = 60.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Look:
    """What was seen of one process at one moment; None where it did not change.

    Attributes:
        t_s: Unix seconds on the viewer's clock.
        values: metrics by name; empty once the process is gone.
    """

    t_s: float
    values: dict[str, float]
    children: tuple[ChildProcess, ...] | None = None
    facts: ProcessFacts | None = None
    end: EndReason | None = None


class Watcher:
    """The outside view of one process; `report` is called with each look, the last one carries the end.

    Args:
        rests: an agent answers, so that a look now and then is enough; asked at every round.
        surroundings: shared by the watchers of a thread.
    """

    def __init__(
        self,
        pid: int,
        start_time: int,
        clock: ViewerClock,
        report: Callable[[Look], None],
        rests: Callable[[], bool] = lambda: False,
        surroundings: Surroundings | None = None,
    ) -> None:
        self._pid, self._start_time = pid, start_time
        self._clock = clock
        self._report = report
        self._rests = rests
        self._surroundings = surroundings
        self._looked_s = float("-inf")
        self._observer: Observer | None = None
        self._children: tuple[ChildProcess, ...] = ()
        self._facts: ProcessFacts | None = None
        self._facts_due_s = 0.0
        self._failures = 0
        self.is_over = False

    def is_due(self, now_s: float) -> bool:
        """It is to be looked at in this round."""
        return now_s - self._looked_s >= _RESTING_S - _PERIOD_S / 2 or not self.rests

    @property
    def rests(self) -> bool:
        """An agent tells of the process."""
        return self._rests()

    def look(self) -> None:
        """Look once."""
        if self.is_over:
            return
        self._looked_s = self._clock.monotonic()
        try:
            look = self._see()
        except (Problem, OSError) as error:
            look = Look(self._clock.now(), {}, end=EndReason("unknown", f"cannot be looked at any more: {error}"))
        except Exception:  # noqa: BLE001 - thread boundary
            # What cannot be read is a gap; a fault of our own is told once, not ten times a second.
            self._failures += 1
            if self._failures == 1:
                _log.exception("looking at process %d failed", self._pid)
            if process_start_time(self._pid) == self._start_time:
                return
            look = Look(self._clock.now(), {}, end=EndReason("unknown", "ended"))
        self.is_over = look.end is not None
        self._report(look)

    def close(self) -> None:
        """Give descriptors back."""
        if self._observer is not None:
            self._observer.close()
            self._observer = None

    def _see(self) -> Look:
        if self._observer is None:
            self._observer = Observer(self._pid, self._start_time, surroundings=self._surroundings)
        now_s = self._clock.monotonic()
        values = self._observer.sample()
        t_s = self._clock.now()
        if not values:
            return Look(t_s, {}, end=self._observer.end())
        children = self._observer.children if self._observer.children != self._children else None
        self._children = self._observer.children
        facts = None
        if now_s >= self._facts_due_s and (self._facts is None or self._facts.torch is None):
            self._facts_due_s = now_s + (_FACTS_RESTING_S if self._rests() else _FACTS_AGAIN_S)
            facts = process_facts(self._pid)
            facts, self._facts = (facts if _differs(facts, self._facts) else None), facts or self._facts
        return Look(t_s, values, children, facts)


def _differs(facts: ProcessFacts | None, known: ProcessFacts | None) -> bool:
    return facts is not None and (known is None or facts.torch != known.torch)


class Outside:
    """Watchers and their thread; `told` is called after each round in which there was something to see."""

    def __init__(self, clock: ViewerClock, told: Callable[[], None]) -> None:
        self._clock = clock
        self._told = told
        self._lock = threading.Lock()
        self._watchers: dict[str, Watcher] = {}
        self._changed = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="memgui-outside", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end, and wait for it."""
        self._stopping = True
        self._changed.set()
        self._thread.join()

    def add(self, key: str, watcher: Watcher) -> None:
        """Any thread: look at a process from now on, the first time at once."""
        with self._lock:
            self._watchers[key] = watcher
        self._changed.set()

    def remove(self, key: str) -> None:
        """Any thread: look at it no more."""
        with self._lock:
            self._watchers.pop(key, None)

    def hurry(self) -> None:
        """Any thread: begin a round at once."""
        self._changed.set()

    def _run(self) -> None:
        open_ones: set[Watcher] = set()
        due_s = self._clock.monotonic()
        while not self._stopping:
            with self._lock:
                present = {watcher for watcher in self._watchers.values() if not watcher.is_over}
            for gone in open_ones - present:
                gone.close()
            open_ones = present
            self._clock.follow()
            now_s = self._clock.monotonic()
            due = [watcher for watcher in present if watcher.is_due(now_s)]
            for watcher in due:
                watcher.look()
            if due:
                self._told()
            period_s = _RESTING_S if all(watcher.rests for watcher in present) else _PERIOD_S
            # Rounds that took too long are left out, not made up for; one out of turn begins a new count.
            due_s = max(min(due_s, now_s) + period_s, self._clock.monotonic())
            self._changed.wait(max(due_s - self._clock.monotonic(), 0.0) if present else None)
            self._changed.clear()
        for watcher in open_ones:
            watcher.close()
