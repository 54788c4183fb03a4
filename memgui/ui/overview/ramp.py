"""Colours of a heat map: one hue after another from low to high, with lightness alone telling the order. GUI thread."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from memgui.ui.theme import Theme

# Index 0 says that nothing is known; levels have the others.
LEVELS = 255
_DARK = ("#203040", "#1c5580", "#2f8fc4", "#8cc7a8", "#f6e58d")
_LIGHT = ("#e6f0f7", "#a5d0e8", "#4f9fce", "#1d5f9a", "#33204f")


def table_of(theme: Theme) -> list[int]:
    """256 colours for an indexed image."""
    colours = [QColor(colour) for colour in (_DARK if theme.is_dark else _LIGHT)]
    stops = np.array([(colour.red(), colour.green(), colour.blue()) for colour in colours], np.float64)
    at = np.linspace(0, len(stops) - 1, LEVELS)
    mixed = np.stack([np.interp(at, np.arange(len(stops)), channel) for channel in stops.T], axis=1)
    table = [0xFF000000 | red << 16 | green << 8 | blue for red, green, blue in mixed.round().astype(int).tolist()]
    return [QColor(theme.card).rgba(), *table]


def indices_of(
    levels: NDArray[np.float32], low: NDArray[np.float64] | float, high: NDArray[np.float64] | float
) -> NDArray[np.uint8]:
    """Which colour a level has between the ends of the scale, uint8[rows, columns]; 0 where it is NaN.

    Args:
        low, high: ends of the scale, one for all or one a row.
    """
    base = np.reshape(np.asarray(low, np.float32), (-1, 1))
    reach = np.reshape(np.asarray(high, np.float32), (-1, 1)) - base
    # A row that stands still is at the lower end, not anywhere by the noise of a division by nothing.
    factor = np.divide(LEVELS - 1, reach, out=np.zeros_like(reach), where=reach > 0)
    scaled = np.subtract(levels, base)
    scaled *= factor
    scaled += 1.5
    np.nan_to_num(scaled, copy=False, nan=0.0)
    np.clip(scaled, 0.0, float(LEVELS), out=scaled)
    return scaled.astype(np.uint8)
