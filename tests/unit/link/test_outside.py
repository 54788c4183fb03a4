"""The thread that looks at processes from outside."""

from __future__ import annotations

import queue
import subprocess
import threading

import pytest

from memgui.link import outside
from memgui.link.clock import ViewerClock
from memgui.link.outside import Look, Outside, Watcher
from memgui.protocol.endpoints import process_start_time


def watcher_of(process: subprocess.Popen[bytes], inbox: queue.SimpleQueue[Look]) -> Watcher:
    started = process_start_time(process.pid)
    assert started is not None
    return Watcher(process.pid, started, ViewerClock(), inbox.put)


def test_looks_come_until_the_end_which_comes_once(process: subprocess.Popen[bytes]) -> None:
    inbox: queue.SimpleQueue[Look] = queue.SimpleQueue()
    rounds = threading.Semaphore(0)
    observer = Outside(ViewerClock(), rounds.release)
    observer.start()
    observer.add("a", watcher_of(process, inbox))
    first = inbox.get(timeout=10)
    assert first.values["host.rss_bytes"] > 0
    assert first.facts is not None
    assert first.facts.pid == process.pid
    second = inbox.get(timeout=10)
    assert second.facts is None
    assert second.t_s > first.t_s
    assert rounds.acquire(timeout=10)
    process.kill()
    process.wait()
    look = inbox.get(timeout=10)
    while look.end is None:
        look = inbox.get(timeout=10)
    observer.stop()
    assert look.values == {}
    assert inbox.empty()


def test_a_process_that_was_never_there_ends_at_once() -> None:
    inbox: queue.SimpleQueue[Look] = queue.SimpleQueue()
    watcher = Watcher(4194999, 1, ViewerClock(), inbox.put)
    watcher.look()
    watcher.look()
    look = inbox.get(timeout=0)
    assert look.end is not None
    assert look.end.kind == "unknown"
    assert inbox.empty()
    watcher.close()


def test_a_fault_of_our_own_is_told_once_and_hides_no_end(
    process: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    inbox: queue.SimpleQueue[Look] = queue.SimpleQueue()
    watcher = watcher_of(process, inbox)
    with monkeypatch.context() as patch:
        patch.setattr(outside.Observer, "sample", _broken)
        watcher.look()
        watcher.look()
        assert inbox.empty()
        process.kill()
        process.wait()
        watcher.look()
    assert caplog.text.count("Traceback") == 1
    look = inbox.get(timeout=0)
    assert look.end is not None
    assert (look.values, look.end.kind) == ({}, "unknown")
    watcher.close()


def _broken(_observer: object) -> dict[str, float]:
    raise ZeroDivisionError


def test_a_process_that_tells_of_itself_is_looked_at_once_a_second_and_at_once_when_it_falls_silent(
    process: subprocess.Popen[bytes],
) -> None:
    started = process_start_time(process.pid)
    assert started is not None
    tells = [True]
    clock = ViewerClock()
    watcher = Watcher(process.pid, started, clock, lambda look: None, lambda: tells[0])
    assert watcher.is_due(clock.monotonic())
    watcher.look()
    now_s = clock.monotonic()
    assert not watcher.is_due(now_s + 0.5)
    assert watcher.is_due(now_s + 1.2)
    tells[0] = False
    assert watcher.is_due(now_s + 0.1)
    watcher.close()


def test_a_round_out_of_turn_is_made_at_once(process: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "_RESTING_S", 3600.0)
    started = process_start_time(process.pid)
    assert started is not None
    inbox: queue.SimpleQueue[Look] = queue.SimpleQueue()
    tells = [True]
    observer = Outside(ViewerClock(), lambda: None)
    observer.add("a", Watcher(process.pid, started, ViewerClock(), inbox.put, lambda: tells[0]))
    observer.start()
    inbox.get(timeout=10)
    tells[0] = False
    with pytest.raises(queue.Empty):
        inbox.get(timeout=0.5)
    observer.hurry()
    inbox.get(timeout=10)
    inbox.get(timeout=10)  # from now on as often as where nobody tells anything
    observer.stop()
