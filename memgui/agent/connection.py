"""One viewer: what it sent, what waits for it, and how much it may ask of the training process."""

from __future__ import annotations

import socket
from typing import List, Optional, Union

from memgui.agent.outbox import Outbox
from memgui.protocol.jsonrpc import Decoder, Malformed, Message

# Requests are short; what a client can make this process hold is bounded by it.
_REQUEST_LIMIT_BYTES = 256 * 1024
_READ_BYTES = 64 * 1024
_MALFORMED_ALLOWED = 20
_STUCK_ALLOWED_S = 60.0
_SILENT_ALLOWED_S = 10.0
# What a client can make the agent work: messages and bytes a second, with a burst of as much.
_MESSAGES_PER_S = 200.0
_BYTES_PER_S = 512.0 * 1024


class Allowance:
    """Tokens that come back with time."""

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._left = per_s
        self._at_s = 0.0

    def spend(self, amount: float, now_s: float) -> None:
        """Take tokens, into debt if need be."""
        self._left = min(self._per_s, self._left + (now_s - self._at_s) * self._per_s) - amount
        self._at_s = now_s

    def wait_s(self, now_s: float) -> float:
        """How long until the debt is paid; 0 or less where there is none."""
        return -self._left / self._per_s - (now_s - self._at_s) if self._left < 0 else 0.0


class Connection:
    """A socket of one viewer.

    Attributes:
        number: tells connections apart also when a descriptor is used again.
        greeted: `hello` was answered.
        hz: rate of its stream; None where it has none.
        due_s: when its next sample is due.
        closing: to be closed once everything was sent.
    """

    def __init__(self, connection: socket.socket, number: int, now_s: float) -> None:
        connection.setblocking(False)
        self._socket = connection
        self._decoder = Decoder(_REQUEST_LIMIT_BYTES)
        self._messages = Allowance(_MESSAGES_PER_S)
        self._bytes = Allowance(_BYTES_PER_S)
        self._malformed = 0
        self._since_s = now_s
        self.outbox = Outbox()
        self.number = number
        self.greeted = False
        self.hz: Optional[float] = None
        self.due_s = 0.0
        self.closing = False

    def fileno(self) -> int:
        """The descriptor."""
        return self._socket.fileno()

    def receive(self, now_s: float) -> Optional[List[Union[Message, Malformed]]]:
        """What the peer sent; None where it has closed its side.

        Raises:
            OSError: the peer is gone.
        """
        try:
            data = self._socket.recv(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return []
        if not data:
            return None
        messages = self._decoder.feed(data)
        self._bytes.spend(len(data), now_s)
        self._messages.spend(len(messages), now_s)
        self._malformed += sum(isinstance(message, Malformed) for message in messages)
        if self._malformed > _MALFORMED_ALLOWED:
            self.closing = True
            return messages[:_MALFORMED_ALLOWED]
        return messages

    def pause_s(self, now_s: float) -> float:
        """How long not to read from the peer, since it asked for too much; 0 where there is no need."""
        if self.closing:
            return 1.0
        if self.outbox.is_full:
            return 0.2
        return max(self._bytes.wait_s(now_s), self._messages.wait_s(now_s), 0.0)

    def send(self, now_s: float) -> None:
        """Send what waits, as much as the peer takes at once.

        Raises:
            OSError: the peer is gone.
        """
        self.outbox.send(self._socket, now_s)

    def is_hopeless(self, now_s: float) -> bool:
        """The peer never said hello, has read nothing for long while lines wait, or all that was to be said is said."""
        if not self.greeted and now_s - self._since_s > _SILENT_ALLOWED_S:
            return True
        if self.closing and not len(self.outbox):
            return True
        stuck = self.outbox.stuck_since_s
        full = self.outbox.is_full or self.outbox.dropped or self.closing
        return self.outbox.is_overrun or bool(stuck is not None and full and now_s - stuck > _STUCK_ALLOWED_S)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
