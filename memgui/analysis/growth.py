"""Does a lower envelope grow, and how fast? Pure functions on arrays; docs/verdicts.md gives the reasons.

Source of the slope: P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63 (1968).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from memgui.analysis.blocks import Floats

SEGMENTS = 8
RISING_NEEDED = 5
MIN_BLOCKS = 8
MIN_WINDOW_S = 9.0
SURE_WINDOW_S = 22.0
MIN_GROWTH_BYTES = 1.5 * 2**20
_NOISE_FACTOR = 4.0
# A curve whose later half rises at less than this share of its earlier half is on its way to a plateau.
_STILL_GROWING = 0.5


@dataclass(frozen=True)
class Growth:
    """A window that grows: bytes per second and per step, with the hull of what parts of the window say."""

    since_s: float
    until_s: float
    since_step: int
    level: float
    grown: float
    rate: float
    rate_low: float
    rate_high: float
    per_step: float | None
    step_low: float | None
    step_high: float | None
    rising: int

    @property
    def seconds(self) -> float:
        """Length of the window, s."""
        return self.until_s - self.since_s


def find_growth(t: Floats, step: Floats, low: Floats) -> Growth | None:
    """The longest suffix of the envelope that grows steadily up to now; None where none does.

    Args:
        t, step, low: time, step and minimum of each block, float64[n], oldest first.
    """
    for part in (1.0, 0.7, 0.5, 0.35, 0.25):
        first = len(t) - int(len(t) * part)
        found = _judge(t[first:], step[first:], low[first:])
        if found is not None and _is_new_territory(low[:first], low[-1], found.grown):
            return found
    return None


def slope(x: Floats, y: Floats) -> float:
    """Median of the slopes of all pairs of points (Theil and Sen)."""
    left, right = np.triu_indices(len(x), 1)
    run = x[right] - x[left]
    usable = run > 0
    return float(np.median((y[right] - y[left])[usable] / run[usable])) if usable.any() else 0.0


def _is_new_territory(before: Floats, now: float, grown: float) -> bool:
    """The rise goes past where the envelope has been already: one more tooth of a saw does not."""
    # The highest tenth may be checkpoints and evaluations that lasted as long as a block.
    return len(before) == 0 or now > float(np.quantile(before, 0.9)) + 0.25 * grown


def _judge(t: Floats, step: Floats, low: Floats) -> Growth | None:
    if len(t) < MIN_BLOCKS or t[-1] - t[0] < MIN_WINDOW_S:
        return None
    # What was given back later was no growth: at each point only what is never undershot afterwards counts.
    floor = np.minimum.accumulate(low[::-1])[::-1]
    levels = np.array([part.min() for part in np.array_split(floor, SEGMENTS)])
    rises = np.diff(levels)
    grown = float(floor[-1] - floor[0])
    rate = slope(t, low)
    residue = low - np.median(low - rate * t) - rate * t
    noise = float(np.median(np.abs(residue))) * 1.4826
    rising = int((rises > 0.15 * grown / len(rises)).sum())
    if grown < MIN_GROWTH_BYTES or grown < _NOISE_FACTOR * noise or rising < RISING_NEEDED:
        return None
    if rises.max() > 0.6 * grown:  # one step up, and little else
        return None
    half = len(t) // 2
    early, late = slope(t[:half], floor[:half]), slope(t[half:], floor[half:])
    latest = float(floor[-1] - floor[-1 - max(len(t) // 4, 2)])
    if late < _STILL_GROWING * early or latest < _STILL_GROWING * 0.25 * grown:
        return None
    if rate <= 0:
        return None
    parts = [rate, slope(t[:half], low[:half]), slope(t[half:], low[half:]), slope(t[::2], low[::2])]
    # Two independent ends of the window, each off by the noise.
    pad = 2.0 * noise / float(t[-1] - t[0])
    per_step, step_low, step_high = _per_step(step, low, half)
    return Growth(
        float(t[0]), float(t[-1]), int(step[0]), float(low[-1] - residue[-1]), grown,
        rate, max(min(parts) - pad, 0.0), max(parts) + pad, per_step, step_low, step_high, rising,
    )  # fmt: skip


def _per_step(step: Floats, low: Floats, half: int) -> tuple[float | None, float | None, float | None]:
    if step[-1] - step[0] < MIN_BLOCKS:
        return None, None, None
    parts = [slope(step, low), slope(step[:half], low[:half]), slope(step[half:], low[half:])]
    return parts[0], max(min(parts), 0.0), max(parts)
