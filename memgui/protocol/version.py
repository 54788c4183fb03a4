"""Protocol versions: what two ends need to have in common to talk."""

from __future__ import annotations

from typing import Tuple

PROTOCOL_VERSION: Tuple[int, int] = (1, 0)


def incompatibility(theirs: object, ours: Tuple[int, int] = PROTOCOL_VERSION) -> str | None:
    """Why a peer that speaks version `theirs` cannot be talked to; None where it can.

    Minor versions are compatible both ways: unknown fields are ignored and unknown methods are answered with an error.
    """
    if not isinstance(theirs, (list, tuple)) or len(theirs) != 2 or not all(type(part) is int for part in theirs):
        return f"the other side sent no protocol version (expected [major, minor], got {theirs!r}); is it memgui?"
    major, minor = theirs
    if major == ours[0]:
        return None
    return (
        f"the other side speaks memgui protocol {major}.{minor}, this side {ours[0]}.{ours[1]}; "
        "install the same major version of memgui on both sides"
    )
