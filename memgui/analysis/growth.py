"""Does a lower envelope grow, and how fast? Pure functions on arrays; docs/verdicts.md gives the reasons."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from memgui.analysis.pyramid import Floats

SEGMENTS = 8
RISING_NEEDED = 5
MIN_BLOCKS = 14
# So few do of long steps of which none brings less or more than the mean by this factor.
FEW_BLOCKS, _EVEN = 8, 1.5
# The fewer parts rise, the smoother the rise must be.
_NOISE_FACTORS = {5: 9.0, 6: 6.0, 7: 4.0}
# A curve whose later half rises at less than this share of its earlier half is on its way to a plateau.
_STILL_GROWING = 0.6
# The last quarter has its share of the rise, or half of it at least; no part of seven has more than this of it.
_LATEST, _LEAP = 0.5, 0.55
# The longest rest, as a share of the window: a staircase of seven steps rests for a seventh of it.
_REST = 0.22
# What time adds beside the longest batch so far, as a share of what it seems to add without.
_BESIDE = 0.35
# Parts that the jackknife leaves out in turn.
_GROUPS = 5
# A start is early enough whose line is at most so much worse than the best of later ones.
_FITS = 1.5
# Student's 97.5 % with four degrees of freedom, and what recordings teach beyond the noise.
_WIDTH, _FLOOR = 2.8, 0.01
# By so much of the Bayesian information criterion, per block and halved, a plateau must explain a window better.
# Source: G. Schwarz, "Estimating the dimension of a model", Ann. Stat. 6 (1978).
_PLATEAU_WINS = 0.30


@dataclass(frozen=True)
class Line:
    """A fitted line: slope with its interval, and its level at the last point."""

    slope: float
    low: float
    high: float
    level: float


@dataclass(frozen=True)
class Growth:
    """A window that grows steadily: bytes per second and per step."""

    since_s: float
    until_s: float
    since_step: int
    level: float
    grown: float
    rate: float
    rate_low: float
    rate_high: float
    per_step: Line | None
    noise: float
    rising: int
    blocks: int

    @property
    def seconds(self) -> float:
        """Length of the window, s."""
        return self.until_s - self.since_s


def judge(t: Floats, step: Floats, low: Floats, min_grown: float, fewest: int = MIN_BLOCKS) -> Growth | None:
    """The window as a growth up to now; None where it is none.

    Args:
        t, step, low: time, step and minimum of each block, float64[n], oldest first, without gaps.
        min_grown: what it must have risen by at least.
        fewest: so many blocks do, less than usual only where each is one long step and brings as much as the others.
    """
    n = len(t)
    # What was given back later was no growth: at each point only what is never undershot afterwards counts.
    floor = np.minimum.accumulate(low[::-1])[::-1]
    grown = float(floor[-1] - floor[0])
    if n < fewest or grown < min_grown or (n < MIN_BLOCKS and not _is_even(step, low)):
        return None
    # Read at the borders of the parts, so that a single step up counts once.
    rises = np.diff(floor[(np.arange(SEGMENTS) * (n - 1)) // (SEGMENTS - 1)])
    total = float(rises.sum())
    rising = int((rises > 0.15 * total / len(rises)).sum())
    if rising < RISING_NEEDED or float(rises.max()) > _LEAP * total:
        return None
    # A growth does not rest: not for longer than a staircase with a step a part.
    rest = np.searchsorted(floor, floor + 0.05 * grown, side="right") - np.arange(n)
    if int(rest.max()) > max(_REST * n, 4):
        return None
    x = step if step[-1] - step[0] >= n - 1 else t
    x = (x - x[0]) / (x[-1] - x[0])
    half = n // 2
    early, late = slope(x[:half], floor[:half]), slope(x[half:], floor[half:])
    latest = float(floor[-1] - np.interp(0.75, x, floor))
    if late < _STILL_GROWING * early or latest < _LATEST * 0.25 * grown:
        return None
    fit = _line(x, low)
    noise = float(np.sort(np.abs(low - fit))[n // 2]) * 1.4826
    if grown < _NOISE_FACTORS[rising] * noise or plateau_gain(x, low, fit) > _PLATEAU_WINS:
        return None
    rate = slope(t, low)
    if rate <= 0:
        return None
    return Growth(
        float(t[0]), float(t[-1]), int(step[0]), float(low[-1]), grown, rate, rate, rate, None, noise, rising, n
    )


def _is_even(step: Floats, low: Floats) -> bool:
    """Each block is about one step, and each brings about as much."""
    rises = np.diff(low)
    mean = float(low[-1] - low[0]) / len(rises)
    one_each = step[-1] - step[0] <= len(low)
    return bool(one_each and mean > 0 and rises.min() * _EVEN >= mean and rises.max() <= mean * _EVEN)


def plateau_gain(x: Floats, low: Floats, fit: Floats) -> float:
    """By how much a curve that comes to rest explains the window better than a line, as a logarithm per block.

    Args:
        x: 0 to 1; `fit`: the line.
    """
    line = _squares(low - fit)
    best = line
    for shape in (
        *(1.0 - np.exp(-x / tau) for tau in (0.15, 0.3, 0.6)),
        *(np.minimum(x, bend) for bend in (0.5, 0.65, 0.8)),
    ):
        best = min(best, _squares(low - _line(shape, low)))
    return 0.5 * math.log(line / best) - math.log(len(x)) / (2 * len(x))


def fit_line(x: Floats, y: Floats) -> Line:
    """A line by least squares without points that lie far from the median line, with an interval by the jackknife.

    Source: P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", J. Am. Stat. Assoc. 63 (1968):
    that line holds where a quarter of the points lie anywhere, also all at one end.
    Source: leaving out contiguous fifths keeps neighbours that err together in one group; J. W. Tukey, "Bias and
    confidence in not quite large samples", Ann. Math. Stat. 29 (1958).

    Args:
        x, y: float64[n], n at least 5, x ascending.
    """
    residue = y - _median_slope(x, y) * x
    far = np.abs(residue - np.median(residue))
    limit = 5.0 * 1.4826 * float(np.median(far))
    if limit > 0:
        keep = far <= limit
        x, y = x[keep], y[keep]
    b = slope(x, y)
    level = float(y.mean()) + b * float(x[-1] - x.mean())
    n = len(x)
    borders = [at * n // _GROUPS for at in range(_GROUPS + 1)]
    parts = []
    for begin, end in pairwise(borders):
        rest = np.concatenate([np.arange(begin), np.arange(end, n)])
        parts.append(slope(x[rest], y[rest]))
    spread = np.array(parts) - np.mean(parts)
    error = float(np.sqrt((_GROUPS - 1) / _GROUPS * (spread @ spread)))
    width = _WIDTH * error + _FLOOR * abs(b)
    return Line(b, b - width, b + width, level)


def _median_slope(x: Floats, y: Floats) -> float:
    """The median of the slopes between every two points."""
    first, second = np.triu_indices(len(x), 1)
    run, rise = x[second] - x[first], y[second] - y[first]
    apart = run > 0
    return float(np.median(rise[apart] / run[apart])) if apart.any() else 0.0


def explains(record: Floats, x: Floats, low: Floats) -> bool:
    """What rises is what the longest batch so far needs: beside it, time explains little.

    Args:
        record: the largest batch up to each block, NaN where it is not known.
    """
    if np.isnan(record).any() or float(np.ptp(record)) <= 0:
        return False
    beside = slope(x - _line(record, x), low - _line(record, low))
    return beside <= _BESIDE * slope(x, low)


def onset(x: Floats, low: Floats) -> int:
    """The block from which on a line fits as well as it does later: what came before belongs to something else."""
    n = len(x)
    starts = [at for at in range(0, n // 2 + 1, max(n // 16, 1)) if n - at >= MIN_BLOCKS]
    if not starts:
        return 0
    errors = [math.sqrt(_squares(low[at:] - _line(x[at:], low[at:])) / (n - at)) for at in starts]
    least = min(errors)
    return next(at for at, error in zip(starts, errors, strict=True) if error <= _FITS * least)


def slope(x: Floats, y: Floats) -> float:
    """Slope by least squares; 0.0 where x does not move."""
    apart = x - np.add.reduce(x) / len(x)
    spread = float(apart @ apart)
    return float(apart @ y) / spread if spread > 0 else 0.0


def _line(x: Floats, y: Floats) -> Floats:
    b = slope(x, y)
    line: Floats = np.add.reduce(y) / len(y) + b * (x - np.add.reduce(x) / len(x))
    return line


def _squares(residue: Floats) -> float:
    return float(residue @ residue) + 1e-9
