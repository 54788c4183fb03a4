"""Real trainings with the agent inside: what it must do, and what it must not do to them."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from memgui.protocol import endpoints

TRAINING = """
import os, sys, time
import torch
from torch.utils.data import DataLoader, Dataset
if os.environ.get("AGENT"):
    import memgui.agent
    memgui.agent.start()

class Numbers(Dataset):
    def __len__(self): return 1_000_000
    def __getitem__(self, index):
        return torch.full((64,), float(index % 97))

def main(steps, workers, context):
    torch.manual_seed(0); torch.set_num_threads(1)
    model = torch.nn.Sequential(torch.nn.Linear(64, 512), torch.nn.Tanh(), torch.nn.Linear(512, 8))
    optimizer = torch.optim.Adam(model.parameters())
    if workers:
        batches = iter(DataLoader(Numbers(), 8, num_workers=workers, multiprocessing_context=context))
    else:
        batches = (torch.randn(32, 64) for _ in range(10**9))
    for step in range(steps):
        batch = next(batches)
        optimizer.zero_grad()
        loss = (model(batch) - batch[:, :8].sin()).square().mean()
        loss.backward()
        optimizer.step()
        print(loss.item().hex(), flush=True)
        time.sleep(0.001)

if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
"""

ENDLESS = 10**9


class Viewer:
    """One connection, by hand."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(path))
        self._lines = self.socket.makefile("rb")
        self._id = 0

    def send(self, method: str, **params: Any) -> int:
        self._id += 1
        line = json.dumps({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params})
        self.socket.sendall(line.encode() + b"\n")
        return self._id

    def call(self, method: str, **params: Any) -> Any:
        number = self.send(method, **params)
        while True:
            message = json.loads(self._lines.readline())
            if message.get("id") == number:
                return message["result"]

    def sample(self) -> dict[str, Any]:
        while True:
            message = json.loads(self._lines.readline())
            if message.get("method") == "sample":
                return dict(message["params"])

    def close(self) -> None:
        self._lines.close()
        self.socket.close()


