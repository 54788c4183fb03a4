"""An agent in this very process, a viewer on its socket, and a torch that never was."""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import memgui.agent


class Viewer:
    """Speaks the wire's lines by hand: the tests hold the agent against the page, not against its own code."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(str(path))
        self._lines = self.socket.makefile("rb")
        self._id = 0
        self.notes: list[dict[str, Any]] = []

    def send(self, method: str, /, **params: Any) -> int:
        self._id += 1
        body = {"jsonrpc": "2.0", "id": self._id, "method": method, "params": params}
        self.socket.sendall(json.dumps(body).encode() + b"\n")
        return self._id

    def read(self) -> dict[str, Any]:
        line = self._lines.readline()
        if not line:
            raise EOFError
        return dict(json.loads(line))

    def answer(self, number: int) -> dict[str, Any]:
        while True:
            message = self.read()
            if message.get("id") == number and "method" not in message:
                return message
            self.notes.append(message)

    def call(self, method: str, /, **params: Any) -> Any:
        answer = self.answer(self.send(method, **params))
        assert "error" not in answer, answer
        return answer["result"]

    def fail(self, method: str, /, **params: Any) -> dict[str, Any]:
        return dict(self.answer(self.send(method, **params))["error"])

    def hello(self) -> Any:
        return self.call("hello", protocol=[1, 0], client="test")

    def note(self, method: str, matches: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The params of the next notification that matches."""
        while True:
            message = self.notes.pop(0) if self.notes else self.read()
            if message.get("method") == method and matches(message["params"]):
                return dict(message["params"])

    def event(self, kind: str) -> dict[str, Any]:
        return self.note("event", lambda params: params["kind"] == kind)

    def is_closed(self, within_s: float = 5.0) -> bool:
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if select.select([self.socket], [], [], 0.1)[0] and not self.socket.recv(65536):
                return True
        return False

    def close(self) -> None:
        self._lines.close()
        self.socket.close()


@pytest.fixture
def agent() -> Iterator[Path]:
    """The path of a running agent's socket."""
    path = memgui.agent.start(in_worker=True)
    assert path is not None
    yield path
    memgui.agent.stop()


@pytest.fixture
def connect(agent: Path) -> Iterator[Callable[..., Viewer]]:
    """Connects viewers, which have said hello unless asked not to."""
    viewers: list[Viewer] = []

    def make(*, hello: bool = True) -> Viewer:
        viewer = Viewer(agent)
        viewers.append(viewer)
        if hello:
            viewer.hello()
        return viewer

    yield make
    for viewer in viewers:
        viewer.close()


@pytest.fixture
def viewer(connect: Callable[..., Viewer]) -> Viewer:
    return connect()


class FakeBackend:
    """What memgui uses of `torch.cuda`, with made-up numbers of a plausible run; none was recorded."""

    def __init__(self, devices: int = 2) -> None:
        self.initialised = True
        self.calls: list[str] = []
        self.devices = devices
        self.reserved = {0: 48_234_496, 1: 0}
        self.host_stats: dict[str, Any] = {
            "active_bytes": {"current": 4_194_304, "peak": 8_388_608},
            "allocated_bytes": {"current": 8_388_608, "peak": 8_388_608},
            "num_host_alloc": 3,
        }

    def is_initialized(self) -> bool:
        return self.initialised

    def device_count(self) -> int:
        return self.devices

    def memory_stats_as_nested_dict(self, index: int) -> dict[str, Any]:
        reserved = self.reserved[index]
        if not reserved:
            return {"reserved_bytes": {"all": {"current": 0, "peak": 0}}}
        return {
            "allocated_bytes": {"all": {"current": 25_362_944, "peak": 33_554_432}},
            "reserved_bytes": {"all": {"current": reserved, "peak": 50_331_648}},
            "active_bytes": {"all": {"current": 25_362_944, "peak": 33_554_432}},
            "inactive_split_bytes": {"all": {"current": 7_143_424, "peak": 9_000_000}},
            "num_alloc_retries": 1,
            "num_ooms": 0,
        }

    def host_memory_stats_as_nested_dict(self) -> dict[str, Any]:
        return self.host_stats

    def mem_get_info(self, index: int) -> tuple[int, int]:
        return 80_000_000_000 - index, 85_000_000_000

    def get_device_properties(self, index: int) -> Any:
        return SimpleNamespace(total_memory=85_000_000_000)

    def get_device_name(self, index: int) -> str:
        return "NVIDIA H100 80GB HBM3"

    def synchronize(self, index: int) -> None:
        self.calls.append(f"synchronize {index}")

    def empty_cache(self) -> None:
        self.calls.append("empty_cache")
        self.reserved[0] = 32_505_856

    def reset_peak_memory_stats(self, index: int) -> None:
        self.calls.append(f"reset_peak {index}")


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def fake_modules(backend: FakeBackend) -> dict[str, Any]:
    """`sys.modules` of a process that uses one of two devices."""
    native = SimpleNamespace(_host_emptyCache=lambda: backend.calls.append("host_emptyCache"))
    return {"torch": SimpleNamespace(cuda=backend, _C=native)}
