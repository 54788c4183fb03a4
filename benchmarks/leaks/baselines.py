"""Rules that others use, on the same series and under the same conditions as memgui's.

Each judges what it is given as if now were its end. None of them knows warm-up, so all are spared start-up: they see
what came after the first step. The settings are those that their authors give, where they do.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from verdict import QUIET, Array, Columns, Verdict, series

# Growth below this fills 24 GB only after a month: no rule is asked for it.
_LEAST_RATE = 10e3
_LEAST_S = 12.0
_LIMIT_BYTES = 24e9
_HORIZON_S = 7 * 86400.0

Rule = Callable[[Columns], Verdict]
_Found = tuple[float, float, float]


def _over_series(columns: Columns, judge: Callable[[Array, Array], _Found | None]) -> Verdict:
    """The verdict on the series that grows fastest among those that the rule flags."""
    t = columns["t_seconds"][columns["step"] >= 0]
    if len(t) < 20 or t[-1] - t[0] < _LEAST_S:
        return QUIET
    best = QUIET
    for name, (kind, values) in series(columns).items():
        found = judge(t, values)
        if found is not None and found[0] > (best.rate or 0.0):
            best = Verdict(leak=True, kind=kind, metric=name, rate=found[0], low=found[1], high=found[2])
    return best


def blocks(t: Array, y: Array, most: int = 60, reduce: Callable[[Array], float] = np.median) -> tuple[Array, Array]:
    """At most so many blocks of equal duration: the middle of each, and one value for it."""
    edges = np.linspace(t[0], t[-1], min(most, max(len(t) // 4, 2)) + 1)
    parts = np.split(np.arange(len(t)), np.searchsorted(t, edges[1:-1]))
    kept = [part for part in parts if len(part)]
    return np.array([t[part].mean() for part in kept]), np.array([reduce(y[part]) for part in kept])


def least_squares(columns: Columns) -> Verdict:
    """Regression: a slope of more than six standard errors."""

    def judge(t: Array, y: Array) -> _Found | None:
        x = t - t.mean()
        slope = float(x @ (y - y.mean()) / (x @ x))
        rest = y - y.mean() - slope * x
        error = float(np.sqrt(rest @ rest / (len(x) - 2) / (x @ x)))
        return (slope, slope - 2 * error, slope + 2 * error) if slope > max(_LEAST_RATE, 6 * error) else None

    return _over_series(columns, judge)


def mann_kendall(columns: Columns) -> Verdict:
    """Mann-Kendall at p < 0.001 on medians of blocks; rate and interval by Theil and Sen."""

    def judge(t: Array, y: Array) -> _Found | None:
        x, v = blocks(t, y)
        n = len(x)
        left, right = np.triu_indices(n, 1)
        score = float(np.sign(v[right] - v[left]).sum())
        deviation = np.sqrt(n * (n - 1) * (2 * n + 5) / 18.0)
        slopes = np.sort((v[right] - v[left]) / (x[right] - x[left]))
        rate = float(np.median(slopes))
        if (abs(score) - 1) / deviation < 3.29 or rate < _LEAST_RATE:
            return None
        half = 1.96 * deviation
        low, high = (int(np.clip((len(slopes) + way * half) / 2, 0, len(slopes) - 1)) for way in (-1, 1))
        return rate, float(slopes[low]), float(slopes[high])

    return _over_series(columns, judge)


def scalene(columns: Columns) -> Verdict:
    """Scalene's rule on the curve: new heights that are not followed by a return, at 95 % by Laplace's rule.

    After "Triangulating Python Performance Issues with Scalene" (OSDI 2023): an allocation is noted at each new
    maximum of the footprint and counts as freed if it is given back before the next; reported when
    1 - (frees + 1) / (allocations - frees + 2) > 0.95 and what is kept is over 1 % of what was allocated.
    """

    def judge(t: Array, y: Array) -> _Found | None:
        noted, freed, top, before, open_ = 0, 0, float(y[0]), float(y[0]), False
        for value in y:
            if value > top + 1e6:
                noted, before, top, open_ = noted + 1, top, float(value), True
            elif open_ and value <= before:
                freed, open_ = freed + 1, False
        rises = np.diff(y)
        gross = float(rises[rises > 0].sum())
        if gross <= 0 or (y[-1] - y[0]) / gross < 0.01 or noted == 0:
            return None
        if 1 - (freed + 1) / (noted - freed + 2) <= 0.95:
            return None
        rate = float((y[-1] - y[0]) / (t[-1] - t[0]))
        return (rate, rate, rate) if rate > _LEAST_RATE else None

    return _over_series(columns, judge)


def precog(columns: Columns) -> Verdict:
    """Backward regression: from now back to the change points; the best line that is steep enough to hit the limit.

    After Jindal and others, "Online memory leak detection in the cloud-based infrastructures" (ICSOC 2020): R² of at
    least 0.75, and the limit reached within the critical time.
    """

    def judge(t: Array, y: Array) -> _Found | None:
        x, v = blocks(t, y, most=80)
        changes = _change_points(v)
        best: tuple[float, float, float] | None = None
        for start in changes:
            if len(x) - start < 8 or x[-1] - x[start] < _LEAST_S:
                continue
            part, rise = x[start:] - x[start:].mean(), v[start:] - v[start:].mean()
            slope = float(part @ rise / (part @ part))
            total = float(rise @ rise)
            fit = slope * slope * float(part @ part) / total if total > 0 else 0.0
            if slope > 0 and fit >= 0.75 and (best is None or fit > best[0]):
                error = float(np.sqrt(max(total * (1 - fit), 0.0) / max(len(part) - 2, 1) / (part @ part)))
                best = (fit, slope, error)
        if best is None or best[1] < _LEAST_RATE or (_LIMIT_BYTES - v[-1]) / best[1] > _HORIZON_S:
            return None
        return best[1], best[1] - 2 * best[2], best[1] + 2 * best[2]

    return _over_series(columns, judge)


def _change_points(v: Array) -> list[int]:
    """Where the difference to the last value is far out: the starts of lines, with the very first."""
    steps = np.diff(v)
    spread = float(np.median(np.abs(steps - np.median(steps)))) * 1.4826
    far = np.flatnonzero(np.abs(steps - np.median(steps)) > 3 * max(spread, 1.0)) + 1
    return [0, *far.tolist()]


def steady_growth(columns: Columns) -> Verdict:
    """memgui's first rule: minima of blocks that rise in 5 of 7 parts, and still do."""

    def judge(t: Array, y: Array) -> _Found | None:
        x, low = blocks(t, y, most=48, reduce=np.min)
        for part in (1.0, 0.7, 0.5, 0.35, 0.25):
            first = len(x) - int(len(x) * part)
            found = _steady(x[first:], low[first:])
            if found is not None and x[-1] - x[first] >= 22.0:
                grown = low[-1] - low[first]
                if first == 0 or low[-1] > np.quantile(low[:first], 0.9) + 0.25 * grown:
                    return found
        return None

    return _over_series(columns, judge)


