"""Bytes in, messages out, whatever a peer sends."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memgui.protocol import jsonrpc
from memgui.protocol.jsonrpc import Decoder, Failure, Malformed, Message, Notification, Request, Result, encode

_texts = st.text(max_size=20)
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
    max_leaves=8,
)
_params = st.dictionaries(_texts, _values, max_size=4)
_ids = st.integers(min_value=0, max_value=2**53)
_messages: st.SearchStrategy[Message] = st.one_of(
    st.builds(Request, _ids, _texts, _params),
    st.builds(Result, _ids, _values),
    st.builds(Failure, st.none() | _ids, st.integers(-32768, -32000), _texts, _values),
    st.builds(Notification, _texts, _params),
)


def _split(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


@given(st.lists(_messages, max_size=6), st.lists(st.integers(0, 10**6), max_size=8))
def test_messages_survive_any_split_of_the_stream(messages: list[Message], cuts: list[int]) -> None:
    decoder = Decoder()
    stream = b"".join(encode(message) for message in messages)
    read = [message for part in _split(stream, cuts) for message in decoder.feed(part)]
    assert read == messages
    assert decoder.pending_bytes == 0


@given(st.binary(max_size=200), st.lists(st.integers(0, 10**6), max_size=4))
def test_garbage_never_raises_and_the_next_line_is_read(garbage: bytes, cuts: list[int]) -> None:
    decoder = Decoder()
    wanted = Request(7, "hello")
    stream = garbage + b"\n" + encode(wanted)
    read = [message for part in _split(stream, cuts) for message in decoder.feed(part)]
    assert read[-1] == wanted


@given(_messages, st.integers(1, 10**6))
def test_a_truncated_line_gives_nothing_and_is_noticed(message: Message, cut: int) -> None:
    decoder = Decoder()
    line = encode(message)
    shortened = line[: 1 + cut % (len(line) - 1)]
    assert decoder.feed(shortened) == []
    assert decoder.pending_bytes == len(shortened)


def test_a_huge_line_is_dropped_once_and_costs_no_memory() -> None:
    decoder = Decoder(line_limit_bytes=100)
    read = [message for _ in range(50) for message in decoder.feed(b"x" * 60)]
    assert [type(message) for message in read] == [Malformed]
    assert read[0].code == jsonrpc.TOO_LARGE  # type: ignore[union-attr]
    assert decoder.pending_bytes == 0
    assert decoder.feed(b"\n" + encode(Result(1, True))) == [Result(1, True)]


@pytest.mark.parametrize(
    ("line", "code", "identifier"),
    [
        (b"{", jsonrpc.PARSE_ERROR, None),
        (b"\xff\xfe", jsonrpc.PARSE_ERROR, None),
        (b"[" * 5000, jsonrpc.PARSE_ERROR, None),
        (b"[]", jsonrpc.INVALID_REQUEST, None),
        (b'{"id": 3, "method": "x"}', jsonrpc.INVALID_REQUEST, 3),
        (b'{"jsonrpc": "2.0", "id": 3, "method": 4}', jsonrpc.INVALID_REQUEST, 3),
        (b'{"jsonrpc": "2.0", "id": "a", "method": "x"}', jsonrpc.INVALID_REQUEST, None),
        (b'{"jsonrpc": "2.0", "id": true, "method": "x"}', jsonrpc.INVALID_REQUEST, None),
        (b'{"jsonrpc": "2.0", "id": 3, "method": "x", "params": [1]}', jsonrpc.INVALID_PARAMS, 3),
        (b'{"jsonrpc": "2.0", "id": 3}', jsonrpc.INVALID_REQUEST, 3),
        (b'{"jsonrpc": "2.0", "id": 3, "error": "bad"}', jsonrpc.INVALID_REQUEST, 3),
    ],
)
def test_what_is_no_message_is_answered_with_its_code_and_id(line: bytes, code: int, identifier: int | None) -> None:
    (malformed,) = Decoder().feed(line + b"\n")
    assert isinstance(malformed, Malformed)
    assert malformed.failure() == Failure(identifier, code, malformed.reason)


def test_blank_lines_are_no_messages() -> None:
    assert Decoder().feed(b"\n  \r\n\n") == []


def test_a_message_that_would_be_too_long_is_not_encoded() -> None:
    with pytest.raises(ValueError, match="longer than a line may be"):
        encode(Result(1, "x" * jsonrpc.LINE_LIMIT_BYTES))


def test_numbers_without_a_word_in_json_are_not_encoded() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode(Result(1, float("nan")))


def test_file_names_that_are_no_utf8_can_be_sent() -> None:
    name = b"\xff.py".decode("utf-8", "surrogateescape")
    line = encode(Notification("event", {"name": name}))
    assert line.isascii()
    assert json.loads(line)["params"]["name"] == name
