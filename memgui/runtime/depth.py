"""Which depth a prefetcher needs: the smallest at which the loop does not wait. No threads, no clock."""

from __future__ import annotations

# Batches without a stall after which a smaller depth is tried.
_CALM = 64
# How long a depth that stalled is not tried again, in batches.
_REMEMBERED = 1024


class DepthRule:
    """Decides after each batch.

    A stall is worth a deeper buffer only if the source is fast enough on average, which shows in the buffer having been
    full since the last change. Where it never fills, the source is the bottleneck, and depth would cost memory for
    nothing.
    """

    def __init__(self, low: int, high: int) -> None:
        """`low` and `high` are the depths between which it chooses."""
        self._low = low
        self._high = high
        self._was_full = False
        self._calm = 0
        self._batch = 0
        self._least_left = high
        self._stalled_at: dict[int, int] = {}

    def next(self, depth: int, left: int, *, stalled: bool, room: int) -> int:
        """The depth from now on.

        Args:
            depth: the present one.
            left: batches that were ready when one was asked for; `depth` where the buffer was full.
            stalled: the loop had to wait.
            room: the depth that the byte budget allows.
        """
        self._batch += 1
        highest = max(self._low, min(self._high, room))
        self._was_full = self._was_full or left >= depth
        self._least_left = min(self._least_left, left)
        wanted = depth
        if stalled:
            self._calm = 0
            if self._was_full:
                self._stalled_at[depth] = self._batch
                wanted = depth + 1
        else:
            self._calm += 1
            # Something was always left over: one less would have done, unless that is known to stall.
            if self._calm >= _CALM and self._least_left > 1 and not self._is_known_to_stall(depth - 1):
                wanted = depth - 1
        wanted = max(self._low, min(highest, wanted))
        if wanted != depth or self._calm >= _CALM:
            self._was_full, self._calm, self._least_left = False, 0, self._high
        return wanted

    def _is_known_to_stall(self, depth: int) -> bool:
        at = self._stalled_at.get(depth)
        return at is not None and self._batch - at < _REMEMBERED
