"""Growth that follows events: told by marks, or by its period."""

from __future__ import annotations

import numpy as np

from memgui.analysis.events import Marks

MIB = 2.0**20
T = np.arange(0.0, 400.0, 5.0)


def _stairs(every_s: float, each: float) -> np.ndarray:
    return np.floor(T / every_s) * each


def test_what_is_left_after_each_checkpoint_is_counted() -> None:
    marks = Marks()
    for number in range(1, 8):
        marks.add(number * 50.0 + 1, f"checkpoint {number}")
        marks.add(number * 50.0 + 26, f"evaluation {number}")
    stairs = marks.staircase(T, _stairs(50.0, 2.1 * MIB))
    assert stairs is not None
    assert (stairs.name, stairs.rose, stairs.times) == ("checkpoint", 7, 7)
    assert stairs.bytes_each == 2.1 * MIB


def test_marks_do_not_explain_a_ramp() -> None:
    marks = Marks()
    for number in range(1, 8):
        marks.add(number * 50.0 + 1, f"epoch {number}")
    assert marks.staircase(T, 0.1 * MIB * T) is None


def test_without_marks_a_regular_period_is_found_and_an_irregular_one_is_not() -> None:
    stairs = Marks().staircase(T, _stairs(50.0, MIB))
    assert stairs is not None
    assert (stairs.name, stairs.period_s, stairs.times) == ("", 50.0, 7)
    irregular = sum(MIB * (at < T) for at in (20, 30, 100, 110, 300, 390))
    assert Marks().staircase(T, np.asarray(irregular)) is None


def test_marks_without_end_take_no_memory_without_end() -> None:
    marks = Marks()
    for number in range(10_000):
        marks.add(float(number), f"{'abcdefghijkl'[number % 12]} {number}")
    assert len(marks._times) <= 8
    assert all(len(times) <= 128 for times in marks._times.values())
