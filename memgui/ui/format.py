"""Numbers for people: the one place where base units become GiB, minutes and thousands. Any thread, no Qt.

Figures are grouped by a narrow no-break space, a negative number carries a true minus, and a value that cannot be had
(None or NaN) is a dash.
"""

from __future__ import annotations

import math
import time

MISSING = "–"
MINUS = "−"
_NARROW = "\u202f"
_NO_BREAK = "\u00a0"
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def _absent(value: float | None) -> bool:
    return value is None or not math.isfinite(value)


def number(value: float, digits: int = 0) -> str:
    """A number with so many decimals, grouped by thousands: "1 204"."""
    text = f"{abs(value):,.{digits}f}".replace(",", _NARROW)
    return MINUS + text if value < 0 and float(f"{value:.{digits}f}") != 0 else text


def _figures(value: float) -> str:
    """Three significant figures, none after the point from 100 on."""
    size = abs(value)
    return number(value, 2 if size < 9.995 else 1 if size < 99.95 else 0)


def unit_of(value: float) -> tuple[str, float]:
    """The binary unit that fits a number of bytes, and how many bytes it has: ("GiB", 1073741824.0)."""
    size, index = abs(value), 0
    while size >= 999.5 and index < len(_UNITS) - 1:
        size, index = size / 1024, index + 1
    return _UNITS[index], 1024.0**index


def size(value: float | None) -> str:
    """Bytes: "4.12 GiB", "420 MiB", "0 B"."""
    if value is None or not math.isfinite(value):
        return MISSING
    unit, scale = unit_of(value)
    return f"{number(value) if unit == 'B' else _figures(value / scale)}{_NO_BREAK}{unit}"


def size_in(value: float, unit: str, scale: float) -> str:
    """Bytes in a given unit, for a row or an axis that has one unit throughout."""
    return f"{_figures(value / scale)}{_NO_BREAK}{unit}"


def size_change(value: float | None) -> str:
    """A change of bytes with its sign: "−420 MiB", "+3.00 MiB", "±0 B"."""
    if value is None or not math.isfinite(value):
        return MISSING
    return f"±0{_NO_BREAK}B" if round(value) == 0 else size(value) if value < 0 else f"+{size(value)}"


def size_rate(bytes_per_s: float | None) -> str:
    """Growth per second, or per minute or hour where that reads better: "+3.0 MiB/s"."""
    if bytes_per_s is None or not math.isfinite(bytes_per_s):
        return MISSING
    for factor, unit in ((1, "s"), (60, "min")):
        if abs(bytes_per_s) * factor >= 1024:
            return f"{size_change(bytes_per_s * factor)}/{unit}"
    return f"{size_change(bytes_per_s * 3600)}/h"


def size_per_step(bytes_per_step: float | None) -> str:
    """Growth per training step: "+3.00 MiB per step"."""
    return MISSING if _absent(bytes_per_step) else f"{size_change(bytes_per_step)} per step"


def duration(seconds: float | None) -> str:
    """A length of time by its two largest parts: "318 ms", "4.2 s", "38 min", "2 h 10 min", "3 d 4 h"."""
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    sign, left = (MINUS, -seconds) if seconds < 0 else ("", seconds)
    if left < 1e-6:
        text = f"{_figures(left * 1e9)} ns" if left else "0 s"
    elif left < 9.995e-4:
        text = f"{_figures(left * 1e6)} µs"
    elif left < 0.9995:
        text = f"{_figures(left * 1e3) if left < 0.00995 else number(left * 1e3)} ms"
    elif left < 59.95:
        text = f"{number(left, 1 if left < 9.95 else 0)} s"
    elif left < 3570:
        text = f"{number(left / 60)} min"
    elif left < 86400 - 30:
        hours, minutes = divmod(round(left / 60), 60)
        text = f"{hours} h {minutes} min" if minutes else f"{hours} h"
    else:
        days, hours = divmod(round(left / 3600), 24)
        text = f"{days} d {hours} h" if hours else f"{days} d"
    return sign + text.replace(" ", _NO_BREAK)


