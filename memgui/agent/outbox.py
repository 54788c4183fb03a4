"""Lines that wait for a peer to read them: bounded, never blocking; the oldest samples go first when it is full."""

from __future__ import annotations

import socket
from collections import deque
from typing import Deque, Optional, Tuple

_LIMIT_BYTES = 512 * 1024


class Outbox:
    """One connection's lines to send.

    Attributes:
        dropped: samples thrown away so far.
        held_bytes: bytes that wait.
        stuck_since_s: since when the peer has taken nothing although lines wait; None while it reads.
    """

    def __init__(self, limit_bytes: int = _LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._lines: Deque[Tuple[bytes, bool]] = deque()
        self.dropped = 0
        self.held_bytes = 0
        self.stuck_since_s: Optional[float] = None

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def is_full(self) -> bool:
        """Nothing more should be asked on this connection until the peer reads."""
        return self.held_bytes >= self._limit_bytes

    @property
    def is_overrun(self) -> bool:
        """There is more than dropping samples can cure. One line may be as long as the wire allows."""
        allowed = 4 * self._limit_bytes
        return self.held_bytes > allowed and self.held_bytes - max(len(line) for line, _ in self._lines) > allowed

    def put(self, line: bytes, *, is_sample: bool = False) -> None:
        """Add a line; where that is too much, samples go, the oldest first, or this one if there is no other."""
        self._lines.append((line, is_sample))
        self.held_bytes += len(line)
        if self.held_bytes > self._limit_bytes and is_sample:
            self._drop_samples()

    def _drop_samples(self) -> None:
        # The first line may be half sent, so it stays.
        at = 1
        while self.held_bytes > self._limit_bytes and at < len(self._lines):
            line, is_sample = self._lines[at]
            if is_sample:
                del self._lines[at]
                self.held_bytes -= len(line)
                self.dropped += 1
            else:
                at += 1

    def send(self, connection: socket.socket, now_s: float) -> None:
        """Send what the peer takes at once.

        Raises:
            OSError: the peer is gone.
        """
        sent_some = False
        if len(self._lines) == 1 and self.stuck_since_s is None:
            # What happens ten times a second, short.
            try:
                sent = connection.send(self._lines[0][0])
            except (BlockingIOError, InterruptedError):
                sent = 0
            if sent == self.held_bytes:
                self._lines.clear()
                self.held_bytes = 0
                return
            self._remove(sent)
        while self._lines:
            # One call for many small lines: each gives the interpreter lock away.
            batch = b"".join(line for line, _ in self._first_lines())
            try:
                sent = connection.send(batch)
            except (BlockingIOError, InterruptedError):
                sent = 0
            self._remove(sent)
            sent_some = sent_some or sent > 0
            if sent < len(batch):
                break
        if sent_some or not self._lines:
            self.stuck_since_s = None
        if self._lines and self.stuck_since_s is None:
            self.stuck_since_s = now_s

    def _first_lines(self) -> Tuple[Tuple[bytes, bool], ...]:
        found = []
        size = 0
        for entry in self._lines:
            found.append(entry)
            size += len(entry[0])
            if size >= 65536:
                break
        return tuple(found)

    def _remove(self, sent: int) -> None:
        self.held_bytes -= sent
        while sent:
            line, is_sample = self._lines[0]
            if len(line) > sent:
                # A half-sent sample must not be dropped any more; as the first line it is not.
                self._lines[0] = (line[sent:], is_sample)
                return
            sent -= len(line)
            self._lines.popleft()
