"""A recording is judged as if it were live: what is said at a time depends on nothing later."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memgui.analysis.pyramid import Floats
from memgui.analysis.replay import replay

MIB = 2.0**20


def _table(seed: int, seconds: float = 90.0) -> dict[str, Floats]:
    """A leak, a cache that fills or nothing, with gaps, teeth and a start."""
    rng = np.random.default_rng(seed)
    t = np.arange(0.0, seconds, 0.1)
    step = np.where(t < 4, -1, np.floor((t - 4) * rng.uniform(3, 40)))
    growth = [2 * (t - 4), np.minimum(2 * (t - 4), 60), 0 * t][seed % 3] * rng.uniform(0.2, 3)
    host = 300 * MIB + MIB * (np.maximum(growth, 0) + (t % 5) * rng.uniform(0, 2) + rng.uniform(0, 0.5, len(t)))
    keep = (t < 30) | (t > 30 + rng.uniform(0, 6))
    return {"t_seconds": t[keep], "step": step[keep], "host.anon_bytes": host[keep]}


def _until(table: dict[str, Floats], t_s: float) -> dict[str, Floats]:
    return {name: values[table["t_seconds"] <= t_s] for name, values in table.items()}


@pytest.mark.parametrize("seed", range(6))
def test_alarms_are_the_same_whether_the_future_is_known_or_not(seed: int) -> None:
    table = _table(seed)
    alarms = replay(table).alarms
    for t_s in np.linspace(5.0, 89.0, 15):
        rings = any(on <= t_s and (off is None or t_s < off) for on, off in alarms)
        assert (replay(_until(table, float(t_s))).leak is not None) == rings


def test_a_leak_rings_to_the_end_and_a_full_cache_does_not() -> None:
    leaks, fills = replay(_table(0)), replay(_table(1, 200.0))
    assert leaks.leak is not None
    assert leaks.alarms[-1][1] is None
    assert fills.leak is None


def test_rows_without_a_time_or_a_step_are_survived() -> None:
    table = _table(0)
    table["t_seconds"][50:60] = np.nan
    table["step"][100:140] = np.nan
    assert replay(table).leak is not None


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_whatever_comes_it_answers(data: st.DataObject) -> None:
    rows = data.draw(st.integers(0, 150))
    wild = st.floats(allow_nan=True, allow_infinity=True, width=32)
    column = st.lists(wild, min_size=rows, max_size=rows).map(lambda values: np.array(values, dtype=np.float64))
    names = ("t_seconds", "step", "host.anon_bytes", "cuda.0.allocated_bytes", "step.tokens")
    replay({name: data.draw(column) for name in names})
