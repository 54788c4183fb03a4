"""Time to a limit at a constant rate."""

from __future__ import annotations


def time_to_limit(
    headroom_bytes: float, rate: float, rate_low: float, rate_high: float
) -> tuple[float, float, float | None]:
    """Seconds until the headroom is used up, with the interval that the rates give.

    Args:
        headroom_bytes: what can still be taken; at or below 0 the limit is reached.
        rate, rate_low, rate_high: bytes per second; `rate` above 0.

    Returns:
        Expected, earliest and latest time in seconds; latest is None where the lowest rate never gets there.
    """
    left = max(headroom_bytes, 0.0)
    return left / rate, left / max(rate_high, rate), left / rate_low if rate_low > 0 else None