def _steady(x: Array, low: Array) -> _Found | None:
    if len(x) < 8:
        return None
    floor = np.minimum.accumulate(low[::-1])[::-1]
    levels = np.array([part.min() for part in np.array_split(floor, 8)])
    rises, grown, half = np.diff(levels), float(floor[-1] - floor[0]), len(x) // 2
    parts = [theil_sen(x, low), theil_sen(x[:half], low[:half]), theil_sen(x[half:], low[half:])]
    rest = low - parts[0] * x
    noise = float(np.median(np.abs(rest - np.median(rest)))) * 1.4826
    if grown < max(1.5 * 2**20, 4 * noise) or (rises > 0.15 * grown / 7).sum() < 5 or rises.max() > 0.6 * grown:
        return None
    early, late = theil_sen(x[:half], floor[:half]), theil_sen(x[half:], floor[half:])
    if late < 0.5 * early or parts[0] <= 0 or (_LIMIT_BYTES - low[-1]) / parts[0] > _HORIZON_S:
        return None
    pad = 2 * noise / float(x[-1] - x[0])
    return parts[0], min(parts) - pad, max(parts) + pad


def theil_sen(x: Array, y: Array) -> float:
    """Median of the slopes of all pairs."""
    left, right = np.triu_indices(len(x), 1)
    return float(np.median((y[right] - y[left]) / (x[right] - x[left]))) if len(left) else 0.0


RULES: dict[str, Rule] = {
    "regression slope": least_squares,
    "Mann-Kendall, Theil-Sen": mann_kendall,
    "Scalene's rule": scalene,
    "backward regression (Precog)": precog,
    "steady growth (memgui 0.1)": steady_growth,
}
