"""What a probe is. Probes read counters only: no walk over objects, tensors or modules."""

from __future__ import annotations

from typing import Optional, Sequence, Tuple, Union

Number = Union[int, float]


class Probe:
    """Reads the values of a fixed set of metrics.

    `read` of a probe that receipts use (`for_receipts`) keeps nothing between calls, since the agent's thread and the
    training thread may be in it at the same time.

    Attributes:
        name: what an event calls it.
        names: metric names, in the order of the values.
        period_s: shortest time between two readings; the last one is held in between.
        for_receipts: its values named `…_bytes` belong into an action's receipt.
    """

    name: str = "probe"
    names: Tuple[str, ...] = ()
    period_s: float = 0.0
    for_receipts: bool = True

    def read(self) -> Sequence[Optional[Number]]:
        """One value per name; None where it could not be had."""
        raise NotImplementedError

    def sample(self) -> Sequence[Optional[Number]]:
        """What a sample tells, on the agent's thread; a probe may have read it a little before."""
        return self.read()

    def close(self) -> None:
        """Give back what the probe holds; it is not read again."""
