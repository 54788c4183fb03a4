"""Joins what the agent says with what was read from outside at about the same time. Reader thread only."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

from memgui.store.timeline import Row

# Three periods of each kind of reading: counters of the process come at 10 Hz, all else once a second.
_FAST_HELD_S = 0.3
_SLOW_HELD_S = 3.0
_KEPT_S = 60.0
Values = Mapping[str, float | None]


class Joiner:
    """Keeps the readings of the last one to two minutes and completes rows with them.

    A value of the agent wins. A reading that came later than the row, or is older than three periods of its own kind,
    is left out: a held value must not pass for a new one.
    """

    def __init__(self) -> None:
        self._times: list[float] = []
        # All values of a reading, and those that are held for long.
        self._readings: list[tuple[Values, Values]] = []

    def add(self, t_s: float, values: Values) -> None:
        """Note a reading; times ascending, on the clock of the rows. One that is not newer is ignored."""
        if self._times and t_s <= self._times[-1]:
            return
        self._times.append(t_s)
        self._readings.append((values, {name: value for name, value in values.items() if not is_fast(name)}))
        if t_s - self._times[0] >= 2 * _KEPT_S:
            old = bisect_right(self._times, t_s - _KEPT_S)
            del self._times[:old], self._readings[:old]

    def join(self, row: Row) -> Row:
        """The row with the values from outside that the agent did not give."""
        # A reading that came a moment after the row is as good as one a moment before it.
        at = bisect_right(self._times, row.t_s + _FAST_HELD_S) - 1
        if at < 0 or row.t_s - self._times[at] > _SLOW_HELD_S:
            return row
        held = self._readings[at][0 if row.t_s - self._times[at] <= _FAST_HELD_S else 1]
        own = row.values
        joined = {**held, **own}
        for name, value in own.items():
            if value is None and name in held:
                joined[name] = held[name]
        return Row(row.t_s, row.step, joined, row.low, row.high)


def is_fast(name: str) -> bool:
    """Whether a metric from outside is read at 10 Hz; unique and proportional memory are held for long by design."""
    return name.startswith("host.") and name not in ("host.pss_bytes", "host.uss_bytes")
