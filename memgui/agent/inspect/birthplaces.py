"""Lines that were seen making tensors, by shape, dtype and device: what watches and explanations have found out."""

from __future__ import annotations

from typing import Dict, Optional, Tuple

_KEPT = 256
_HOST = ("host", "shared", "mapped")


class Birthplaces:
    """The latest line of each kind of tensors; words only, from any thread."""

    def __init__(self) -> None:
        self._lines: Dict[Tuple[str, str, str], str] = {}

    def note(self, shape: Optional[str], dtype: Optional[str], device: Optional[str], line: Optional[str]) -> None:
        """A line has made such tensors; nothing is noted where a part of that is not known."""
        if shape is None or dtype is None or device is None or line is None:
            return
        if len(self._lines) >= _KEPT:
            self._lines.pop(next(iter(self._lines)), None)
        self._lines[shape, dtype, device] = line

    def line_of(self, shape: Tuple[int, ...], dtype: str, place: str) -> Optional[str]:
        """The line that made tensors of that shape in a place; None where nobody has watched."""
        device = "cpu" if place in _HOST else place.replace(".", ":")
        return self._lines.get((f"({', '.join(map(str, shape))})", dtype, device))
