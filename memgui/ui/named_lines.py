"""Lines of a target's code that a look at the live process has named. GUI thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class NamedLine:
    """A line of code.

    Attributes:
        file: as the target names it; line: from 1.
        title: what grows; text: what the line has to do with it.
    """

    file: str
    line: int
    title: str
    text: str


class NamedLines:
    """The newest lines of each target: whoever finds them tells, and the Source tab marks them."""

    def __init__(self) -> None:
        self._lines: dict[Any, tuple[NamedLine, ...]] = {}

    def tell(self, key: Any, lines: Sequence[NamedLine]) -> None:
        """Take in what is known now of a target; what was told before is over."""
        self._lines[key] = tuple(lines)

    def knows(self, key: Any) -> bool:
        """A look at a target was made, which may have named no line."""
        return key in self._lines

    def of(self, key: Any) -> tuple[NamedLine, ...]:
        """The lines of a target, the most important first."""
        return self._lines.get(key, ())
