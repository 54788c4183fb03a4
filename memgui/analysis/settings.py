"""What a person may set about verdicts: frozen, handed down to the detector."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DetectorSettings:
    """Settings of the detector.

    Attributes:
        horizon_s: growth that would not reach the limit within this time is «slow growth» and raises no alarm.
        host_limit_bytes, device_limit_bytes: what is taken as the limit where none is known, as in a recording.
        most_series: of so many series at most, of all devices together, anything is remembered.
    """

    horizon_s: float = 7 * 86400.0
    host_limit_bytes: float = 24e9
    device_limit_bytes: float = 24e9
    most_series: int = 64
