"""What the link makes of an agent that talks, dies, comes back, or talks nonsense."""

from __future__ import annotations

import itertools
import os
import queue
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from memgui.link.actions import receipt_of
from memgui.link.batch import Batch
from memgui.link.errors import Disconnected, RemoteError, TimedOut
from memgui.link.hub import Hub
from memgui.link.target import LiveTarget
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
    assert (target.timeline.latest("host.rss_bytes") or 0) > 0, "what the agent could not read is seen from outside"
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


def test_samples_that_cannot_be_read_count_as_garbage(owner: Any, agent: Any) -> None:
    target = owner.watch(agent.point.pid)
    agent.greet()
    broken = Notification("sample", {"t_s": "noon", "step": 1, "generation": 1, "v": []})
    agent.say(broken, agent.sample(time.monotonic(), 4, 4.0, 4.0))
    owner.until(lambda target: target.timeline.last_step == 4)
    agent.say(*[broken] * 30)
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


def test_a_line_that_never_ends_is_dropped_and_the_stream_goes_on(owner: Any, agent: Any) -> None:
    target = owner.watch(agent.point.pid)
    agent.greet()
    for _ in range(9):
        agent.raw(b"x" * 2**20)
    agent.raw(b"\n")
    agent.say(agent.sample(time.monotonic(), 4, 4.0, 4.0))
    owner.until(lambda target: target.timeline.last_step == 4)
    assert target.state == "connected"


def test_a_process_that_dies_in_the_middle_of_a_line_has_ended_and_its_last_rows_are_kept(
    owner: Any, agent: Any, process: subprocess.Popen[bytes]
) -> None:
    target = owner.watch(agent.point.pid)
    agent.greet()
    agent.say(agent.sample(time.monotonic(), 4, 4.0, 4.0))
    agent.raw(b'{"jsonrpc": "2.0", "method": "sam')
    waiting = owner.hub.request(target.key, "actions.run", timeout_s=60)
    process.kill()
    agent.connection.close()
    owner.until(lambda target: target.state == "ended")
    assert target.timeline.last_step == 4
    assert "SIGKILL" in target.state_text
    assert receipt_of(waiting, "x").outcome == "disconnected"
    with pytest.raises(Disconnected, match="is over"):
        owner.hub.request(target.key, "actions.list", timeout_s=60).result(10)


def test_rows_of_a_target_come_in_order_in_few_batches(owner: Any, agent: Any) -> None:
    owner.watch(agent.point.pid)
    agent.greet()
    owner.until(lambda target: target.state == "connected")
    seen = len(owner.batches)
    began = time.monotonic()
    for step in range(2000):
        agent.say(agent.sample(began + step * 1e-5, step, float(step), 1.0))
    owner.until(lambda target: target.timeline.last_step == 1999)
    took_s = time.monotonic() - began
    rows = [row for batch in owner.batches[seen:] for row in batch.rows]
    assert [row.step for row in rows] == list(range(2000))
    assert all(early.t_s < late.t_s for early, late in itertools.pairwise(rows))
    assert len(owner.batches) - seen <= took_s / 0.02 + 3


def test_samples_that_come_now_and_then_are_handed_over_several_at_once(owner: Any, agent: Any) -> None:
    owner.watch(agent.point.pid)
    agent.greet()
    owner.until(lambda target: target.state == "connected")
    began, seen = time.monotonic(), len(owner.batches)
    for step in range(50):
        agent.say(agent.sample(time.monotonic(), step, float(step), 1.0))
        time.sleep(0.02)
    owner.until(lambda target: target.timeline.last_step == 49)
    batches = [batch for batch in owner.batches[seen:] if batch.rows]
    assert len(batches) <= (time.monotonic() - began) / 0.25 + 3


def test_several_targets_do_not_disturb_each_other(make_agent: Any) -> None:
    inbox: queue.SimpleQueue[Batch] = queue.SimpleQueue()
    hub = Hub(inbox.put)
    try:
        agents = [make_agent() for _ in range(5)]
        targets = {hub.watch(agent.point.pid): agent for agent in agents}
        models = {key: LiveTarget(key) for key in targets}
        for agent in agents:
            agent.greet()
        agents[0].raw(b"garbage\n" * 100)
        agents[1].connection.close()
        for step in (1, 2, 3):
            for agent in agents[2:]:
                agent.say(agent.sample(time.monotonic(), step, float(agent.point.pid), 1.0))
        want = {agent.point.pid for agent in agents[2:]}
        deadline = time.monotonic() + 10
        while want or any(model.state != "lost" for model in list(models.values())[:2]):
            assert time.monotonic() < deadline
            batch = inbox.get(timeout=10)
            models[batch.key].apply(batch)
            want -= {model.pid for model in models.values() if model.timeline.last_step == 3}
        for key, agent in list(targets.items())[2:]:
            assert models[key].timeline.latest("host.anon_bytes") == float(agent.point.pid)
            assert models[key].state == "connected"
    finally:
        hub.close()


