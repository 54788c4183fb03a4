"""An agent in this process, spoken to over its socket."""

from __future__ import annotations

import gc
import json
import os
import stat
import threading
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import memgui.agent
from memgui.agent import control, server
from memgui.agent.actions.registry import ScriptActions
from memgui.agent.agent import Agent
from memgui.agent.declared import Declared
from memgui.agent.probes.probe import Probe
from memgui.protocol import endpoints
from memgui.protocol.errors import Refused


class Stepping:
    """A training thread that does nothing but step."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(0.002):
            memgui.agent.step(tokens=512)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


@pytest.fixture
def stepping(agent: Path) -> Any:
    training = Stepping()
    yield training
    training.stop()


def test_the_socket_is_the_owners_alone_and_goes_with_the_agent(runtime_directory: Path) -> None:
    path = memgui.agent.start(in_worker=True)
    assert path is not None
    assert memgui.agent.start(in_worker=True) == path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (endpoint,) = endpoints.list_endpoints(runtime_directory)
    assert (endpoint.pid, endpoints.is_stale(endpoint)) == (os.getpid(), False)
    memgui.agent.stop()
    assert not path.exists()
    memgui.agent.stop()


def test_it_can_be_started_and_stopped_again_and_again() -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        assert memgui.agent.start(in_worker=True) is not None
        memgui.agent.stop()
    assert len(os.listdir("/proc/self/fd")) == before


def test_the_socket_goes_where_the_caller_says(tmp_path: Path) -> None:
    own = tmp_path / "own"
    path = memgui.agent.start(in_worker=True, directory=own)
    assert path is not None
    assert path.parent == own
    memgui.agent.stop()


def test_a_directory_that_others_may_enter_is_refused(runtime_directory: Path) -> None:
    runtime_directory.chmod(0o755)
    with pytest.raises(Refused, match="chmod 700"):
        memgui.agent.start(in_worker=True)
    memgui.agent.step()
    memgui.agent.mark("nobody hears it")


def test_hello_tells_who_the_target_is(connect: Callable[..., Any]) -> None:
    told = connect(hello=False).hello()
    assert told["protocol"] == [1, 0]
    assert told["pid"] == os.getpid()
    assert told["start_time"] == endpoints.process_start_time(os.getpid())
    assert told["time_s"] == pytest.approx(time.time(), abs=5)
    assert told["monotonic_s"] == pytest.approx(time.monotonic(), abs=5)
    assert told["devices"] == []


def test_nothing_is_answered_before_hello(connect: Callable[..., Any]) -> None:
    viewer = connect(hello=False)
    assert viewer.fail("subscribe")["code"] == -32600
    viewer.hello()
    assert viewer.call("subscribe")["hz"] == 10.0


def test_another_major_version_is_refused_with_both_numbers(connect: Callable[..., Any]) -> None:
    viewer = connect(hello=False)
    error = viewer.fail("hello", protocol=[2, 0])
    assert error["code"] == -32001
    assert "2.0" in error["message"]
    assert "1.0" in error["message"]
    assert viewer.is_closed()


@pytest.mark.parametrize(
    ("method", "params", "code", "text"),
    [
        ("inspect.everything", {}, -32601, "inspect.everything"),
        ("subscribe", {"hz": "fast"}, -32602, "SubscribeParams.hz"),
        ("actions.run", {}, -32602, "'action' is missing"),
        ("actions.run", {"action": "explode"}, -32602, "it has: collect_garbage, trim_heap"),
        ("actions.run", {"action": "trim_heap", "params": {"deep": 1}}, -32602, "unknown parameter 'deep'"),
        ("actions.run", {"action": "trim_heap", "when": "later"}, -32602, "when"),
    ],
)
def test_wrong_requests_are_answered_with_what_is_wrong(
    viewer: Any, method: str, params: dict[str, Any], code: int, text: str
) -> None:
    error = viewer.fail(method, **params)
    assert error["code"] == code
    assert text in error["message"]


@pytest.mark.parametrize(("asked", "kept"), [(1e9, 100.0), (0.0, 0.1), (5.0, 5.0)])
def test_the_rate_is_clamped(viewer: Any, asked: float, kept: float) -> None:
    assert viewer.call("subscribe", hz=asked)["hz"] == kept


def test_samples_come_at_the_rate_with_a_value_per_name(viewer: Any) -> None:
    names = viewer.call("subscribe", hz=20)["names"]
    samples = [viewer.note("sample") for _ in range(10)]
    gaps = [after["t_s"] - before["t_s"] for before, after in pairwise(samples)]
    assert sum(gaps) / len(gaps) == pytest.approx(0.05, rel=0.4)
    last = dict(zip(names, samples[-1]["v"], strict=True))
    assert last["host.rss_bytes"] > 10_000_000
    assert last["agent.sample_cpu_s"] > 0
    assert samples[-1]["step"] == -1
    assert last["step.duration_s"] is None


def test_unsubscribe_ends_the_stream(viewer: Any) -> None:
    viewer.call("subscribe", hz=50)
    viewer.note("sample")
    assert viewer.call("unsubscribe") is True
    viewer.notes.clear()
    viewer.call("history")
    assert viewer.notes == []


def test_steps_and_what_the_script_observes_become_metrics(viewer: Any, stepping: Any) -> None:
    viewer.call("subscribe", hz=20)
    names = viewer.event("metrics")["data"]["names"]
    assert "step.tokens" in names
    sample = viewer.note("sample", lambda params: params["generation"] == 2)
    values = dict(zip(names, sample["v"], strict=True))
    assert values["step.tokens"] == 512
    assert sample["step"] > 0


def test_marks_reach_the_stream_and_the_history(viewer: Any) -> None:
    memgui.agent.mark("epoch 3")
    assert viewer.event("mark")["text"] == "epoch 3"
    assert [event["text"] for event in viewer.call("history")["events"]] == ["epoch 3"]


def test_history_serves_what_nobody_saw_in_pages(viewer: Any) -> None:
    viewer.call("subscribe", hz=20)
    for _ in range(12):
        viewer.note("sample")
    rows: list[dict[str, Any]] = []
    since = None
    while True:
        page = viewer.call("history", limit=5, **({} if since is None else {"since_s": since}))
        rows += page["rows"]
        since = rows[-1]["t_s"]
        if not page["more"]:
            break
    times = [row["t_s"] for row in rows]
    assert times == sorted(set(times))
    assert len(rows) >= 5
    assert all(len(row["v"]) == len(page["names"]) for row in rows)


def test_actions_describe_themselves_and_say_why_they_cannot_run(viewer: Any) -> None:
    actions = {action["name"]: action for action in viewer.call("actions.list")["actions"]}
    assert list(actions)[:3] == ["collect_garbage", "trim_heap", "release_gradients"]
    assert "accelerator" in actions["empty_device_cache"]["unavailable"]
    assert actions["collect_garbage"]["safe_point"]
    assert actions["clear_cache"]["params"]["properties"]["cache"]["enum"]
    assert "accelerator" in viewer.call("actions.preview", action="reset_peaks")["unavailable"]
    assert viewer.call("actions.preview", action="collect_garbage")["pause_ms"] > 0


def test_an_action_that_is_safe_anywhere_runs_now(viewer: Any) -> None:
    viewer.call("subscribe")
    receipt = viewer.call("actions.run", action="trim_heap", when="now")
    assert receipt["outcome"] == "done"
    assert receipt["before"]["host.rss_bytes"] - receipt["after"]["host.rss_bytes"] == receipt["freed_bytes"]
    assert viewer.event("receipt")["data"]["id"] == receipt["id"]


def test_an_action_that_touches_the_training_does_not_run_now(viewer: Any) -> None:
    receipt = viewer.call("actions.run", action="collect_garbage", when="now")
    assert receipt["outcome"] == "refused"
    assert "step boundary" in receipt["reason"]


def test_an_action_runs_at_the_step_on_the_training_thread_and_settles(viewer: Any, stepping: Any) -> None:
    receipt = viewer.call("actions.run", action="collect_garbage")
    assert receipt["outcome"] == "done"
    assert receipt["step"] > 0
    settled = viewer.event("settled")
    assert settled["data"]["id"] == receipt["id"]
    assert settled["data"]["steps"] >= 20


def test_without_steps_an_action_times_out_and_changes_nothing(viewer: Any) -> None:
    number = viewer.send("actions.run", action="collect_garbage", timeout_s=0.3)
    assert viewer.note("progress")["request"] == number
    receipt = viewer.answer(number)["result"]
    assert receipt["outcome"] == "timed_out"
    assert "no optimizer step seen in 0.3" in receipt["reason"]


def test_too_many_waiting_actions_are_refused(viewer: Any) -> None:
    numbers = [viewer.send("actions.run", action="collect_garbage", timeout_s=1) for _ in range(17)]
    assert viewer.answer(numbers[-1])["error"]["code"] == -32003


def test_stopping_ends_waiting_actions_and_says_goodbye(viewer: Any) -> None:
    number = viewer.send("actions.run", action="collect_garbage")
    viewer.note("progress")
    memgui.agent.stop()
    assert viewer.answer(number)["result"]["outcome"] == "refused"
    assert viewer.event("exit")["kind"] == "exit"
    assert viewer.is_closed()


def test_what_a_gone_client_asked_for_is_not_begun(connect: Callable[..., Any], viewer: Any) -> None:
    other = connect()
    other.send("actions.run", action="collect_garbage")
    other.note("progress")
    other.close()
    receipt = viewer.event("receipt")["data"]
    assert receipt["outcome"] == "refused"
    assert "has gone" in receipt["reason"]


def test_nothing_can_be_taken_back_that_was_not_offered(viewer: Any) -> None:
    assert viewer.call("actions.undo", undo="run-1")["outcome"] == "refused"


def test_a_scripts_action_appears_runs_and_disappears_with_its_function(viewer: Any, stepping: Any) -> None:
    calls: list[int] = []

    @memgui.agent.register_action(name="drop", title="Drop the cache", params={"count": 3})
    def drop(count: int) -> int:
        """Drops entries."""
        calls.append(count)
        return count * 10

    assert viewer.event("actions")["kind"] == "actions"
    offered = {action["name"]: action for action in viewer.call("actions.list")["actions"]}["drop"]
    assert (offered["title"], offered["group"], offered["description"]) == (
        "Drop the cache",
        "script",
        "Drops entries.",
    )
    receipt = viewer.call("actions.run", action="drop", params={"count": 5})
    assert (receipt["outcome"], receipt["freed_bytes"], calls) == ("done", 50, [5])
    viewer.notes.clear()
    del drop
    gc.collect()
    viewer.event("actions")
    assert "drop" not in [action["name"] for action in viewer.call("actions.list")["actions"]]


def test_garbage_is_answered_and_then_the_connection_is_closed(connect: Callable[..., Any]) -> None:
    viewer = connect(hello=False)
    viewer.socket.sendall(b"\x00\xff not json\n" * 3)
    assert viewer.read()["error"]["code"] == -32700
    viewer.socket.sendall(b"[]\n" * 40)
    assert viewer.is_closed()


def test_a_line_without_end_is_cut_off(connect: Callable[..., Any]) -> None:
    viewer = connect(hello=False)
    viewer.socket.sendall(b"x" * 300_000 + b"\n")
    assert viewer.read()["error"]["code"] == -32002
    assert viewer.hello()["pid"] == os.getpid()


def test_the_number_of_viewers_is_bounded_and_the_others_go_on(connect: Callable[..., Any]) -> None:
    viewers = [connect() for _ in range(16)]
    extra = connect(hello=False)
    assert extra.read()["error"]["code"] == -32003
    assert extra.is_closed()
    assert viewers[0].call("subscribe")["hz"] == 10.0
    viewers[3].close()
    deadline = time.monotonic() + 5
    while True:
        again = connect(hello=False)
        try:
            assert again.hello()["pid"] == os.getpid()
            break
        except (EOFError, OSError, AssertionError):
            assert time.monotonic() < deadline


def test_a_viewer_that_never_reads_loses_samples_and_holds_nobody_up(connect: Callable[..., Any]) -> None:
    deaf, other = connect(), connect()
    deaf.socket.sendall(b'{"jsonrpc":"2.0","id":9,"method":"subscribe","params":{"hz":100}}\n')
    requests = b"".join(
        json.dumps({"jsonrpc": "2.0", "id": number, "method": "actions.list"}).encode() + b"\n" for number in range(500)
    )
    deaf.socket.sendall(requests)
    other.call("subscribe", hz=20)
    samples = [other.note("sample") for _ in range(40)]
    gaps = [after["t_s"] - before["t_s"] for before, after in pairwise(samples)]
    assert max(gaps) < 1.0
    assert samples[-1]["dropped"] == 0


def test_the_agents_memory_is_small_and_told(viewer: Any) -> None:
    names = viewer.call("subscribe", hz=20)["names"]
    values = dict(zip(names, viewer.note("sample")["v"], strict=True))
    assert 0 <= values["agent.held_bytes"] < 2_000_000


def test_a_forked_child_forgets_the_agent(agent: Path) -> None:
    open_here = len(os.listdir("/proc/self/fd"))
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            memgui.agent.mark("nobody")
            memgui.agent.step()
            memgui.agent.stop()
            # The listener, the pipe to wake the thread, and two files of /proc are closed; this test's pipe is open.
            closed = open_here + 2 - len(os.listdir("/proc/self/fd"))
            os.write(write, b"%d" % closed if control._agent is None and agent.exists() else b"remembers")
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    told = os.read(read, 20)
    os.close(read)
    assert told == b"5"
    assert agent.exists()


def test_an_agent_that_has_ended_closes_nothing_of_the_training_in_a_child(tmp_path: Path) -> None:
    endpoint = endpoints.endpoint_for(tmp_path, os.getpid(), 1)
    ended = Agent(endpoint, server.listen(endpoint), ScriptActions(), Declared())
    ended.start()
    ended.stop()
    # The numbers that the agent had are free, and go to what the training opens next.
    pipes = [os.pipe() for _ in range(8)]
    try:
        ended.abandon()
        for read, write in pipes:
            os.write(write, b"here")
            assert os.read(read, 4) == b"here"
    finally:
        for ends in pipes:
            for end in ends:
                os.close(end)


def test_what_is_told_of_a_steps_end_is_never_older_than_its_number(
    agent: Path, connect: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Steps(Probe):
        """Counts the steps so far; while others are read, as they give the interpreter's lock away, one ends."""

        name, names = "steps", ("test.steps_count",)

        def read(self) -> Sequence[float | None]:
            told = control._agent.clock.step if control._agent is not None else None
            memgui.agent.step()
            return (told,)

    assert control._agent is not None
    memgui.agent.step()
    viewer = connect()
    # A probe that costs much, as on a loaded machine, would not be read for each sample.
    monkeypatch.setattr(control._agent._sampler, "_cpu_clock", lambda: 0.0)
    assert control._agent._sampler.add([Steps()])
    viewer.call("subscribe", hz=50)
    at = list(control._agent._sampler.names).index("test.steps_count")
    for _ in range(5):
        sample = viewer.note("sample", lambda said: len(said["v"]) > at)
        assert sample["v"][at] >= sample["step"]
