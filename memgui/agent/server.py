"""The socket and its connections; on the agent's thread only, after `listen`."""

from __future__ import annotations

import os
import select
import socket
import struct
from contextlib import suppress
from typing import Callable, Dict, List, Optional, Tuple, Union

from memgui.agent.connection import Connection
from memgui.protocol import endpoints, jsonrpc
from memgui.protocol.endpoints import Endpoint
from memgui.protocol.errors import Problem
from memgui.protocol.jsonrpc import Malformed, Message

_CONNECTIONS_ALLOWED = 16
_LOOK_S = 1.0
_LONG_S = 3600.0
_GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL

Handler = Callable[[Connection, Union[Message, Malformed]], None]


def listen(endpoint: Endpoint) -> socket.socket:
    """A listening socket at `endpoint`, for its owner only.

    Raises:
        Problem: the directory cannot be used, or the socket cannot be made.
    """
    endpoints.ensure_runtime_directory(endpoint.path.parent)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Only this very process could have left one there: pid and start time are its own.
        with suppress(FileNotFoundError):
            endpoint.path.unlink()
        listener.bind(str(endpoint.path))
        os.chmod(endpoint.path, 0o600)
        listener.listen(_CONNECTIONS_ALLOWED)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise Problem(
            f"cannot make the socket {endpoint.path}: {error.strerror}",
            "set MEMGUI_RUNTIME_DIR to a directory on a local file system, on both sides",
        ) from error
    return listener


def peer_uid(connection: socket.socket) -> int:
    """User at the other end, as the kernel knows it. Source: unix(7), SO_PEERCRED."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    return int(uid)


class Server:
    """Accepts, reads, writes and closes; what messages mean is the handler's business.

    Attributes:
        connections: those that are open; replaced as a whole when one comes or goes.
    """

    def __init__(self, listener: socket.socket, wake: int, handle: Handler, gone: Callable[[int], None]) -> None:
        """Serve `listener`; `wake` is a descriptor whose readiness ends a wait, `gone` is told a closed number."""
        self._listener = listener
        self._wake = wake
        self._handle = handle
        self._gone = gone
        self._connections: Dict[int, Connection] = {}
        self.connections: Tuple[Connection, ...] = ()
        self._interest: Dict[int, int] = {}
        self._listened = listener.fileno()
        self._poll = select.poll()
        self._poll.register(listener, select.POLLIN)
        self._poll.register(wake, select.POLLIN)
        self._numbers = 0
        # Without free descriptors a waiting peer would end every wait at once.
        self._accept_again_s: Optional[float] = None
        self._look_s = 0.0

    @property
    def due_s(self) -> float:
        """When to call `flush` at the latest."""
        return self._look_s

    def connection(self, number: int) -> Optional[Connection]:
        """The connection with this number, None where it is closed."""
        return next((peer for peer in self._connections.values() if peer.number == number), None)

    def wait(self, timeout_s: float) -> List[Tuple[int, int]]:
        """Sleep until something is to be read or written, or the time is over; what is ready, as poll tells it."""
        return self._poll.poll(max(0, int(timeout_s * 1000 + 0.999)))

    def serve(self, ready: List[Tuple[int, int]], now_s: float) -> None:
        """Do what the ready descriptors ask for."""
        for descriptor, state in ready:
            if descriptor == self._wake:
                with suppress(BlockingIOError):
                    os.read(self._wake, 4096)
            elif descriptor == self._listened:
                self._accept(now_s)
            elif descriptor in self._connections:
                self._answer(self._connections[descriptor], state, now_s)

    def flush(self, now_s: float) -> None:
        """Send what waits; now and then, and after a peer was heard, look again at whom to keep and to listen to."""
        unsent = False
        for peer in self.connections:
            if peer.outbox.held_bytes and peer.outbox.stuck_since_s is None:
                self._send(peer, now_s)
                unsent = unsent or peer.outbox.held_bytes > 0
        if unsent or now_s >= self._look_s:
            self._look(now_s)

    def _look(self, now_s: float) -> None:
        pauses = []
        for peer in self.connections:
            if peer.is_hopeless(now_s):
                self._close(peer)
            else:
                pauses.append(self._watch(peer, now_s))
        # With nobody there, nothing but a new peer is a reason to look again.
        rest_s = _LOOK_S if pauses or self._accept_again_s is not None else _LONG_S
        self._look_s = now_s + min((pause for pause in pauses if pause > 0), default=rest_s)
        if self._accept_again_s is not None and now_s >= self._accept_again_s:
            self._accept_again_s = None
            self._poll.register(self._listener, select.POLLIN)

    def close(self) -> None:
        """Close everything, this side first."""
        for peer in self.connections:
            self._close(peer)
        self._listener.close()

    def abandon(self) -> None:
        """In a forked child: close the descriptors that were inherited, without a word to the peers."""
        for peer in self._connections.values():
            peer.close()
        self._listener.close()

    def _accept(self, now_s: float) -> None:
        self._look_s = 0.0
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError:
            self._poll.unregister(self._listener)
            self._accept_again_s = now_s + _LOOK_S
            return
        if peer_uid(connection) not in (os.getuid(), 0):
            connection.close()
            return
        self._numbers += 1
        peer = Connection(connection, self._numbers, now_s)
        if len(self._connections) >= _CONNECTIONS_ALLOWED:
            text = f"{_CONNECTIONS_ALLOWED} viewers are connected already; close one of them"
            peer.outbox.put(jsonrpc.encode(jsonrpc.Failure(None, jsonrpc.BUSY, text)))
            with suppress(OSError):
                peer.send(now_s)
            peer.close()
            return
        self._connections[peer.fileno()] = peer
        self.connections += (peer,)
        self._interest[peer.fileno()] = select.POLLIN
        self._poll.register(peer.fileno(), select.POLLIN)

    def _answer(self, peer: Connection, state: int, now_s: float) -> None:
        self._look_s = 0.0
        reads = self._interest[peer.fileno()] & select.POLLIN
        if state & _GONE and not reads:
            # Nobody is left to take an answer, so what was not read yet does not matter.
            self._close(peer)
            return
        if state & select.POLLOUT:
            self._send(peer, now_s)
        if reads and state & ~select.POLLOUT and peer.fileno() >= 0:
            self._read(peer, now_s)

    def _read(self, peer: Connection, now_s: float) -> None:
        try:
            messages = peer.receive(now_s)
        except OSError:
            messages = None
        if messages is None:
            self._close(peer)
            return
        for message in messages:
            self._handle(peer, message)

    def _send(self, peer: Connection, now_s: float) -> None:
        try:
            peer.send(now_s)
        except OSError:
            self._close(peer)

    def _watch(self, peer: Connection, now_s: float) -> float:
        pause_s = peer.pause_s(now_s)
        wanted = 0 if pause_s > 0 else select.POLLIN
        if len(peer.outbox):
            wanted |= select.POLLOUT
        if self._interest[peer.fileno()] != wanted:
            self._interest[peer.fileno()] = wanted
            self._poll.modify(peer.fileno(), wanted)
        return pause_s

    def _close(self, peer: Connection) -> None:
        descriptor = peer.fileno()
        if self._connections.pop(descriptor, None) is None:
            return
        self.connections = tuple(other for other in self.connections if other is not peer)
        del self._interest[descriptor]
        self._poll.unregister(descriptor)
        peer.close()
        self._gone(peer.number)
