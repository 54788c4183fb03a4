"""Joins what the agent says with what was read from outside at about the same time. Reader thread only."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace

from memgui.store.timeline import Row

# Three periods of each kind of reading: counters of the process come at 10 Hz, all else once a second.
_FAST_HELD_S = 0.3
_SLOW_HELD_S = 3.0
_KEPT = 600
Values = Mapping[str, float | None]


class Joiner:
    """Keeps the readings of the last minute and completes rows with them.

    A value of the agent wins. A reading that came later than the row, or is older than three periods of its own kind,
    is left out: a held value must not pass for a new one.
    """

    def __init__(self) -> None:
        self._times: list[float] = []
        self._readings: list[Values] = []

    def add(self, t_s: float, values: Values) -> None:
        """Note a reading; times ascending, on the clock of the rows. One that is not newer is ignored."""
        if self._times and t_s <= self._times[-1]:
            return
        self._times.append(t_s)
        self._readings.append(values)
        if len(self._times) >= 2 * _KEPT:
            del self._times[:-_KEPT], self._readings[:-_KEPT]

    def join(self, row: Row) -> Row:
        """The row with the values from outside that the agent did not give."""
        # A reading that came a moment after the row is as good as one a moment before it.
        at = bisect_right(self._times, row.t_s + _FAST_HELD_S) - 1
        if at < 0 or row.t_s - self._times[at] > _SLOW_HELD_S:
            return row
        fresh = row.t_s - self._times[at] <= _FAST_HELD_S
        joined = {name: value for name, value in self._readings[at].items() if fresh or not is_fast(name)}
        joined.update((name, value) for name, value in row.values.items() if value is not None or name not in joined)
        return replace(row, values=joined)


def is_fast(name: str) -> bool:
    """Whether a metric from outside is read at 10 Hz; unique and proportional memory are held for long by design."""
    return name.startswith("host.") and name not in ("host.pss_bytes", "host.uss_bytes")
