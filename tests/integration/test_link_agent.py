"""The link and the real agent, in a real process that can be stopped, killed, and told to lose its agent."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from memgui.link.actions import preview_action, run_action
from memgui.link.batch import Batch
from memgui.link.errors import Disconnected
from memgui.link.hub import Hub
from memgui.link.target import LiveTarget
from memgui.link.targets import list_targets, resolve
from memgui.protocol import endpoints
from memgui.protocol.endpoints import runtime_directory

LOOP = """
import select, sys, time
import memgui.agent as agent
agent.start()
print("runs", flush=True)
step = 0
while True:
    time.sleep(0.01)
    step += 1
    agent.step()
    if step == 5:
        agent.mark("epoch 1")
    if select.select([sys.stdin], [], [], 0)[0]:
        word = sys.stdin.readline().strip()
        if not word:
            break
        getattr(agent, word)()
        print(word, flush=True)
"""

Process = subprocess.Popen[str]


class View:
    """A hub and the model of one target, on the test's thread."""

    def __init__(self, process: Process) -> None:
        self.inbox: queue.SimpleQueue[Batch] = queue.SimpleQueue()
        self.hub = Hub(self.inbox.put)
        self.target = LiveTarget(self.hub.watch(process.pid))

    def until(self, condition: Callable[[LiveTarget], object], seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition(self.target):
            assert time.monotonic() < deadline, f"{self.target.state}: {self.target.state_text}"
            try:
                self.target.apply(self.inbox.get(timeout=0.2))
            except queue.Empty:
                continue

    def beyond(self, steps: int) -> None:
        """Wait until so many more steps were seen."""
        goal = self.target.timeline.last_step + steps
        self.until(lambda target: target.timeline.last_step >= goal)


@pytest.fixture
def process() -> Iterator[Process]:
    child = subprocess.Popen([sys.executable, "-c", LOOP], stdin=-1, stdout=-1, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "runs\n"
    yield child
    child.kill()
    child.communicate()


@pytest.fixture
def view(process: Process) -> Iterator[View]:
    made = View(process)
    yield made
    made.hub.close()


def tell(process: Process, word: str) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{word}\n")
    process.stdin.flush()
    assert process.stdout.readline() == f"{word}\n"


def test_a_target_is_seen_with_steps_memory_marks_and_actions(view: View) -> None:
    view.until(lambda target: target.state == "connected" and target.timeline.latest("children.processes_count") == 0)
    view.beyond(20)
    target = view.target
    assert target.hello is not None
    assert target.facts is not None
    assert target.timeline.latest("host.anon_bytes") > 1e6
    assert target.timeline.latest("host.heap_used_bytes") > 0
    assert abs(target.timeline.last_t - time.time()) < 2
    assert 5 < target.rate_hz < 15
    assert target.agent_cost_ratio is not None
    assert target.agent_cost_ratio < 0.1
    assert target.dropped == 0
    assert target.limit is not None
    assert [event.text for event in target.timeline.events if event.kind == "mark"] == ["epoch 1"]
    assert "collect_garbage" in [action.name for action in target.actions]


def test_an_action_is_previewed_and_run_and_its_receipt_stands_on_the_time_line(view: View) -> None:
    view.until(lambda target: target.state == "connected")
    key = view.target.key
    assert preview_action(view.hub, key, "collect_garbage", {}).action == "collect_garbage"
    receipt = run_action(view.hub, key, "collect_garbage", {}, timeout_s=20)
    assert (receipt.outcome, receipt.reason) == ("done", None)
    assert receipt.before.keys() == receipt.after.keys()
    view.until(lambda target: any("settled" in one.details for one in target.receipts))
    assert [one.id for one in view.target.receipts] == [receipt.id]
    assert [event.step for event in view.target.timeline.events if event.kind == "receipt"] == [receipt.step]
    refused = run_action(view.hub, key, "no_such_action", {})
    assert refused.outcome == "refused"
    assert "collect_garbage" in (refused.reason or "")


def test_a_viewer_that_comes_late_gets_the_history_first(process: Process, view: View) -> None:
    view.until(lambda target: target.state == "connected")
    view.beyond(100)
    late = View(process)
    try:
        late.until(lambda target: target.state == "connected" and target.timeline.last_t)
        early = view.target.timeline
        assert late.target.timeline.first_t == pytest.approx(early.first_t, abs=0.5)
        late.beyond(100)
        for step in (20, 60, 90):
            assert late.target.timeline.time_of_step(step) == pytest.approx(early.time_of_step(step), abs=0.2)
        assert [event.text for event in late.target.timeline.events if event.kind == "mark"] == ["epoch 1"]
    finally:
        late.hub.close()


def test_an_agent_that_goes_and_comes_back_is_found_again(process: Process, view: View) -> None:
    view.until(lambda target: target.state == "connected")
    view.beyond(10)
    tell(process, "stop")
    view.until(lambda target: target.state == "lost")
    before = view.target.timeline.last_t
    view.until(lambda target: target.timeline.last_t > before + 0.3)  # seen from outside meanwhile
    with pytest.raises(Disconnected):
        view.hub.request(view.target.key, "actions.list", timeout_s=10).result(10)
    tell(process, "start")
    view.until(lambda target: target.state == "connected")
    view.beyond(10)


def test_a_process_that_is_killed_has_ended_and_its_socket_is_stale(process: Process, view: View) -> None:
    view.until(lambda target: target.state == "connected")
    view.beyond(10)
    last = view.target.timeline.last_step
    process.kill()
    view.until(lambda target: target.state == "ended")
    assert view.target.end is not None
    assert view.target.end.kind == "signal"
    assert view.target.timeline.last_step >= last
    (left,) = endpoints.list_endpoints(runtime_directory())
    process.wait()
    assert endpoints.is_stale(left)
    assert process.pid not in [info.pid for info in list_targets()]
    assert not left.path.exists()


def test_a_process_that_stands_still_is_told_by_the_request_and_goes_on_afterwards(
    process: Process, view: View
) -> None:
    view.until(lambda target: target.state == "connected")
    os.kill(process.pid, signal.SIGSTOP)
    receipt = run_action(view.hub, view.target.key, "collect_garbage", {}, timeout_s=-4.5)
    assert receipt.outcome == "timed_out"
    os.kill(process.pid, signal.SIGCONT)
    view.beyond(10)
    assert view.target.state == "connected"


def test_a_process_with_an_agent_is_listed_and_meant_by_pid_and_socket(process: Process) -> None:
    (info,) = [info for info in list_targets() if info.pid == process.pid]
    assert info.agent is not None
    assert not info.attachable
    assert resolve(str(process.pid)) == process.pid
    assert resolve(info.agent) == process.pid
