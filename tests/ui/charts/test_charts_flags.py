"""Words beside the lines of a plot can be read, however close the lines are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from memgui.ui.charts.flags import Flags
from memgui.ui.theme import Theme

RED, GREEN = "#ff0000", "#00ff00"
AREA = QRectF(0, 0, 300, 100)
Found = dict[str, tuple[int, int, int, int]]


@pytest.fixture
def put(qapp: object) -> Callable[..., Found]:
    """Write flags; left, right, top and bottom of what has each colour."""

    def written(*flags: tuple[float, str, str]) -> Found:
        image = QImage(300, 100, QImage.Format.Format_RGB32)
        image.fill(0)
        painter = QPainter(image)
        made = Flags(painter, Theme.dark(), AREA)
        for x, text, colour in flags:
            made.beside(x, 0.0, text, colour)
        painter.end()
        pixels = np.frombuffer(image.constBits(), np.uint8).reshape(100, 300, 4).astype(int)
        strength = {RED: pixels[:, :, 2] - pixels[:, :, 1], GREEN: pixels[:, :, 1] - pixels[:, :, 2]}
        found = {}
        for colour, values in strength.items():
            ys, xs = np.nonzero(values > 60)
            if len(ys):
                found[colour] = int(xs.min()), int(xs.max()), int(ys.min()), int(ys.max())
        return found

    return written


def test_a_later_one_goes_a_line_down(put: Callable[..., Found]) -> None:
    found = put((20.0, "growth begins", RED), (30.0, "the end", GREEN))
    assert found[GREEN][2] > found[RED][3]


def test_those_apart_stand_on_one_line(put: Callable[..., Found]) -> None:
    found = put((20.0, "begins", RED), (180.0, "begins", GREEN))
    assert found[GREEN][2:] == found[RED][2:]


def test_near_the_right_edge_it_stands_to_the_left(put: Callable[..., Found]) -> None:
    found = put((280.0, "growth begins", RED))
    assert 150 < found[RED][0] < found[RED][1] < 280


def test_what_is_too_long_is_shortened_and_stays_within(put: Callable[..., Found]) -> None:
    found = put((150.0, "a word " * 30, RED))
    assert 0 <= found[RED][0] < found[RED][1] <= 300
    assert found[RED][0] > 150 or found[RED][1] < 150


def test_more_than_there_is_room_for_is_left_out(put: Callable[..., Found]) -> None:
    found = put(*[(20.0, "growth begins", RED)] * 3, (20.0, "the end", GREEN))
    assert GREEN not in found
