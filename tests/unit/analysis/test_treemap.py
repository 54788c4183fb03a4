"""Boxes fill the room, do not overlap, and have the areas that were asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memgui.analysis.treemap import Box, squarify

ROOM = Box(10.0, 20.0, 300.0, 200.0)


@given(st.lists(st.floats(0, 1e9), max_size=30))
def test_areas_are_in_proportion_and_inside(sizes: list[float]) -> None:
    boxes = squarify(sizes, ROOM)
    total = sum(sizes)
    assert len(boxes) == len(sizes)
    for size, box in zip(sizes, boxes, strict=True):
        assert ROOM.x - 1e-6 <= box.x <= box.x + box.width <= ROOM.x + ROOM.width + 1e-3
        assert ROOM.y - 1e-6 <= box.y <= box.y + box.height <= ROOM.y + ROOM.height + 1e-3
        if total > 0:
            assert box.width * box.height == pytest.approx(size / total * 60000, rel=1e-3, abs=1e-2)


def test_equal_sizes_become_squares() -> None:
    boxes = squarify([1.0] * 6, Box(0, 0, 300, 200))
    assert all(box.width == pytest.approx(100) and box.height == pytest.approx(100) for box in boxes)


def test_nothing_has_no_area() -> None:
    assert squarify([0.0, 0.0], ROOM) == [Box(10.0, 20.0, 0.0, 0.0)] * 2
    assert squarify([], ROOM) == []
    assert squarify([1.0], Box(0, 0, 0, 50))[0].width == 0
