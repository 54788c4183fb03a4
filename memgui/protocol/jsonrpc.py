"""JSON-RPC 2.0 as lines of UTF-8, without any input or output: bytes in, messages out.

One message is one line; batches are not used. `Decoder` never raises on what a peer sends: what cannot be understood
comes out as `Malformed`, and the next line is read as if nothing had happened.

Source: https://www.jsonrpc.org/specification
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional, Union

LINE_LIMIT_BYTES = 8 * 1024 * 1024

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
VERSION_MISMATCH = -32001
TOO_LARGE = -32002
BUSY = -32003
NOT_INSPECTED = -32004


@dataclass(frozen=True)
class Request:
    """A call that is answered by exactly one `Result` or `Failure` with the same id."""

    id: int
    method: str
    params: Dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """The answer to a request that was carried out."""

    id: int
    result: Any


@dataclass(frozen=True)
class Failure:
    """The answer to a request that was not carried out; id is None where the request could not be read."""

    id: Optional[int]
    code: int
    message: str
    data: Any = None


@dataclass(frozen=True)
class Notification:
    """A message that is not answered."""

    method: str
    params: Dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Malformed:
    """A line that is no message. Never sent; a server answers it with `failure()`."""

    code: int
    reason: str
    id: Optional[int] = None

    def failure(self) -> Failure:
        """The answer that tells the peer what was wrong with its line."""
        return Failure(self.id, self.code, self.reason)


Message = Union[Request, Result, Failure, Notification]


def encode(message: Message) -> bytes:
    """One line, newline included.

    Raises:
        ValueError: the line would be longer than `LINE_LIMIT_BYTES`, or holds a number that JSON has no word for.
    """
    body: Dict[str, Any] = {"jsonrpc": "2.0"}
    if isinstance(message, (Request, Notification)):
        if isinstance(message, Request):
            body["id"] = message.id
        body["method"] = message.method
        if message.params:
            body["params"] = message.params
    elif isinstance(message, Result):
        body["id"] = message.id
        body["result"] = message.result
    else:
        error: Dict[str, Any] = {"code": message.code, "message": message.message}
        if message.data is not None:
            error["data"] = message.data
        body["id"] = message.id
        body["error"] = error
    # ASCII escapes keep lone surrogates (file names that are no UTF-8) encodable.
    line = json.dumps(body, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"
    if len(line) > LINE_LIMIT_BYTES:
        raise ValueError(f"message of {len(line)} bytes is longer than a line may be ({LINE_LIMIT_BYTES})")
    return line


class Decoder:
    """Turns a stream of bytes into messages; holds at most one line.

    Args:
        loads: reads one JSON text; raises ValueError where it is none. The desktop side brings a faster one.
    """

    def __init__(self, line_limit_bytes: int = LINE_LIMIT_BYTES, loads: Callable[[bytes], Any] = json.loads) -> None:
        self._limit = line_limit_bytes
        self._loads = loads
        self._parts: List[bytes] = []
        self._held = 0
        self._skipping = False

    def feed(self, data: bytes) -> List[Union[Message, Malformed]]:
        """The messages that became complete with `data`."""
        messages: List[Union[Message, Malformed]] = []
        *complete, rest = data.split(b"\n")
        for piece in complete:
            if self._held or self._skipping or len(piece) > self._limit:
                self._take(piece, messages)
                piece = b"" if self._skipping else b"".join(self._parts)
                self._parts, self._held, self._skipping = [], 0, False
            line = piece.strip()
            if line:
                messages.append(_parse(line, self._loads))
        self._take(rest, messages)
        return messages

    @property
    def pending_bytes(self) -> int:
        """Bytes of a line that has not ended; at the end of a stream more than 0 means that it was cut."""
        return self._held

    def _take(self, piece: bytes, messages: List[Union[Message, Malformed]]) -> None:
        if self._skipping or not piece:
            return
        self._held += len(piece)
        if self._held > self._limit:
            self._parts, self._held, self._skipping = [], 0, True
            messages.append(Malformed(TOO_LARGE, f"line longer than {self._limit} bytes; it was dropped"))
        else:
            self._parts.append(piece)


def _parse(line: bytes, loads: Callable[[bytes], Any]) -> Union[Message, Malformed]:
    try:
        body = loads(line)
    except (ValueError, RecursionError) as error:
        return Malformed(PARSE_ERROR, f"not JSON: {error}")
    if not isinstance(body, dict):
        return Malformed(INVALID_REQUEST, "a message is one JSON object; batches are not used")
    number = body.get("id")
    identifier = number if type(number) is int else None
    if body.get("jsonrpc") != "2.0":
        return Malformed(INVALID_REQUEST, 'the field "jsonrpc" must be "2.0"', identifier)
    if "method" in body:
        return _parse_call(body, identifier)
    return _parse_answer(body, identifier)


def _parse_call(body: Dict[str, Any], identifier: Optional[int]) -> Union[Message, Malformed]:
    method = body["method"]
    params = body.get("params", {})
    if not isinstance(method, str):
        return Malformed(INVALID_REQUEST, 'the field "method" must be a string', identifier)
    if not isinstance(params, dict):
        return Malformed(INVALID_PARAMS, 'the field "params" must be an object', identifier)
    if "id" not in body:
        return Notification(method, params)
    if identifier is None:
        return Malformed(INVALID_REQUEST, 'the field "id" must be an integer')
    return Request(identifier, method, params)


def _parse_answer(body: Dict[str, Any], identifier: Optional[int]) -> Union[Message, Malformed]:
    if "error" in body:
        error = body["error"]
        if not isinstance(error, dict) or type(error.get("code")) is not int:
            return Malformed(INVALID_REQUEST, 'the field "error" must hold a code and a message', identifier)
        return Failure(identifier, error["code"], str(error.get("message", "")), error.get("data"))
    if "result" in body and identifier is not None:
        return Result(identifier, body["result"])
    return Malformed(INVALID_REQUEST, "neither a call nor an answer", identifier)
