"""A slow viewer loses the oldest samples, counted; nothing ever blocks."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from memgui.agent.outbox import Outbox


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    here, there = socket.socketpair()
    here.setblocking(False)
    there.setblocking(False)
    here.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    yield here, there
    here.close()
    there.close()


def drain(there: socket.socket) -> bytes:
    found = b""
    while True:
        try:
            found += there.recv(65536)
        except BlockingIOError:
            return found


def test_what_fits_is_sent_in_order(ends: tuple[socket.socket, socket.socket]) -> None:
    here, there = ends
    box = Outbox()
    box.put(b"one\n")
    box.put(b"two\n", is_sample=True)
    box.send(here, 0.0)
    assert drain(there) == b"one\ntwo\n"
    assert box.held_bytes == 0
    assert box.stuck_since_s is None


def test_a_full_box_drops_the_oldest_samples_and_keeps_answers(ends: tuple[socket.socket, socket.socket]) -> None:
    here, there = ends
    box = Outbox(limit_bytes=1000)
    for number in range(3000):
        if number % 500 == 250:
            box.put(b"answer %d\n" % number)
        else:
            box.put(b"sample %d\n" % number, is_sample=True)
        box.send(here, float(number))
        assert box.held_bytes <= 1020
    assert box.dropped > 0
    assert box.stuck_since_s is not None
    text = b""
    while True:
        text += drain(there)
        if not len(box):
            break
        box.send(here, 9999.0)
    lines = text.splitlines()
    assert text.endswith(b"\n")
    assert all(line.split()[0] in (b"sample", b"answer") for line in lines)
    assert [line for line in lines if line.startswith(b"answer")] == [
        b"answer %d" % number for number in range(250, 3000, 500)
    ]
    assert len(lines) + box.dropped == 3000
    assert lines[-1] == b"sample 2999"


def test_it_tells_since_when_nothing_was_taken(ends: tuple[socket.socket, socket.socket]) -> None:
    here, there = ends
    box = Outbox()
    box.put(b"x" * 500_000 + b"\n")
    box.send(here, 5.0)
    box.send(here, 8.0)
    assert box.stuck_since_s == 5.0
    drain(there)
    box.send(here, 9.0)
    assert box.stuck_since_s == 9.0


def test_answers_alone_can_overrun_it() -> None:
    box = Outbox(limit_bytes=100)
    for _ in range(50):
        box.put(b"answer123\n")
    assert box.is_full
    assert box.is_overrun


def test_one_long_answer_is_no_overrun() -> None:
    box = Outbox(limit_bytes=100)
    box.put(b"sample\n", is_sample=True)
    box.put(b"x" * 5000 + b"\n")
    assert box.is_full
    assert not box.is_overrun
