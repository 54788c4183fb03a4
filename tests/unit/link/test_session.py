"""The conversation with an agent, byte by byte, without a socket."""

from __future__ import annotations

import itertools
import json
from concurrent.futures import Future
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memgui.link.clock import ViewerClock
from memgui.link.errors import Disconnected, RemoteError, TimedOut
from memgui.link.session import PeerError, Session
from memgui.protocol import jsonrpc
from memgui.protocol.jsonrpc import Failure, Notification, Result, encode

HELLO = {
    "protocol": [1, 0], "agent_version": "0.1.0", "pid": 1, "start_time": 2, "monotonic_s": 50.0, "time_s": 5e8,
    "host": "h", "name": "train.py", "argv": [], "user": "ada", "python": "3.11.7",
}  # fmt: skip
NAMES = ["host.anon_bytes"]


class Talk:
    """A session and the agent's side of it; the clock stands unless it is moved."""

    def __init__(self, since_s: float | None = None, offset_s: float | None = None) -> None:
        self.now_s = 1000.0
        self.session = Session(ViewerClock(self._now, self._now), 10.0, since_s, offset_s)

    def _now(self) -> float:
        return self.now_s

    def asked(self) -> list[dict[str, Any]]:
        lines = bytes(self.session.outgoing).splitlines()
        self.session.outgoing.clear()
        return [json.loads(line) for line in lines]

    def say(self, *messages: jsonrpc.Message) -> None:
        self.session.received(b"".join(encode(message) for message in messages))

    def greet(self, **changes: Any) -> dict[str, Any]:
        (hello,) = self.asked()
        self.say(Result(hello["id"], {**HELLO, **changes}))
        subscribe, actions, history = self.asked()
        self.say(Result(subscribe["id"], {"generation": 1, "names": NAMES, "hz": 10.0}))
        self.say(Result(actions["id"], {"actions": []}))
        return history

    def ready(self) -> None:
        self.say(Result(self.greet()["id"], {"names": NAMES, "rows": []}))
        assert self.session.ready


def sample(t_s: float, step: int, value: float | None, **more: Any) -> Notification:
    return Notification("sample", {"t_s": t_s, "step": step, "generation": 1, "v": [value], **more})


def test_times_of_the_agent_become_those_of_this_side_by_the_midpoint_of_the_handshake() -> None:
    talk = Talk()
    talk.now_s = 1000.4
    talk.ready()  # asked at 1000.0, answered at 1000.4 with 50.0
    talk.say(sample(60.0, 1, 1.0))
    assert talk.session.rows[0].t_s == pytest.approx(1010.2)


def test_two_readings_of_one_clock_are_left_as_they_are() -> None:
    talk = Talk()
    talk.now_s = 1000.4
    talk.say(Result(talk.asked()[0]["id"], {**HELLO, "monotonic_s": 1000.1}))
    assert talk.session.offset_s == 0.0


def test_a_second_connection_keeps_the_offset_of_the_first() -> None:
    talk = Talk(since_s=40.0, offset_s=949.9)
    history = talk.greet()
    assert talk.session.offset_s == 949.9
    assert history["params"]["since_s"] == 40.0
    slept = Talk(since_s=40.0, offset_s=900.0)
    slept.greet()
    assert slept.session.offset_s == 950.0


def test_rows_that_came_live_while_the_history_was_fetched_are_not_told_twice() -> None:
    talk = Talk()
    history = talk.greet()
    talk.say(sample(59.0, 8, 8.0), sample(60.0, 9, 9.0), sample(61.0, 10, 10.0))
    rows = [{"t_s": t, "step": int(t), "v": [t]} for t in (58.0, 59.0, 60.0)]
    talk.say(Result(history["id"], {"names": NAMES, "rows": rows}))
    assert [row.step for row in talk.session.rows] == [10]
    assert len(talk.session.history) == 3