def _short(value: float) -> str:
    return number(value, 1 if value < 9.95 else 0)


def interval(low_s: float, high_s: float) -> str:
    """Two lengths of time, the unit written once where both have it: "31–49 min"."""
    for unit_s, unit in ((86400.0, "d"), (3600.0, "h")):
        if low_s >= unit_s and high_s < 1000 * unit_s:
            return f"{_short(low_s / unit_s)}–{_short(high_s / unit_s)}{_NO_BREAK}{unit}"
    low, high = duration(low_s), duration(high_s)
    if low == high:
        return low
    parts = low.split(_NO_BREAK)
    if len(parts) == 2 and high.split(_NO_BREAK)[1:] == parts[1:]:
        return f"{parts[0]}–{high}"
    return f"{low}–{high}"


def roughly(seconds: float) -> str:
    """A length of time in one unit, for where room is scarce: "38 min", "4.8 h", "3.2 d"."""
    if seconds >= 86400.0:
        return f"{_short(seconds / 86400.0)}{_NO_BREAK}d"
    return f"{_short(seconds / 3600.0)}{_NO_BREAK}h" if seconds >= 3570 else duration(seconds)


def sizes(low: float, high: float) -> str:
    """Two numbers of bytes in the unit of the higher: "2.90–3.10 MiB"."""
    unit, scale = unit_of(high)
    first, last = size_in(low, unit, scale).split(_NO_BREAK)[0], size_in(high, unit, scale)
    return last if last.split(_NO_BREAK)[0] == first else f"{first}–{last}"


def span(seconds: float) -> str:
    """An age or a stretch to the second: "7 s", "2 min 5 s", "1 h 4 min"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole}{_NO_BREAK}s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes}{_NO_BREAK}min" + (f"{_NO_BREAK}{rest}{_NO_BREAK}s" if rest else "")
    return duration(whole)


def count(value: float | None) -> str:
    """A count or a step number: "1 204"; above ten million "12.3 M"."""
    if value is None or not math.isfinite(value):
        return MISSING
    if abs(value) >= 1e10:
        return f"{_figures(value / 1e9)}{_NO_BREAK}G"
    if abs(value) >= 1e7:
        return f"{_figures(value / 1e6)}{_NO_BREAK}M"
    return number(value)


def ratio(value: float | None) -> str:
    """A share as per cent: "0.04 %", "22 %"."""
    if value is None or not math.isfinite(value):
        return MISSING
    percent = value * 100
    digits = 0 if abs(percent) >= 9.95 or percent == 0 else 1 if abs(percent) >= 0.95 else 2
    return f"{number(percent, digits)}{_NO_BREAK}%"


def rate_hz(value: float | None) -> str:
    """Samples per second: "10 samples/s"."""
    if value is None or not math.isfinite(value):
        return MISSING
    return f"{number(value, 0 if value >= 9.95 or value == round(value) else 1)}{_NO_BREAK}samples/s"


def quantity(value: float | None, unit: str) -> str:
    """A metric's value by the catalogue's unit: "bytes", "count", "s" or "ratio"."""
    if unit == "bytes":
        return size(value)
    if unit == "s":
        return duration(value)
    if unit == "ratio":
        return ratio(value)
    return count(value)


def metric_unit(name: str) -> str:
    """The unit that a metric's name carries as its last word; "count" for a name without one."""
    word = name.rsplit("_", 1)[-1]
    return word if word in ("bytes", "count", "s", "ratio") else "count"


def clock(t_s: float) -> str:
    """Local time of the day of a Unix time: "12:04:11"."""
    return time.strftime("%H:%M:%S", time.localtime(t_s))


def moment(t_s: float) -> str:
    """Local date and time of a Unix time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(t_s))
