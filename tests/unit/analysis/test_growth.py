"""Windows that grow and windows that only look like it; rates and their intervals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memgui.analysis.growth import explains, fit_line, judge, onset
from memgui.analysis.pyramid import Floats

MIB = 2.0**20
T = np.arange(40) * 0.8
STEP = np.floor(T * 30)


def _judged(curve: Callable[[Floats], Floats], noise: float = 0.05) -> bool:
    rng = np.random.default_rng(3)
    low = 500 * MIB + curve(T) * MIB + np.abs(rng.standard_normal(40)) * noise * MIB
    return judge(T, STEP, low, 0.75 * MIB) is not None


@pytest.mark.parametrize(
    ("name", "curve"),
    [
        ("a ramp", lambda t: t),
        ("a fast ramp", lambda t: 80 * t),
        ("a ramp with teeth", lambda t: t + 2 * (t % 3)),
        ("nine stairs", lambda t: 5 * np.floor(t / 3.5)),
        ("growth that quickens", lambda t: t + t * t / 20),
    ],
)
def test_what_grows_passes(name: str, curve: Callable[[Floats], Floats]) -> None:
    assert _judged(curve), name


@pytest.mark.parametrize(
    ("name", "curve"),
    [
        ("noise", lambda t: 0 * t),
        ("a step", lambda t: 9.0 * (t > 16)),
        ("three steps", lambda t: 9.0 * np.floor(t / 8)),
        ("a plateau soon", lambda t: 20 * (1 - np.exp(-t / 6))),
        ("a plateau later", lambda t: 20 * (1 - np.exp(-t / 15))),
        ("a ramp that ends", lambda t: np.minimum(t, 22)),
        ("a fall", lambda t: 50 - t),
        ("a tooth that fell", lambda t: t % 20),
        ("little", lambda t: 0.01 * t),
        ("records", lambda t: 6 * np.log1p(t)),
    ],
)
def test_what_does_not_go_on_growing_fails(name: str, curve: Callable[[Floats], Floats]) -> None:
    assert not _judged(curve), name


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_a_fit_is_near_the_truth_and_spikes_do_not_move_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    low = 3.0 * T + rng.standard_normal(40)
    low[rng.integers(0, 40, 3)] += 80.0
    assert fit_line(T, low).slope == pytest.approx(3.0, abs=0.25)


@pytest.mark.parametrize("memory_s", [0.0, 3.0])
def test_intervals_cover_also_where_neighbours_err_together(memory_s: float) -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(300):
        noise, keep = rng.standard_normal(40), np.exp(-0.8 / memory_s) if memory_s else 0.0
        for at in range(1, 40):
            noise[at] = keep * noise[at - 1] + np.sqrt(1 - keep**2) * noise[at]
        line = fit_line(T, 2.0 * T + noise)
        covered += line.low <= 2.0 <= line.high
    assert 0.88 <= covered / 300 <= 1.0


def test_the_onset_is_where_the_line_begins() -> None:
    assert onset(T, np.where(T < 10, 0.0, (T - 10) * 5) + np.sin(T * 9) * 0.1) == pytest.approx(12, abs=2)
    assert onset(T, 5 * T + np.sin(T * 9) * 0.1) == 0


def test_a_record_of_batches_explains_what_follows_it_and_no_more() -> None:
    record = np.maximum.accumulate(np.random.default_rng(1).lognormal(0, 0.6, 40))
    assert explains(record, STEP, 100 * record)
    assert not explains(record, STEP, STEP)
    assert not explains(record, STEP, 100 * record + 3 * STEP)
    assert not explains(np.full(40, 8192.0), STEP, STEP)


def _few(rises: list[float], *, per_block: float = 1.0) -> bool:
    low = 500 * MIB + np.concatenate([[0.0], np.cumsum(rises)]) * MIB
    at = np.arange(len(low))
    return judge(at * 3.0, np.floor(at * per_block), low, 0.75 * MIB, fewest=8) is not None


def test_eight_long_steps_that_bring_as_much_each_are_enough() -> None:
    assert _few([1.0, 1.1, 0.9, 1.0, 1.2, 0.9, 1.0])
    assert not _few([1.0, 1.1, 0.9, 1.0, 1.2, 0.9])
    assert not _few([1.0, 1.1, 0.9, 1.0, 1.2, 0.3, 1.6])
    assert not _few([1.0, 0.9, 1.0, 0.9, 1.0, 0.9, 2.5])
    # The same of short steps takes more blocks.
    assert not _few([1.0, 1.1, 0.9, 1.0, 1.2, 0.9, 1.0], per_block=8.0)
    assert _few([1.0, 1.1] * 7, per_block=8.0)


def test_long_steps_that_bring_less_and_less_are_no_growth() -> None:
    assert not _few([2.0, 1.7, 1.5, 1.2, 0.9, 0.8, 0.6])
