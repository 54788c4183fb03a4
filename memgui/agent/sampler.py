"""Reads all probes into one row of values; on the agent's thread, but for `bytes_now`.

Names are only ever added, so that rows of different times line up. A probe's own cost sets how often it is read:
walking a fragmented heap's free lists can take milliseconds.
"""

from __future__ import annotations

import time
from typing import Callable, Dict, Iterable, List, Optional, Sequence, Tuple

from memgui.agent.probes.probe import Number, Probe

_COST_SHARE = 1 / 500
_FAILURES_ALLOWED = 3
_LOOK_S = 0.24
# What is left out of the reckoning: even the cheapest reading costs this where the caches are cold.
_CHEAP_S = 50e-6


class _Slot:
    """A probe, when it is due, and the values that stand until then."""

    __slots__ = ("blank", "due_s", "failures", "held", "is_cheap", "probe", "text")

    def __init__(self, probe: Probe) -> None:
        self.probe: Optional[Probe] = probe
        self.blank: Tuple[Optional[Number], ...] = (None,) * len(probe.names)
        self.held: Sequence[Optional[Number]] = self.blank
        self.text = _words(self.blank)
        self.due_s = 0.0
        self.is_cheap = True
        self.failures = 0


class Sampler:
    """The probes of one agent.

    Attributes:
        names: metric names, in the order of the values.
        generation: number of the present set of names.
    """

    def __init__(
        self,
        probes: Iterable[Probe],
        find: Callable[[], Tuple[Probe, ...]],
        *,
        clock: Callable[[], float] = time.monotonic,
        cpu_clock: Callable[[], float] = time.thread_time,
    ) -> None:
        """Probes that are there from the start, and a finder of those that come later."""
        self._find = find
        self._clock = clock
        self._cpu_clock = cpu_clock
        self._slots: Tuple[_Slot, ...] = tuple(_Slot(probe) for probe in probes)
        # Beside a busy training thread the caches are cold, and every slot that is looked at costs microseconds: those
        # that are not read each time are looked at four times a second.
        self._quick = _quick(self._slots)
        self._look_s = 0.0
        self._switched_off: List[Tuple[str, str]] = []
        self._finder_failures = 0
        self.names: Tuple[str, ...] = tuple(name for slot in self._slots for name in _names(slot))
        self.generation = 1

    def discover(self) -> bool:
        """Take in probes for what came into use; True where there are new names."""
        if self._finder_failures >= _FAILURES_ALLOWED:
            return False
        try:
            found = self._find()
        except Exception as error:  # noqa: BLE001 - torch's own code: a guest survives whatever it does
            self._finder_failures += 1
            if self._finder_failures == _FAILURES_ALLOWED:
                self._switched_off.append(("accelerators", repr(error)))
            return False
        self._finder_failures = 0
        return self.add(found)

    def add(self, probes: Iterable[Probe]) -> bool:
        """Add probes; those whose names are all known already are left out."""
        fresh = [probe for probe in probes if not set(probe.names) <= set(self.names)]
        if not fresh:
            return False
        self._slots += tuple(_Slot(probe) for probe in fresh)
        self._quick = _quick(self._slots)
        self._look_s = 0.0
        self.names += tuple(name for probe in fresh for name in probe.names)
        self.generation += 1
        return True

    def sample(self) -> None:
        """Read what is due."""
        now = self._clock()
        if now >= self._look_s:
            self._look_s = now + _LOOK_S
            self._sample_all(now)
            return
        for slot in self._quick:
            if slot.probe is not None and slot.is_cheap:
                self._read(slot, slot.probe)

    def _sample_all(self, now: float) -> None:
        """Read what is due, and see what it costs."""
        begin = self._cpu_clock()
        for slot in self._slots:
            probe = slot.probe
            if probe is not None and now >= slot.due_s:
                self._read(slot, probe)
                end = self._cpu_clock()
                wait_s = max(probe.period_s, (end - begin - _CHEAP_S) / _COST_SHARE)
                slot.is_cheap = wait_s <= 0
                slot.due_s = now + wait_s
                begin = end

    def values(self) -> List[Optional[Number]]:
        """The last reading: one value per name."""
        return [value for slot in self._slots for value in slot.held]

    def text(self) -> str:
        """The last reading as JSON numbers, separated by commas; what was not read anew is not written anew."""
        return ",".join([slot.text for slot in self._slots])

    def _read(self, slot: _Slot, probe: Probe) -> None:
        try:
            held = probe.sample()
            if len(held) != len(slot.blank):
                raise ValueError(f"{len(held)} values for {len(slot.blank)} names")
            slot.text = _words(held)
            slot.held = held
            slot.failures = 0
        except Exception as error:  # noqa: BLE001 - the border to the kernel's and torch's data; counted
            slot.held = slot.blank
            slot.text = _words(slot.blank)
            slot.failures += 1
            if slot.failures >= _FAILURES_ALLOWED:
                slot.probe = None
                self._switched_off.append((probe.name, repr(error)))

    def bytes_now(self) -> Dict[str, float]:
        """Fresh values of the metrics named `…_bytes`; on any thread."""
        found: Dict[str, float] = {}
        for slot in self._slots:
            probe = slot.probe
            if probe is None or not probe.for_receipts:
                continue
            try:
                values = probe.read()
            except Exception:  # noqa: BLE001 - counted where the same probe is read for a sample
                continue
            pairs = zip(probe.names, values)
            found.update((name, value) for name, value in pairs if value is not None and name.endswith("_bytes"))
        return found

    def take_switched_off(self) -> List[Tuple[str, str]]:
        """Name and error of each probe that was given up since the last call."""
        gone, self._switched_off = self._switched_off, []
        return gone

    def close(self) -> None:
        """Give back what the probes hold."""
        for slot in self._slots:
            if slot.probe is not None:
                slot.probe.close()
        self._slots = self._quick = ()


def _quick(slots: Tuple[_Slot, ...]) -> Tuple[_Slot, ...]:
    return tuple(slot for slot in slots if slot.probe is not None and slot.probe.period_s == 0.0)


def _words(values: Sequence[Optional[Number]]) -> str:
    return ",".join(["null" if value is None or value - value != 0 else repr(value) for value in values])


def _names(slot: _Slot) -> Tuple[str, ...]:
    return slot.probe.names if slot.probe is not None else ()
