"""What `inspect.pools` tells: the pools, caches and buffers of a training, their numbers and their settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Optional, Tuple


@dataclass(frozen=True)
class Setting:
    """A number that can be changed while the training runs.

    Attributes:
        min, max: what is taken; both ends included.
        unit: "bytes", "s", or empty for a plain number.
        whole: only whole numbers are taken.
    """

    value: float
    min: float
    max: float
    unit: str = ""
    whole: bool = True

    def refusal(self, name: str, value: Any) -> Optional[str]:
        """Why `value` is not taken, with the range; None where it is."""
        if isinstance(value, bool) or not isinstance(value, (int, float)) or (self.whole and value != int(value)):
            kind = "a whole number" if self.whole else "a number"
            return f"{name} must be {kind} from {self.min:g} to {self.max:g}, not {value!r}"
        if not self.min <= value <= self.max:
            unit = f" {self.unit}" if self.unit else ""
            return f"{name} must be from {self.min:.12g} to {self.max:.12g}{unit}, not {value:.12g}"
        return None


@dataclass(frozen=True)
class PoolInfo:
    """One pool, cache or buffer.

    Attributes:
        name: unique in its process.
        kind: what it is, in the words of people.
        used_bytes: what somebody needs now; None where it has no bytes of its own.
        held_bytes: what it keeps from others: used, and kept for reuse.
        limit_bytes: what it may hold; None for no limit.
        hits, misses: requests that were served from what it held, and those that were not.
        stalls, stall_s: how often, and how long altogether, the training had to wait for it.
        counters: other numbers of its own.
        notes: sentences for people: leaks, and when a change takes effect.
        can_trim: `trim_pool` has something to do.
    """

    name: str
    kind: str
    used_bytes: Optional[int] = None
    held_bytes: Optional[int] = None
    limit_bytes: Optional[int] = None
    hits: Optional[int] = None
    misses: Optional[int] = None
    stalls: Optional[int] = None
    stall_s: Optional[float] = None
    settings: Dict[str, Setting] = field(default_factory=dict)
    counters: Dict[str, float] = field(default_factory=dict)
    notes: Tuple[str, ...] = ()
    can_trim: bool = False


@dataclass(frozen=True)
class PoolList:
    """Answer to `inspect.pools`, which looks at counters only.

    Attributes:
        looked_s: monotonic time of the last look for data loaders, taken at a step boundary; None before the first.
    """

    pools: Tuple[PoolInfo, ...]
    looked_s: Optional[float] = None
