"""Waits for the agent that was sent in: its socket answers, its report tells why it could not start, or time is up."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from memgui.attach.process import ProcessView
from memgui.protocol import endpoints
from memgui.protocol.endpoints import Endpoint
from memgui.protocol.errors import Problem, Refused, Unreachable
from memgui.protocol.jsonrpc import Decoder, Failure, Request, Result, encode
from memgui.protocol.payloads import Hello, HelloParams
from memgui.protocol.version import PROTOCOL_VERSION
from memgui.protocol.wire import WireError, from_wire, to_wire

_POLL_S = 0.02
# An agent that comes at once is not worth a word.
_QUIET_S = 0.3
_STARTING = "the main thread has reached Python code; the agent is starting"


class Cancelled(Problem):
    """The caller asked to stop waiting."""


def greet(endpoint: Endpoint, timeout_s: float = 2.0) -> Hello | None:
    """Say hello to the agent at `endpoint`; None where nobody answers.

    Raises:
        Refused: it answers that it will not talk to us.
    """
    try:
        with endpoints.connect(endpoint, timeout_s) as connection:
            return _handshake(connection, time.monotonic() + timeout_s)
    except (OSError, WireError):
        return None


def wait(
    view: ProcessView,
    endpoint: Endpoint,
    report: Path,
    *,
    timeout_s: float,
    progress: Callable[[str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    has_begun: Callable[[], bool] | None = None,
) -> Hello:
    """The agent's hello.

    Args:
        has_begun: whether the main thread is known to have passed the agent on.

    Raises:
        Problem: the agent was there and could not start; the text carries its reason.
        Unreachable: the process ended, or the main thread came to no Python code within `timeout_s`.
        Cancelled: `cancelled` said so. The agent starts all the same once the main thread gets to it.
    """
    began = time.monotonic()
    told = ""
    while True:
        # The socket may be younger than the report of an earlier, failed try: it counts first.
        hello = greet(endpoint) if endpoint.path.exists() else None
        if hello is not None:
            return hello
        _raise_reported(view.pid, report)
        if endpoints.process_start_time(view.pid, view.proc) != endpoint.start_time or _is_over(view):
            raise Unreachable(f"process {view.pid} ended before the agent was up")
        passed_s = time.monotonic() - began
        text = _STARTING if has_begun is not None and has_begun() else _waiting_text(view)
        if passed_s > timeout_s:
            raise Unreachable(
                f"no agent after {timeout_s:g} s: {text}",
                "the agent starts by itself as soon as the main thread gets there; wait and attach again to connect",
            )
        if cancelled is not None and cancelled():
            raise Cancelled(
                f"stopped waiting for process {view.pid}",
                "the agent starts by itself as soon as the main thread reaches Python code",
            )
        if progress is not None and passed_s > _QUIET_S and text != told:
            told = text
            progress(text)
        time.sleep(_POLL_S)


def forget_report(report: Path) -> None:
    """Remove what an earlier try left."""
    with suppress(OSError):
        report.unlink()


def _handshake(connection: socket.socket, deadline: float) -> Hello | None:
    connection.sendall(encode(Request(1, "hello", to_wire(HelloParams(PROTOCOL_VERSION, "memgui attach")))))
    decoder = Decoder()
    while time.monotonic() < deadline:
        data = connection.recv(65536)
        if not data:
            return None
        for message in decoder.feed(data):
            if isinstance(message, Failure):
                raise Refused(f"the agent turned us down: {message.message}")
            if isinstance(message, Result) and message.id == 1:
                return from_wire(Hello, message.result)
    return None


def _raise_reported(pid: int, report: Path) -> None:
    try:
        body = json.loads(report.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    forget_report(report)
    raise Problem(
        f"the agent came into process {pid} (Python {body.get('python')}) and could not start: {body.get('error')}",
        "the training goes on undisturbed; start the program with: memgui run SCRIPT",
    )


def _is_over(view: ProcessView) -> bool:
    try:
        return view.state() in "ZX"
    except OSError:
        return True


def _waiting_text(view: ProcessView) -> str:
    try:
        where = view.waits_in() or ("another call" if view.state() == "S" else "native code")
    except OSError:
        where = "another call"
    return f"waiting for the main thread to reach Python code (in {where})"