def test_a_connection_lost_within_the_history_leaves_all_of_it_to_be_asked_for_again() -> None:
    talk = Talk(since_s=10.0)
    history = talk.greet()
    talk.say(Result(history["id"], {"names": NAMES, "rows": [{"t_s": 20.0, "step": 1, "v": [1.0]}], "more": True}))
    talk.say(sample(60.0, 9, 9.0))
    assert not talk.session.ready
    assert talk.session.last_s == 10.0


def test_a_history_that_goes_round_in_circles_ends() -> None:
    talk = Talk()
    page = {"names": NAMES, "rows": [{"t_s": 20.0, "step": 1, "v": [1.0]}], "more": True}
    talk.say(Result(talk.greet()["id"], page))
    (again,) = talk.asked()
    assert again["params"]["since_s"] == 20.0
    talk.say(Result(again["id"], page))
    assert talk.session.ready


def test_an_agent_without_history_or_actions_is_watched_all_the_same() -> None:
    talk = Talk()
    (hello,) = talk.asked()
    talk.say(Result(hello["id"], HELLO))
    subscribe, actions, history = talk.asked()
    talk.say(
        Result(subscribe["id"], {"generation": 1, "names": NAMES, "hz": 10.0}),
        Failure(actions["id"], jsonrpc.METHOD_NOT_FOUND, "no such method"),
        Failure(history["id"], jsonrpc.METHOD_NOT_FOUND, "no such method"),
        sample(60.0, 9, 9.0),
    )
    assert talk.session.ready
    assert [row.step for row in talk.session.rows] == [9]


def test_who_is_turned_down_is_told_the_reason_of_the_agent() -> None:
    talk = Talk()
    (hello,) = talk.asked()
    with pytest.raises(PeerError, match=r"\AI speak 7\.0\Z"):
        talk.say(Failure(hello["id"], jsonrpc.VERSION_MISMATCH, "I speak 7.0"))
    with pytest.raises(PeerError, match="16 viewers"):
        Talk().say(Failure(None, jsonrpc.BUSY, "16 viewers are connected already"))


def test_a_peer_that_never_answers_is_given_up() -> None:
    talk = Talk()
    deadline_s = talk.session.next_moment()
    assert deadline_s is not None
    talk.session.tick(deadline_s - 0.001)
    with pytest.raises(PeerError, match="no answer to hello"):
        talk.session.tick(deadline_s)


def test_nobody_waits_for_what_is_asked_again_of_itself() -> None:
    talk = Talk()
    assert talk.session.is_waiting
    talk.ready()
    talk.session.tick(talk.now_s + 5.0)
    assert [line["method"] for line in talk.asked()] == ["actions.list", "hello"]
    assert not talk.session.is_waiting
    talk.session.request("gc", None, 1.0, Future(), None)
    assert talk.session.is_waiting


def test_what_gets_old_is_asked_for_again_and_sooner_after_a_change() -> None:
    talk = Talk()
    talk.ready()
    due_s = talk.session.next_moment()
    assert due_s == talk.now_s + 5.0
    talk.say(Notification("event", {"t_s": 1.0, "kind": "actions", "text": "changed"}))
    due_s = talk.session.next_moment()
    assert due_s == talk.now_s + 0.25
    talk.now_s = due_s
    talk.session.tick(due_s)
    actions, hello = talk.asked()
    talk.say(
        Result(actions["id"], {"actions": [{"name": "trim_heap", "title": "T", "group": "free", "description": ""}]})
    )
    talk.say(Result(hello["id"], {**HELLO, "safe_point": "after Adam.step()"}))
    assert [info.name for info in talk.session.actions or ()] == ["trim_heap"]
    assert talk.session.hello is not None
    assert talk.session.hello.safe_point == "after Adam.step()"


