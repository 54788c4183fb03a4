from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from memgui.attach import arrival
from memgui.attach.process import ProcessView
from memgui.protocol.endpoints import Endpoint
from memgui.protocol.errors import Problem, Refused, Unreachable
from memgui.protocol.jsonrpc import Decoder, Failure, Request, Result, encode
from memgui.protocol.payloads import Hello
from memgui.protocol.wire import to_wire

Make = Callable[..., ProcessView]
HELLO = Hello((1, 0), "9.9", 4711, 123456, 0.0, 0.0, "host", "train.py", ("python",), "me", "3.11.7")


@pytest.fixture
def endpoint(tmp_path: Path) -> Endpoint:
    return Endpoint(4711, 123456, tmp_path / "4711.123456.sock")


@pytest.fixture
def serve(endpoint: Endpoint) -> Iterator[Callable[[bytes | None], None]]:
    """Lets somebody listen who gives one answer to each peer: bytes, or None for a proper hello."""
    threads: list[threading.Thread] = []

    def start(answer: bytes | None) -> None:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(endpoint.path))
        listener.listen()

        def run() -> None:
            with listener:
                peer, _ = listener.accept()
                with peer:
                    (request,) = Decoder().feed(peer.recv(65536))
                    assert isinstance(request, Request)
                    assert request.method == "hello"
                    peer.sendall(encode(Result(request.id, to_wire(HELLO))) if answer is None else answer)

        threads.append(threading.Thread(target=run))
        threads[-1].start()

    yield start
    for thread in threads:
        thread.join(5)


def wait(view: ProcessView, endpoint: Endpoint, **options: object) -> Hello:
    report = endpoint.path.with_suffix(".attach")
    return arrival.wait(view, endpoint, report, **{"timeout_s": 5.0, **options})  # type: ignore[arg-type]


def test_an_agent_that_answers_has_arrived(
    serve: Callable[[bytes | None], None], endpoint: Endpoint, make_process: Make
) -> None:
    serve(None)
    assert wait(make_process(), endpoint) == HELLO


def test_an_agent_that_will_not_talk_is_a_refusal(serve: Callable[[bytes | None], None], endpoint: Endpoint) -> None:
    serve(encode(Failure(1, -32001, "version 2 is needed")))
    with pytest.raises(Refused, match="version 2 is needed"):
        arrival.greet(endpoint)


@pytest.mark.parametrize("answer", [b"", b"garbage\n", b'{"jsonrpc":"2.0","id":1,"result":{}}\n'])
def test_somebody_else_behind_the_socket_is_nobody(
    answer: bytes, serve: Callable[[bytes | None], None], endpoint: Endpoint
) -> None:
    serve(answer)
    assert arrival.greet(endpoint, timeout_s=1.0) is None


def test_a_report_becomes_the_error_and_is_taken_away(endpoint: Endpoint, make_process: Make) -> None:
    report = endpoint.path.with_suffix(".attach")
    report.write_text(json.dumps({"error": "ImportError: no json", "python": "3.9.1"}))
    with pytest.raises(Problem, match=r"Python 3\.9\.1.*could not start: ImportError: no json"):
        wait(make_process(), endpoint)
    assert not report.exists()


@pytest.mark.parametrize("state", ["Z", "X"])
def test_a_process_that_ends_meanwhile_is_unreachable(state: str, endpoint: Endpoint, make_process: Make) -> None:
    with pytest.raises(Unreachable, match="ended"):
        wait(make_process(state=state), endpoint)


def test_another_process_with_the_same_pid_is_not_taken_for_it(endpoint: Endpoint, make_process: Make) -> None:
    with pytest.raises(Unreachable, match="ended"):
        wait(make_process(), Endpoint(4711, 99, endpoint.path))


def test_time_that_is_up_names_the_call_that_blocks(endpoint: Endpoint, make_process: Make) -> None:
    with pytest.raises(Unreachable, match=r"no agent after 0\.05 s: waiting .* \(in futex\)"):
        wait(make_process(syscall="202 0x1"), endpoint, timeout_s=0.05)


def test_whoever_waits_is_told_once_and_may_give_up(endpoint: Endpoint, make_process: Make) -> None:
    said: list[str] = []
    view = make_process(syscall="7 0x1")
    with pytest.raises(arrival.Cancelled):
        wait(view, endpoint, progress=said.append, cancelled=lambda: bool(said))
    assert said == ["waiting for the main thread to reach Python code (in poll)"]


def test_a_text_that_has_run_is_not_waited_for_in_the_wrong_words(endpoint: Endpoint, make_process: Make) -> None:
    said: list[str] = []
    with pytest.raises(arrival.Cancelled):
        wait(
            make_process(),
            endpoint,
            progress=said.append,
            cancelled=lambda: bool(said),
            has_begun=lambda: True,
        )
    assert said == ["the main thread has reached Python code; the agent is starting"]
