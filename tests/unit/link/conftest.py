"""An agent of few words: a real socket, served by the test itself."""

from __future__ import annotations

import queue
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from memgui.link.batch import Batch
from memgui.link.hub import Hub
from memgui.link.target import LiveTarget
from memgui.protocol import endpoints, jsonrpc
from memgui.protocol.jsonrpc import Decoder, Notification, Request, Result, encode
from memgui.protocol.payloads import Hello, Sample
from memgui.protocol.wire import to_wire

NAMES = ("host.anon_bytes", "host.rss_bytes")


class ScriptedAgent:
    """Listens where the agent of a real process would; the test decides what it says."""

    def __init__(self, directory: Path, pid: int) -> None:
        started = endpoints.process_start_time(pid)
        assert started is not None
        self.point = endpoints.endpoint_for(directory, pid, started)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.point.path))
        self.listener.listen()
        self.listener.settimeout(10)
        self.connection: socket.socket | None = None
        self.decoder = Decoder()
        self.waiting: list[Any] = []

    def accept(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection, _ = self.listener.accept()
        self.connection.settimeout(10)
        self.decoder, self.waiting = Decoder(), []

    def expect(self, method: str) -> Request:
        assert self.connection is not None
        while not self.waiting:
            data = self.connection.recv(65536)
            assert data, "the client closed the connection"
            self.waiting += self.decoder.feed(data)
        message = self.waiting.pop(0)
        assert isinstance(message, Request)
        assert message.method == method
        return message

    def say(self, *messages: jsonrpc.Message) -> None:
        self.raw(b"".join(encode(message) for message in messages))

    def raw(self, data: bytes) -> None:
        assert self.connection is not None
        self.connection.sendall(data)

    def hello(self, **changes: Any) -> dict[str, Any]:
        point = self.point
        hello = Hello(
            (1, 0), "0.1.0", point.pid, point.start_time, time.monotonic(), time.time(), "here", "train.py",
            ("python", "train.py"), "ada", "3.11.7", step=1, safe_point="after SGD.step()",
        )  # fmt: skip
        return {**to_wire(hello), **changes}

    def greet(self, rows: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        """Accept, and the whole handshake; returns the parameters of the history request."""
        self.accept()
        return self.shake(rows)

    def shake(self, rows: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        """The whole handshake; returns the parameters of the history request."""
        self.say(Result(self.expect("hello").id, self.hello()))
        self.say(Result(self.expect("subscribe").id, {"generation": 1, "names": list(NAMES), "hz": 10.0}))
        self.say(Result(self.expect("actions.list").id, {"actions": []}))
        request = self.expect("history")
        self.say(Result(request.id, {"names": list(NAMES), "rows": rows or [], "more": False}))
        return request.params

    def sample(self, t_s: float, step: int, *values: float | None) -> Notification:
        return Notification("sample", to_wire(Sample(t_s, step, 1, values)))

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.listener.close()
        self.point.path.unlink(missing_ok=True)


class Owner:
    """Takes batches in on the test's thread."""

    def __init__(self) -> None:
        self.inbox: queue.SimpleQueue[Batch] = queue.SimpleQueue()
        self.hub = Hub(self.inbox.put)
        self.batches: list[Batch] = []
        self.target: LiveTarget | None = None

    def watch(self, pid: int) -> LiveTarget:
        self.target = LiveTarget(self.hub.watch(pid))
        return self.target

    def until(self, condition: Callable[[LiveTarget], object], seconds: float = 10.0) -> None:
        assert self.target is not None
        deadline = time.monotonic() + seconds
        while not condition(self.target):
            assert time.monotonic() < deadline, f"state {self.target.state}: {self.target.state_text}"
            try:
                batch = self.inbox.get(timeout=0.1)
            except queue.Empty:
                continue
            self.batches.append(batch)
            if batch.key == self.target.key:
                self.target.apply(batch)


@pytest.fixture
def owner() -> Iterator[Owner]:
    made = Owner()
    yield made
    made.hub.close()


def _idle_process() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=-1)


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """A process that does nothing."""
    child = _idle_process()
    yield child
    child.kill()
    child.communicate()


@pytest.fixture
def make_agent(runtime_directory: Path) -> Iterator[Callable[..., ScriptedAgent]]:
    """Makes agents, of new processes or of given ones."""
    children: list[subprocess.Popen[bytes]] = []
    agents: list[ScriptedAgent] = []

    def make(process: subprocess.Popen[bytes] | None = None, directory: Path = runtime_directory) -> ScriptedAgent:
        if process is None:
            process = _idle_process()
            children.append(process)
        agents.append(ScriptedAgent(directory, process.pid))
        return agents[-1]

    yield make
    for agent in agents:
        agent.close()
    for child in children:
        child.kill()
        child.communicate()


@pytest.fixture
def agent(process: subprocess.Popen[bytes], make_agent: Callable[..., ScriptedAgent]) -> ScriptedAgent:
    """The agent of `process`."""
    return make_agent(process)
