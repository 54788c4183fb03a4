"""Dataclasses and JSON objects, and what a newer or a broken peer sends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from memgui.protocol.payloads import ActionInfo, ActionList, Event, Hello, HistoryRow, Receipt, Sample
from memgui.protocol.wire import WireError, from_wire, to_wire

HELLO = Hello(
    protocol=(1, 0),
    agent_version="0.1.0",
    pid=41231,
    start_time=99,
    monotonic_s=12.5,
    time_s=1.7e9,
    host="node1",
    name="train.py",
    argv=("python", "train.py"),
    user="ada",
    python="3.11.7",
)


@pytest.mark.parametrize(
    "value",
    [
        HELLO,
        Sample(1.0, 5, 1, (1.0, None, 3.0)),
        HistoryRow(1.0, 2, (1.0, None), (0.5, None), (2.0, None)),
        Event(1.0, "mark", "epoch 3", 4, {"any": [1, {"thing": None}]}),
        Receipt("r1", "trim_heap", "done", before={"host.rss_bytes": 2.0}, freed_bytes=-1),
        ActionList((ActionInfo("trim_heap", "Trim host heap", "free", "Gives memory back.", requires=("glibc",)),)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_was_sent_is_what_is_read(value: Any) -> None:
    assert from_wire(type(value), json.loads(json.dumps(to_wire(value)))) == value


def test_absent_is_left_out_and_never_zero() -> None:
    sent = to_wire(HELLO)
    assert "torch" not in sent
    assert from_wire(Hello, sent).torch is None


def test_fields_of_a_newer_peer_are_ignored() -> None:
    assert from_wire(Hello, {**to_wire(HELLO), "mood": "sunny"}) == HELLO


def test_whole_numbers_are_good_seconds() -> None:
    sample = from_wire(Sample, {"t_s": 3, "step": 1, "generation": 1, "v": [1]})
    assert sample.t_s == 3.0
    assert isinstance(sample.t_s, float)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"pid": "12"}, "Hello.pid: expected int, got str"),
        ({"pid": True}, "Hello.pid: expected int, got bool"),
        ({"argv": "train.py"}, "Hello.argv"),
        ({"monotonic_s": True}, "Hello.monotonic_s: expected float, got bool"),
    ],
)
def test_a_wrong_type_is_named(change: dict[str, Any], text: str) -> None:
    with pytest.raises(WireError, match=text):
        from_wire(Hello, {**to_wire(HELLO), **change})


def test_a_missing_field_is_named() -> None:
    with pytest.raises(WireError, match="'pid' is missing"):
        from_wire(Hello, {key: value for key, value in to_wire(HELLO).items() if key != "pid"})


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(WireError, match="expected an object, got list"):
        from_wire(Hello, [])