@pytest.mark.parametrize(
    "message",
    [
        sample(1.0, 1, 1.0, generation=99),
        sample(1.0, 1, 1.0, v=[1.0, 2.0]),
        sample(1.0, 1, 1.0, v="no"),
        Notification("event", {"t_s": 1.0, "kind": "metrics", "text": ""}),
        Notification("event", {"t_s": 1.0, "kind": "metrics", "text": "", "data": {"generation": {}, "names": 3}}),
        Notification("event", {}),
        Notification("progress", {"request": "x"}),
        Failure(None, jsonrpc.PARSE_ERROR, "not JSON"),
    ],
)
def test_messages_without_what_they_must_hold_are_counted_and_survived(message: jsonrpc.Message) -> None:
    talk = Talk()
    talk.ready()
    talk.say(message, sample(2.0, 5, 5.0))
    assert talk.session.malformed == 1
    assert [row.step for row in talk.session.rows] == [5]
    with pytest.raises(PeerError):
        talk.say(*[message] * 20)


def test_a_line_longer_than_the_limit_is_dropped_and_the_next_one_read() -> None:
    talk = Talk()
    talk.ready()
    chunk = b"x" * 2**20
    for _ in range(9):
        talk.session.received(chunk)
    talk.session.received(b"\n" + encode(sample(2.0, 5, 5.0)))
    assert talk.session.malformed == 1
    assert [row.step for row in talk.session.rows] == [5]


def test_each_request_ends_in_exactly_one_result() -> None:
    talk = Talk()
    talk.ready()
    futures: list[Future[Any]] = [Future() for _ in range(4)]
    for future in futures:
        talk.session.request("m", {"a": 1}, 2.0, future, None)
    one, two, _, _ = talk.asked()
    talk.say(Result(one["id"], "fine"), Result(one["id"], "twice"), Failure(two["id"], -32602, "bad"))
    assert futures[0].result(0) == "fine"
    assert isinstance(futures[1].exception(0), RemoteError)
    unwritable: Future[Any] = Future()
    talk.session.request("m", {"a": object()}, 1.0, unwritable, None)
    assert isinstance(unwritable.exception(0), RemoteError)
    talk.session.tick(talk.now_s + 2.0)
    assert isinstance(futures[2].exception(0), TimedOut)
    last: Future[Any] = Future()
    talk.session.request("m", None, 2.0, last, None)
    talk.session.lost("the agent closed the connection")
    assert isinstance(last.exception(0), Disconnected)


def test_a_receiver_of_progress_that_fails_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    talk = Talk()
    talk.ready()
    future: Future[Any] = Future()

    def fail(_progress: object) -> None:
        raise RuntimeError("not today")

    talk.session.request("m", None, 2.0, future, fail)
    (asked,) = talk.asked()
    talk.say(Notification("progress", {"request": asked["id"], "text": "half"}), Result(asked["id"], 1))
    assert future.result(0) == 1
    assert "not today" in caplog.text


@given(data=st.binary(max_size=400), cuts=st.lists(st.integers(0, 400), max_size=5))
def test_no_bytes_raise_anything_but_that_the_peer_is_unusable(data: bytes, cuts: list[int]) -> None:
    talk = Talk()
    talk.ready()
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    try:
        for begin, end in itertools.pairwise(places):
            talk.session.received(data[begin:end])
    except PeerError:
        return
    talk.session.received(b"\n" + encode(sample(2.0, 5, 5.0)))
    assert [row.step for row in talk.session.rows] == [5]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
KINDS = st.sampled_from(["sample", "event", "progress", "other"])
FIELDS = st.sampled_from(["t_s", "step", "generation", "v", "kind", "text", "data", "request", "dropped", "names"])


@given(kind=KINDS, params=st.dictionaries(FIELDS, JSON, max_size=6), answer=JSON)
def test_no_message_raises_anything_but_that_the_peer_is_unusable(kind: str, params: Any, answer: Any) -> None:
    for greeted in (False, True):
        talk = Talk()
        if greeted:
            talk.ready()
            talk.session.tick(talk.now_s + 5.0)
        line = json.dumps({"jsonrpc": "2.0", "method": kind, "params": params}).encode() + b"\n"
        answers = [json.dumps({"jsonrpc": "2.0", "id": n, "result": answer}).encode() + b"\n" for n in range(1, 8)]
        try:
            talk.session.received(line)
            for each in answers:
                talk.session.received(each)
        except PeerError:
            pass
