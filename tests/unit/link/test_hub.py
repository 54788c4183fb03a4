"""What the link makes of an agent that talks, dies, comes back, or talks nonsense."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from typing import Any

import pytest

from memgui.link.actions import receipt_of
from memgui.link.errors import Disconnected, RemoteError, TimedOut
from memgui.protocol.errors import Unreachable
from memgui.protocol.jsonrpc import Failure, Notification, Result


def test_samples_of_the_agent_reach_the_timeline_with_what_is_seen_from_outside(owner: Any, agent: Any) -> None:
    target = owner.watch(agent.point.pid)
    agent.greet()
    for step in range(1, 100):
        agent.say(agent.sample(time.monotonic(), step, 123.0, None))
        owner.until(lambda target, step=step: target.timeline.last_step == step)
        if target.timeline.latest("machine.total_bytes") is not None:
            break
    assert target.state == "connected"
    assert target.timeline.latest("host.anon_bytes") == 123.0
    assert target.timeline.latest("host.rss_bytes") is None
    assert target.timeline.latest("machine.total_bytes") > 0
    assert abs(target.timeline.last_t - time.time()) < 5
    assert target.name == "train.py"


def test_the_history_comes_before_the_first_live_row_in_pages(owner: Any, agent: Any) -> None:
    target = owner.watch(agent.point.pid)
    now = time.monotonic()
    agent.accept()
    agent.say(Result(agent.expect("hello").id, agent.hello()))
    agent.say(Result(agent.expect("subscribe").id, {"generation": 1, "names": ["host.anon_bytes"], "hz": 10.0}))
    agent.expect("actions.list")
    agent.say(agent.sample(now, 9, 9.0))
    first = agent.expect("history")
    assert first.params.get("since_s") is None
    rows = [{"t_s": now - 30 + at, "step": at, "v": [float(at)]} for at in range(4)]
    agent.say(Result(first.id, {"names": ["host.anon_bytes"], "rows": rows[:2], "more": True}))
    second = agent.expect("history")
    assert second.params["since_s"] == rows[1]["t_s"]
    summary = {"t_s": now - 20, "step": 5, "v": [5.0], "low": [-1.0], "high": [50.0]}
    agent.say(Result(second.id, {"names": ["host.anon_bytes"], "rows": [*rows[2:], summary], "more": False}))
    owner.until(lambda target: target.timeline.last_step == 9)
    assert target.timeline.step_at(time.time() - 28.5) == 1
    assert target.timeline.range("host.anon_bytes", time.time() - 25, time.time() - 15) == (-1.0, 50.0)


def test_a_lost_agent_is_found_again_and_the_gap_is_filled(owner: Any, agent: Any) -> None:
    target = owner.watch(agent.point.pid)
    agent.greet()
    began = time.monotonic()
    agent.say(agent.sample(began, 1, 1.0, 1.0))
    owner.until(lambda target: target.timeline.last_step == 1)
    agent.raw(b'{"jsonrpc": "2.0", "method": "sam')
    agent.connection.close()
    owner.until(lambda target: target.state == "lost")
    assert "trying again" in target.state_text
    missed = time.monotonic()
    since = agent.greet([{"t_s": missed, "step": 2, "v": [2.0, 777.0]}])
    assert since["since_s"] == pytest.approx(began)
    agent.say(agent.sample(time.monotonic(), 3, 3.0, 3.0))
    owner.until(lambda target: target.timeline.last_step == 3)
    assert target.state == "connected"
    _, high = target.timeline.range("host.rss_bytes", 0, time.time() + 1)
    assert high >= 777.0
    assert target.timeline.time_of_step(2) is not None


def test_another_major_version_is_told_with_both_numbers(owner: Any, agent: Any) -> None:
    owner.watch(agent.point.pid)
    agent.accept()
    agent.say(Result(agent.expect("hello").id, agent.hello(protocol=[9, 1])))
    owner.until(lambda target: "9.1" in target.state_text and "1.0" in target.state_text)


def test_a_few_lines_of_garbage_are_survived_and_many_end_the_connection(owner: Any, agent: Any) -> None:
    target = owner.watch(agent.point.pid)
    agent.greet()
    agent.raw(b"garbage\n\xff\xfe\n[]\n")
    agent.say(agent.sample(time.monotonic(), 4, 4.0, 4.0))
    owner.until(lambda target: target.timeline.last_step == 4)
    agent.raw(b"more of it\n" * 50)
    owner.until(lambda target: target.state == "lost")
    assert "no message" in target.state_text


def test_a_sample_that_cannot_be_read_ends_the_connection_with_the_reason(owner: Any, agent: Any) -> None:
    target = owner.watch(agent.point.pid)
    agent.greet()
    agent.say(Notification("sample", {"t_s": "noon", "step": 1, "generation": 1, "v": []}))
    owner.until(lambda target: target.state == "lost")
    assert "Sample" in target.state_text


def test_new_metrics_are_announced_before_they_come(owner: Any, agent: Any) -> None:
    target = owner.watch(agent.point.pid)
    agent.greet()
    names = ["host.anon_bytes", "cuda.0.allocated_bytes"]
    event = {"t_s": 1.0, "kind": "metrics", "text": "", "data": {"generation": 2, "names": names}}
    sample = {"t_s": time.monotonic(), "step": 5, "generation": 2, "v": [1.0, 2.0]}
    agent.say(Notification("event", event), Notification("sample", sample))
    owner.until(lambda target: target.timeline.last_step == 5)
    assert target.timeline.latest("cuda.0.allocated_bytes") == 2.0


def _connected(owner: Any, agent: Any) -> str:
    target = owner.watch(agent.point.pid)
    agent.greet()
    owner.until(lambda target: target.state == "connected")
    return str(target.key)


def test_each_request_ends_in_one_result(owner: Any, agent: Any) -> None:
    key = _connected(owner, agent)
    seen: list[Any] = []
    good = owner.hub.request(key, "one", {"a": 1}, timeout_s=10, on_progress=seen.append)
    request = agent.expect("one")
    agent.say(Notification("progress", {"request": request.id, "text": "half", "done_ratio": 0.5}))
    agent.say(Result(request.id, "fine"), Result(request.id, "again"))
    assert good.result(10) == "fine"
    assert [progress.text for progress in seen] == ["half"]
    bad = owner.hub.request(key, "two", timeout_s=10)
    agent.say(Failure(agent.expect("two").id, -32601, "no such method"))
    with pytest.raises(RemoteError, match="no such method"):
        bad.result(10)


def test_a_request_without_answer_times_out(owner: Any, agent: Any) -> None:
    key = _connected(owner, agent)
    late = owner.hub.request(key, "slow", timeout_s=0.05)
    with pytest.raises(TimedOut):
        late.result(10)


def test_a_request_ends_when_the_agent_dies_or_the_link_closes(owner: Any, agent: Any) -> None:
    key = _connected(owner, agent)
    dying = owner.hub.request(key, "one", timeout_s=60)
    agent.expect("one")
    agent.connection.close()
    with pytest.raises(Disconnected):
        dying.result(10)
    agent.greet()
    owner.until(lambda target: target.state == "connected")
    closing = owner.hub.request(key, "two", timeout_s=60)
    agent.expect("two")
    owner.hub.close()
    with pytest.raises(Disconnected):
        closing.result(10)
    assert receipt_of(owner.hub.request(key, "three", timeout_s=1), "x").outcome == "disconnected"


def test_a_request_to_a_process_without_agent_ends_at_once(owner: Any, process: subprocess.Popen[bytes]) -> None:
    key = owner.hub.watch(process.pid)
    with pytest.raises(Disconnected, match="no agent"):
        owner.hub.request(key, "one", timeout_s=60).result(10)


def test_a_process_without_agent_is_seen_from_outside_to_its_end(owner: Any, process: subprocess.Popen[bytes]) -> None:
    target = owner.watch(process.pid)
    owner.until(lambda target: (target.timeline.latest("host.rss_bytes") or 0) > 0)
    assert target.state == "outside"
    assert target.facts.pid == process.pid
    process.kill()
    process.wait()
    owner.until(lambda target: target.state == "ended")
    assert target.end is not None
    assert target.timeline.latest("host.rss_bytes") is not None


def test_a_process_that_is_not_there_is_unreachable(owner: Any) -> None:
    with pytest.raises(Unreachable):
        owner.hub.watch(4194999)


def test_a_receipt_is_kept_once_and_marked(owner: Any, agent: Any) -> None:
    target = owner.watch(agent.point.pid)
    agent.greet()
    data = {"id": "r1", "action": "trim_heap", "outcome": "done", "freed_bytes": 5}
    event = Notification(
        "event", {"t_s": time.monotonic(), "kind": "receipt", "text": "trimmed", "step": 3, "data": data}
    )
    agent.say(event, event)
    agent.expect("actions.list")
    agent.expect("actions.list")
    owner.until(lambda target: target.receipts)
    agent.say(agent.sample(time.monotonic(), 4, 4.0, 4.0))
    owner.until(lambda target: target.timeline.last_step == 4)
    assert [receipt.freed_bytes for receipt in target.receipts] == [5]
    assert len(target.timeline.events) == 1


def test_closing_leaves_no_descriptor_behind(owner: Any, agent: Any) -> None:
    before = len(os.listdir("/proc/self/fd"))
    _connected(owner, agent)
    owner.hub.close()
    agent.close()
    assert len(os.listdir("/proc/self/fd")) <= before
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("memgui")]
