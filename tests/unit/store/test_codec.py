"""Chunks come back as they were, bit for bit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memgui.store.codec import DamagedError, decode, encode

_numbers = st.one_of(
    st.floats(),
    st.integers(-(2**53), 2**53).map(float),
    st.sampled_from([0.0, -0.0, math.nan, math.inf, 2.0**53, -(2.0**53), 2.0**53 + 2]),
)


@given(st.integers(0, 5).flatmap(lambda rows: st.lists(st.lists(_numbers, min_size=rows, max_size=rows), max_size=4)))
def test_every_table_comes_back(table: list[list[float]]) -> None:
    rows = len(table[0]) if table else 0
    columns = np.array(table, dtype=np.float64).reshape(len(table), rows)
    found = decode(encode(columns))
    assert found.shape == columns.shape
    missing = np.isnan(columns)
    assert np.array_equal(np.isnan(found), missing)
    assert np.array_equal(found[~missing].view(np.int64), columns[~missing].view(np.int64))


def test_levels_in_bytes_take_little_room() -> None:
    noise = np.random.default_rng(0).integers(-2, 3, (30, 512)) * 4096
    columns = 1e9 + np.cumsum(noise, axis=1).astype(np.float64)
    # Of eight; what there is to know of such noise is 0.3.
    assert len(encode(columns)) < 0.75 * columns.size


@given(st.binary(max_size=200))
def test_garbage_is_told_as_damage(garbage: bytes) -> None:
    with pytest.raises(DamagedError):
        decode(garbage)


@given(st.data())
def test_a_chunk_that_was_cut_or_changed_is_damage_or_a_table(data: st.DataObject) -> None:
    packed = bytearray(encode(np.arange(60, dtype=np.float64).reshape(3, 20)))
    if data.draw(st.booleans()):
        packed = packed[: data.draw(st.integers(0, len(packed) - 1))]
    else:
        packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        assert decode(bytes(packed)).ndim == 2
    except DamagedError:
        pass
