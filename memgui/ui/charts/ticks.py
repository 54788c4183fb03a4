"""Where axes have their marks and how they are written. Pure functions, any thread."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import lru_cache

from memgui.ui import format as fmt

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_TIME_STEPS_S: tuple[float, ...] = (
    *(0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
    *(minutes * _MINUTE for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * _HOUR for hours in (1, 2, 3, 6, 12)),
    *(days * _DAY for days in (1, 2, 7, 14, 28, 56)),
)


@dataclass(frozen=True)
class Tick:
    """One mark: where, and its text."""

    value: float
    text: str


def _nice(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(base * power for base in (1, 2, 5, 10) if base * power >= least * (1 - 1e-9))


def _nice_for(top: float, most: int) -> float:
    """The smallest of 1, 2, 5 times a power of ten of which at most `most` fit below `top`."""
    step = _nice(top / (most + 1))
    while math.floor(top / step * (1 + 1e-9)) > most:
        step = _nice(step * 1.01)
    return step


def _nice_below(most: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above `most`."""
    power = 10.0 ** math.floor(math.log10(most))
    return next(base * power for base in (5, 2, 1) if base * power <= most * (1 + 1e-9))


@lru_cache(maxsize=64)
def byte_ticks(high: float, most: int) -> tuple[Tick, ...]:
    """At most `most` marks above zero up to `high` bytes, at 1, 2, 5 in a binary unit; the first one names the unit."""
    if high <= 0 or most < 1:
        return (Tick(0.0, "0"),)
    unit, scale = fmt.unit_of(high)
    step = max(_nice_for(high / scale, most), 1.0 if unit == "B" else 0.0)
    return _ladder(step, high / scale, scale, unit)


@lru_cache(maxsize=64)
def second_ticks(high: float, most: int) -> tuple[Tick, ...]:
    """Marks of a duration axis: milliseconds below a second, else seconds."""
    if high <= 0 or most < 1:
        return (Tick(0.0, "0"),)
    unit, scale = ("µs", 1e-6) if high < 2e-3 else ("ms", 1e-3) if high < 1 else ("s", 1.0)
    return _ladder(_nice_for(high / scale, most), high / scale, scale, unit)


def _ladder(step: float, top: float, scale: float, unit: str) -> tuple[Tick, ...]:
    if step > top:
        # One mark at least, so that the axis has a scale.
        step = _nice_below(top)
    digits = max(0, -math.floor(math.log10(step)))
    count = math.floor(top / step * (1 + 1e-9))
    marks = [Tick(0.0, "0")]
    for index in range(1, count + 1):
        text = fmt.number(index * step, digits)
        marks.append(Tick(index * step * scale, f"{text}\u00a0{unit}" if index == 1 else text))
    return tuple(marks)


def time_ticks(low: float, high: float, most: int) -> tuple[Tick, ...]:
    """Wall clock marks between two Unix times, on round local times, at most `most`."""
    least = (high - low) / max(1, most)
    step = next((step for step in _TIME_STEPS_S if step >= least), None)
    if step is None:
        return ()
    # Local midnight, so that marks fall on round hours in every time zone.
    local = time.localtime(low)
    offset = local.tm_gmtoff or 0
    index = math.ceil((low + offset) / step - 1e-9)
    marks = []
    while (value := index * step - offset) <= high:
        marks.append(Tick(value, _clock(value, step)))
        index += 1
    return tuple(marks)


def _clock(value: float, step: float) -> str:
    # Rounded first: 59.9999 s of a sum of tenths would else be written as the second before.
    local = time.localtime(math.floor(value + 1e-4))
    if step >= 86400 or (step >= 3600 and local.tm_hour == 0):
        return time.strftime("%b %d", local)
    if step < 1:
        return time.strftime("%H:%M:%S", local) + f"{(value + 1e-4) % 1:.1f}"[1:]
    return time.strftime("%H:%M" if step >= 60 else "%H:%M:%S", local)


def step_ticks(low: float, high: float, most: int) -> tuple[Tick, ...]:
    """Marks at round step numbers."""
    if high <= low:
        return ()
    step = max(1.0, _nice((high - low) / max(1, most)))
    first = max(0, math.ceil(low / step - 1e-9))
    return tuple(
        Tick(index * step, fmt.count(index * step)) for index in range(first, math.floor(high / step + 1e-9) + 1)
    )


def ceiling(high: float, *, binary: bool) -> float:
    """The top of an axis that shows `high` with some air, moving in coarse steps so that the axis is calm."""
    if high <= 0:
        return 1024.0**2 if binary else 1.0
    unit = fmt.unit_of(high * 1.06)[1] if binary else 1.0
    step = _nice(high * 1.06 / unit / 20) * unit
    return math.ceil(high * 1.06 / step) * step
