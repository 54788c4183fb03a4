"""Tables of numbers as compressed bytes: what a chunk of a recording is made of.

Levels in bytes and counts are whole numbers that change little from row to row: their differences, with the bytes of
equal weight side by side, leave zstd little to store. What is not whole is kept as it is, bit for bit.
"""

from __future__ import annotations

import struct

import numpy as np
import zstandard
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_HEAD = struct.Struct("<II")
_WHOLE, _EXACT = 0, 1
# Up to here float64 holds every whole number.
_WHOLE_LIMIT = 2.0**53
_LEVEL = 3
# No chunk comes near it; damage must not ask for all memory.
_LONGEST_BYTES = 1 << 28


class DamagedError(ValueError):
    """Bytes that no `encode` has made."""


def encode(columns: Floats) -> bytes:
    """Columns of a table, float64[columns, rows]; NaN is a value that is missing."""
    width, rows = columns.shape
    parts = [_HEAD.pack(width, rows)]
    for column in columns:
        missing = np.isnan(column)
        known = column[~missing]
        whole = bool(np.all(known == np.rint(known)) and np.all(np.abs(known) < _WHOLE_LIMIT)) and not _has_minus_zero(
            known
        )
        words = np.diff(known.astype(np.int64), prepend=0) if whole else known.view(np.int64)
        if whole:
            words = (words << 1) ^ (words >> 63)  # small differences of either sign become small numbers
        parts.append(bytes([_WHOLE if whole else _EXACT]))
        parts.append(np.packbits(missing).tobytes())
        parts.append(words.astype("<i8").view(np.uint8).reshape(-1, 8).T.tobytes())
    packed: bytes = zstandard.ZstdCompressor(level=_LEVEL).compress(b"".join(parts))
    return packed


def decode(packed: bytes) -> Floats:
    """The table that `encode` was given, float64[columns, rows].

    Raises:
        DamagedError: the bytes are not what `encode` makes.
    """
    try:
        if zstandard.frame_content_size(packed) > _LONGEST_BYTES:
            raise ValueError("it would be longer than a chunk can be")
        body = zstandard.ZstdDecompressor().decompress(packed)
        width, rows = _HEAD.unpack_from(body)
        if width * (1 + rows // 8) > len(body):
            raise ValueError("it is shorter than it says")
        at = _HEAD.size
        mask_bytes = (rows + 7) // 8
        known_all = _decode_known(body, width, rows, mask_bytes)
        if known_all is not None:
            return known_all
        columns = np.full((width, rows), np.nan)
        for column in columns:
            kind = body[at]
            mask = np.frombuffer(body, np.uint8, mask_bytes, at + 1)
            known = ~np.unpackbits(mask, count=rows).astype(bool)
            count = int(known.sum())
            at += 1 + mask_bytes
            planes = np.frombuffer(body, np.uint8, 8 * count, at).reshape(8, count)
            at += 8 * count
            words = np.ascontiguousarray(planes.T).view("<i8").reshape(count)
            if kind == _WHOLE:
                unsigned = words.view(np.uint64)
                signed = (unsigned >> np.uint64(1)).view(np.int64) ^ -(words & 1)
                column[known] = np.cumsum(signed)
            else:
                column[known] = words.view(np.float64)
    except (zstandard.ZstdError, struct.error, ValueError, IndexError) as error:
        raise DamagedError(f"a chunk is damaged: {error}") from error
    return columns


def _decode_known(body: bytes, width: int, rows: int, mask_bytes: int) -> Floats | None:
    """All columns at once where no value is missing, since then they are equally long; None where one is."""
    long = 1 + mask_bytes + 8 * rows
    if not width or not rows or len(body) != _HEAD.size + width * long:
        return None
    parts = np.frombuffer(body, np.uint8, offset=_HEAD.size).reshape(width, long)
    if parts[:, 1 : 1 + mask_bytes].any():
        return None
    planes = parts[:, 1 + mask_bytes :].reshape(width, 8, rows)
    words = np.ascontiguousarray(planes.transpose(0, 2, 1)).view("<i8").reshape(width, rows)
    columns = words.view(np.float64).copy()
    whole = np.flatnonzero(parts[:, 0] == _WHOLE)
    steps = words[whole]
    columns[whole] = np.cumsum((steps.view(np.uint64) >> np.uint64(1)).view(np.int64) ^ -(steps & 1), axis=1)
    return columns


def _has_minus_zero(values: Floats) -> bool:
    return bool(np.any(np.signbit(values) & (values == 0)))