class Run:
    """A training process and what it printed."""

    def __init__(self, process: subprocess.Popen[str], directory: Path) -> None:
        self.process = process
        self._directory = directory

    def losses(self, count: int) -> list[str]:
        assert self.process.stdout is not None
        return [self.process.stdout.readline().strip() for _ in range(count)]

    def socket(self) -> Path:
        """The agent's socket, once it is there."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for point in endpoints.list_endpoints(self._directory):
                if point.pid == self.process.pid:
                    return point.path
            assert self.process.poll() is None, "the training has ended"
            time.sleep(0.02)
        raise AssertionError("no agent")

    def viewer(self) -> Viewer:
        viewer = Viewer(self.socket())
        viewer.call("hello", protocol=[1, 0])
        return viewer

    def drain(self) -> tuple[list[str], str]:
        """All that is left to read, and the errors."""
        # communicate() would leave out what readline() has taken into the buffer already.
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        out, errors = self.process.stdout.read(), self.process.stderr.read()
        self.process.wait(60)
        return out.split(), errors


Start = Callable[..., Run]


@pytest.fixture
def start(tmp_path: Path, runtime_directory: Path) -> Iterator[Start]:
    script = tmp_path / "train.py"
    script.write_text(TRAINING)
    runs: list[Run] = []

    def make(steps: int, workers: int = 0, context: str = "fork", *, agent: bool = True) -> Run:
        environment = {**os.environ, "AGENT": "1" if agent else "", "PYTHONPATH": str(Path(__file__).parents[2])}
        process = subprocess.Popen(
            [sys.executable, str(script), str(steps), str(workers), context],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            start_new_session=True,
        )
        run = Run(process, runtime_directory)
        runs.append(run)
        return run

    yield make
    for run in runs:
        try:
            # The whole session, so that no loader worker is left behind.
            os.killpg(run.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        run.process.communicate()


def read_on(run: Run, steps: int) -> None:
    """The training prints on: it goes on."""
    assert all(run.losses(steps)), run.process.poll()


def test_losses_are_bit_equal_while_memory_is_watched_and_freed(start: Start) -> None:
    steps = 400
    alone = start(steps, agent=False).drain()[0]
    run = start(steps)
    first = run.losses(1)
    viewer = run.viewer()
    viewer.call("subscribe", hz=100)
    receipts = [
        viewer.call("actions.run", action=action, timeout_s=20)
        for action in ("release_gradients", "trim_heap", "collect_garbage", "release_gradients")
    ]
    sample = viewer.sample()
    viewer.close()
    rest, errors = run.drain()
    assert [receipt["outcome"] for receipt in receipts] == ["done"] * 4
    assert receipts[0]["freed_bytes"] == (64 * 512 + 512 + 512 * 8 + 8) * 4
    assert sample["step"] > 0
    assert errors == ""
    assert first + rest == alone


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_loader_workers_have_no_agent_and_hold_none_of_its_descriptors(
    start: Start, context: str, runtime_directory: Path
) -> None:
    run = start(60, 2, context)
    run.losses(5)
    path = run.socket()
    children = Path(f"/proc/{run.process.pid}/task/{run.process.pid}/children").read_text().split()
    for child in children:
        threads = [name.read_text().strip() for name in Path(f"/proc/{child}/task").glob("*/comm")]
        assert "memgui-agent" not in threads
    viewer = run.viewer()
    viewer.call("subscribe", hz=20)
    assert viewer.sample()["step"] > 0
    assert [point.path for point in endpoints.list_endpoints(runtime_directory)] == [path]
    _, errors = run.drain()
    viewer.close()
    assert errors == ""
    assert run.process.returncode == 0
    assert list(runtime_directory.iterdir()) == []


def test_a_killed_training_leaves_a_socket_that_is_known_to_be_stale(start: Start, runtime_directory: Path) -> None:
    run = start(ENDLESS)
    viewer = run.viewer()
    run.process.kill()
    run.process.wait()
    assert viewer.socket.recv(65536) == b""
    viewer.close()
    (left,) = endpoints.list_endpoints(runtime_directory)
    assert endpoints.is_stale(left)
    with pytest.raises(ConnectionRefusedError):
        endpoints.connect(left)


def test_ctrl_c_ends_the_training_and_leaves_no_socket(start: Start, runtime_directory: Path) -> None:
    run = start(ENDLESS)
    run.losses(3)
    run.socket()
    run.process.send_signal(signal.SIGINT)
    _, errors = run.drain()
    assert "KeyboardInterrupt" in errors
    assert list(runtime_directory.iterdir()) == []


def test_clients_that_misbehave_cost_the_training_nothing(start: Start) -> None:
    run = start(ENDLESS)
    run.losses(1)
    path = run.socket()
    watching = run.viewer()
    watching.call("subscribe", hz=20)

    deaf = Viewer(path)
    deaf.send("hello", protocol=[1, 0])
    deaf.send("subscribe", hz=100)
    for _ in range(300):
        deaf.send("history")

    noise = random.Random(0)
    for _ in range(3):
        garbage = socket.socket(socket.AF_UNIX)
        garbage.settimeout(10)
        garbage.connect(str(path))
        try:
            garbage.sendall(noise.randbytes(200_000))
        except (BrokenPipeError, ConnectionResetError):
            pass
        garbage.close()

    # A client that is killed in the middle of a line.
    program = f"import socket,time; s=socket.socket(socket.AF_UNIX); s.connect({str(path)!r}); "
    program += 's.sendall(b\'{"jsonrpc":"2.0","id":1,"meth\'); print(\'sent\', flush=True); time.sleep(60)'
    client = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert client.stdout is not None
    assert client.stdout.readline() == "sent\n"
    client.kill()
    client.communicate()

    before = cpu_s(run.process.pid, "memgui-agent")
    began = time.monotonic()
    times = [watching.sample()["t_s"] for _ in range(40)]
    used = (cpu_s(run.process.pid, "memgui-agent") - before) / (time.monotonic() - began)
    read_on(run, 20)
    assert len(set(times)) == 40
    assert used < 0.25
    watching.close()
    deaf.close()


def cpu_s(pid: int, thread: str) -> float:
    """Processor time of the threads with this name."""
    total = 0
    for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
        text = stat.read_text()
        if f"({thread})" in text:
            fields = text[text.rindex(")") + 2 :].split()
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def test_a_client_that_is_killed_while_its_action_runs_leaves_the_action_whole(start: Start) -> None:
    run = start(ENDLESS)
    run.losses(1)
    watching = run.viewer()
    for _ in range(10):
        client = run.viewer()
        client.send("actions.run", action="release_gradients")
        client.close()
    read_on(run, 60)
    events = [event for event in watching.call("history")["events"] if event["kind"] == "receipt"]
    # A request that was still on its way when its client died may not have arrived; what arrived has one receipt.
    assert 1 <= len({event["data"]["id"] for event in events}) == len(events) <= 10
    assert {event["data"]["outcome"] for event in events} <= {"done", "refused"}
    watching.close()


def test_a_training_that_evaluates_times_actions_out(tmp_path: Path, runtime_directory: Path) -> None:
    program = "import torch, sys, memgui.agent\nmemgui.agent.start()\nprint('up', flush=True)\nsys.stdin.read()\n"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe, text=True, env=environment)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        run = Run(process, runtime_directory)
        viewer = run.viewer()
        receipt = viewer.call("actions.run", action="collect_garbage", timeout_s=0.5)
        refused = viewer.call("actions.run", action="release_gradients", timeout_s=0.5)
        done = viewer.call("actions.run", action="trim_heap", when="now")
        viewer.close()
    finally:
        process.communicate("")
    assert receipt["outcome"] == "timed_out"
    assert "no optimizer step seen in 0.5 s" in receipt["reason"]
    assert refused["outcome"] == "refused"
    assert done["outcome"] == "done"
    assert list(runtime_directory.iterdir()) == []
