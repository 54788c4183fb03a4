"""The sampler survives its probes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from memgui.agent.probes.probe import Probe
from memgui.agent.sampler import Sampler


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Scripted(Probe):
    def __init__(self, name: str, read: Callable[[], Sequence[float | None]], period_s: float = 0.0) -> None:
        self.name = name
        self.names = (f"{name}_bytes",)
        self.period_s = period_s
        self._read = read
        self.reads = 0

    def read(self) -> Sequence[float | None]:
        self.reads += 1
        return self._read()


def fails() -> Sequence[float | None]:
    raise OSError("gone")


@pytest.fixture
def clock() -> Clock:
    return Clock()


def sampler(clock: Clock, *probes: Probe, cpu: Callable[[], float] = lambda: 0.0) -> Sampler:
    return Sampler(probes, lambda: (), clock=clock, cpu_clock=cpu)


def run(target: Sampler, clock: Clock, times: int) -> None:
    for _ in range(times):
        target.sample()
        clock.now += 0.1


def test_a_probe_that_fails_three_times_in_a_row_is_switched_off_and_named(clock: Clock) -> None:
    bad, good = Scripted("bad", fails), Scripted("good", lambda: (7,))
    target = sampler(clock, bad, good)
    run(target, clock, 10)
    assert bad.reads == 3
    assert target.values() == [None, 7]
    assert [name for name, _ in target.take_switched_off()] == ["bad"]
    assert target.take_switched_off() == []
    assert target.names == ("bad_bytes", "good_bytes")


def test_a_failure_now_and_then_is_a_gap(clock: Clock) -> None:
    answers = iter([(1,), None, (3,), None, None, (6,)])

    def read() -> Sequence[float | None]:
        answer = next(answers)
        if answer is None:
            raise ValueError
        return answer

    target = sampler(clock, Scripted("moody", read))
    seen = []
    for _ in range(6):
        target.sample()
        seen.extend(target.values())
        clock.now += 1
    assert seen == [1, None, 3, None, None, 6]
    assert target.take_switched_off() == []


def test_a_wrong_number_of_values_is_a_failure(clock: Clock) -> None:
    target = sampler(clock, Scripted("odd", lambda: (1, 2)))
    run(target, clock, 1)
    assert target.values() == [None]


def test_a_dear_probe_is_read_less_often_and_holds_its_value(clock: Clock) -> None:
    spent = 0.0

    def read() -> Sequence[float | None]:
        nonlocal spent
        spent += 0.010
        return (spent,)

    dear = Scripted("dear", read)
    target = sampler(clock, dear, cpu=lambda: spent)
    run(target, clock, 200)
    # 10 ms a reading at two thousandths of the time is one in five seconds.
    assert 4 <= dear.reads <= 6
    assert target.values()[0] is not None


def test_a_probe_with_a_period_is_read_once_a_period(clock: Clock) -> None:
    slow = Scripted("slow", lambda: (1,), period_s=1.0)
    run(sampler(clock, slow), clock, 100)
    assert 8 <= slow.reads <= 10


def test_new_names_come_last_and_change_the_generation(clock: Clock) -> None:
    late: list[tuple[Probe, ...]] = [(), (Scripted("late", lambda: (5,)),)]
    target = Sampler([Scripted("first", lambda: (1,))], lambda: late.pop(0), clock=clock, cpu_clock=lambda: 0.0)
    assert not target.discover()
    assert target.discover()
    target.sample()
    assert (target.generation, target.names, target.values()) == (2, ("first_bytes", "late_bytes"), [1, 5])


def test_a_finder_that_fails_is_given_up(clock: Clock) -> None:
    def find() -> tuple[Probe, ...]:
        raise RuntimeError("driver")

    target = Sampler([], find, clock=clock, cpu_clock=lambda: 0.0)
    assert [target.discover() for _ in range(5)] == [False] * 5
    assert target.take_switched_off() == [("accelerators", "RuntimeError('driver')")]


def test_the_text_is_json_and_missing_values_are_null(clock: Clock) -> None:
    class Wide(Probe):
        names = ("a", "b", "c", "d", "e")

        def read(self) -> Sequence[float | None]:
            return (1, None, 2.5, float("nan"), float("inf"))

    target = sampler(clock, Wide())
    assert target.text() == "null,null,null,null,null"
    target.sample()
    assert target.text() == "1,null,2.5,null,null"


def test_receipts_get_fresh_bytes_of_the_probes_made_for_them(clock: Clock) -> None:
    own, other = Scripted("own", lambda: (1,)), Scripted("other", lambda: (2,))
    other.for_receipts = False
    target = sampler(clock, own, other, Scripted("bad", fails), Scripted("blank", lambda: (None,)))
    assert target.bytes_now() == {"own_bytes": 1}
