"""Rectangles whose areas are as given and whose sides are as equal as may be.

Source: Bruls, Huizing, van Wijk, «Squarified Treemaps», 2000.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

# What is smaller would be no pixel on any screen, and numbers without meaning in the reckoning.
_LEAST_SHARE = 1e-9


class Box(NamedTuple):
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float


def squarify(sizes: Sequence[float], room: Box) -> list[Box]:
    """One box for each size, in their order; sizes of 0, or next to nothing beside the others, get one without area.

    The largest come first in the room, whatever their order.
    """
    boxes = [Box(room.x, room.y, 0.0, 0.0)] * len(sizes)
    total = sum(size for size in sizes if size > 0)
    if total <= 0 or room.width <= 0 or room.height <= 0:
        return boxes
    whole = room.width * room.height
    least = total * _LEAST_SHARE
    order = sorted((at for at in range(len(sizes)) if sizes[at] > least), key=lambda at: -sizes[at])
    areas = [sizes[at] / total * whole for at in order]
    begin = 0
    while begin < len(order):
        side = min(room.width, room.height)
        end = begin + 1
        while end < len(order) and _worst(areas[begin : end + 1], side) <= _worst(areas[begin:end], side):
            end += 1
        placed, room = _row(areas[begin:end], room)
        for at, box in zip(order[begin:end], placed, strict=True):
            boxes[at] = box
        begin = end
    return boxes


def _worst(areas: Sequence[float], side: float) -> float:
    """The most lopsided box of a row along a side."""
    total = sum(areas)
    if total <= 0 or side <= 0:
        return float("inf")
    across = (side / total) ** 2
    return max(max(areas) * across, 1 / (min(areas) * across) if min(areas) * across else float("inf"))


def _row(areas: Sequence[float], room: Box) -> tuple[list[Box], Box]:
    total = sum(areas)
    placed = []
    if room.width >= room.height:
        width = min(total / room.height, room.width) if room.height else 0.0
        y = room.y
        for area in areas:
            height = area / width if width else 0.0
            placed.append(Box(room.x, y, width, height))
            y += height
        return placed, Box(room.x + width, room.y, max(0.0, room.width - width), room.height)
    height = min(total / room.width, room.height) if room.width else 0.0
    x = room.x
    for area in areas:
        width = area / height if height else 0.0
        placed.append(Box(x, room.y, width, height))
        x += width
    return placed, Box(room.x, room.y + height, room.width, max(0.0, room.height - height))