def test_a_receiver_that_is_slow_or_fails_holds_up_no_agent(agent: Any, caplog: pytest.LogCaptureFixture) -> None:
    gate, seen = threading.Event(), queue.SimpleQueue[Batch]()

    def deliver(batch: Batch) -> None:
        gate.wait(10)
        seen.put(batch)
        if len(batch.rows) == 1:
            raise ValueError("not today")

    hub = Hub(deliver)
    try:
        hub.watch(agent.point.pid)
        gate.set()
        agent.greet()
        agent.say(agent.sample(time.monotonic(), 1, 1.0, 1.0))
        while not any(row.step == 1 for row in seen.get(timeout=10).rows):
            pass
        gate.clear()
        agent.connection.settimeout(0)
        sent = 1
        with suppress(BlockingIOError):  # the kernel's buffers fill up, and an agent would drop samples
            for step in range(2, 100_000):
                agent.say(agent.sample(time.monotonic(), step, 1.0, 1.0))
                sent = step
        assert 1 < sent < 99_999
        gate.set()
        last = 0
        while last < sent:
            last = max([last, *(row.step for row in seen.get(timeout=10).rows)])
    finally:
        gate.set()
        hub.close()
    assert "not today" in caplog.text


def test_a_target_that_is_watched_again_is_told_from_the_beginning(owner: Any, agent: Any) -> None:
    key = _connected(owner, agent)
    waiting = owner.hub.request(key, "one", timeout_s=60)
    owner.hub.unwatch(key)
    owner.hub.unwatch(key)
    with pytest.raises(Disconnected, match="no longer watched"):
        waiting.result(10)
    with pytest.raises(Disconnected):
        owner.hub.request(key, "one", timeout_s=60).result(10)
    owner.watch(agent.point.pid)
    assert agent.greet().get("since_s") is None
    owner.until(lambda target: target.state == "connected" and target.hello and target.facts)


def test_watching_twice_is_watching_once(owner: Any, agent: Any) -> None:
    key = _connected(owner, agent)
    assert owner.hub.watch(agent.point.pid) == key
    assert owner.hub.watch_endpoint(agent.point) == key


def test_an_agent_that_comes_later_is_noticed(owner: Any, process: subprocess.Popen[bytes], make_agent: Any) -> None:
    target = owner.watch(process.pid)
    owner.until(lambda target: target.state == "outside" and target.timeline.last_t)
    agent = make_agent(process)
    agent.greet()
    owner.until(lambda target: target.state == "connected")
    agent.say(agent.sample(time.monotonic(), 12, 1.0, 1.0))
    owner.until(lambda target: target.timeline.last_step == 12)
    assert target.name == "train.py"


def test_a_socket_of_another_directory_is_watched_by_its_path(
    owner: Any, process: subprocess.Popen[bytes], make_agent: Any, tmp_path: Path
) -> None:
    agent = make_agent(process, tmp_path)
    owner.target = LiveTarget(owner.hub.watch_endpoint(agent.point))
    agent.greet()
    owner.until(lambda target: target.state == "connected")


def test_nothing_is_shown_before_the_history_that_belongs_before_it(owner: Any, agent: Any) -> None:
    owner.watch(agent.point.pid)
    agent.accept()
    owner.until(lambda target: target.facts is not None)  # the process was looked at, and there was something to see
    assert owner.target.timeline.last_t is None
    agent.shake([{"t_s": time.monotonic() - 60, "step": step, "v": [1.0, 1.0]} for step in (5,)])
    owner.until(lambda target: target.timeline.last_step == 5)
    assert abs(owner.target.timeline.first_t - (time.time() - 60)) < 5


def test_a_long_history_comes_in_portions(owner: Any, agent: Any) -> None:
    owner.watch(agent.point.pid)
    now = time.monotonic()
    agent.greet([{"t_s": now - 300 + at / 10, "step": at, "v": [float(at), 1.0]} for at in range(1800)])
    agent.say(agent.sample(now, 5000, 1.0, 1.0))
    owner.until(lambda target: target.timeline.last_step == 5000)
    assert [len(batch.history) for batch in owner.batches if batch.history] == [500, 500, 500, 300]
    assert owner.target.timeline.time_of_step(1799) == pytest.approx(time.time() - 120.1, abs=2)


def test_requests_race_with_closing_and_still_end(agent: Any) -> None:
    hub = Hub(queue.SimpleQueue[Batch]().put)
    key = hub.watch(agent.point.pid)
    agent.greet()
    futures: list[Any] = []
    started = threading.Event()

    def ask() -> None:
        for _ in range(2000):
            futures.append(hub.request(key, "one", timeout_s=60))
            started.set()

    thread = threading.Thread(target=ask)
    thread.start()
    started.wait(10)
    hub.close()
    thread.join()
    assert len(futures) == 2000
    for future in futures:
        assert isinstance(future.exception(10), Disconnected)


def test_watching_and_forgetting_leaves_no_descriptor_behind(owner: Any, agent: Any) -> None:
    _connected(owner, agent)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        owner.hub.unwatch(owner.target.key)
        _connected(owner, agent)
    deadline = time.monotonic() + 5  # the observer gives its own back in its next round
    while len(os.listdir("/proc/self/fd")) > before:
        assert time.monotonic() < deadline
        time.sleep(0.01)
