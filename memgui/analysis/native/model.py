"""What every native leak tool reports: blocks that were not given back, and the stacks that took them. Any thread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

DEFINITE, INDIRECT, POSSIBLE = "definite", "indirect", "possible"
UNFREED, REACHABLE, HIGH_WATER = "unfreed", "reachable", "high-water"
KINDS = (DEFINITE, INDIRECT, POSSIBLE, UNFREED, REACHABLE, HIGH_WATER)


@dataclass(frozen=True, slots=True)
class Frame:
    """One call in a stack.

    Attributes:
        function: its name; empty where no symbol is known.
        file, line: the source; empty and None where there is no debug information.
        module: the executable or shared library; empty where the tool does not tell.
        is_python: a Python function, rather than the C code that evaluates it.
    """

    function: str
    file: str = ""
    line: int | None = None
    module: str = ""
    is_python: bool = False


# Stands for the memory in which Python keeps its small objects: whoever makes the first object of an arena has not
# taken the arena.
ARENAS = Frame("arenas of small Python objects", module="pymalloc")


@dataclass(frozen=True, slots=True)
class Leak:
    """Blocks of one kind that one stack took.

    Attributes:
        kind: "definite": nothing points to them; "indirect": only other lost blocks do; "possible": something points
            into them; "unfreed": not given back while the tool watched, whoever points to them; "reachable": somebody
            still does; "high-water": in use when memory was at its highest.
        stack: innermost call first.
    """

    bytes: int
    count: int
    kind: str
    stack: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """A wrong use of memory that the tool met on its way: an overrun, a use after free, a double free."""

    kind: str
    text: str
    count: int = 1
    stack: tuple[Frame, ...] = ()


@dataclass(frozen=True)
class Report:
    """A tool's report.

    Attributes:
        tool: "memray", "valgrind", "lsan", "asan" or "heaptrack"; version: its own, as it writes it.
        command, pid: the program that was looked at; empty and None where the report does not tell.
        leaks: the largest first; equal stacks of one kind are one.
        warnings: sentences on what the report lacks, and why.
        is_complete: the tool ended its report; False where the file is cut off.
    """

    tool: str
    leaks: tuple[Leak, ...] = ()
    faults: tuple[Fault, ...] = ()
    version: str = ""
    command: str = ""
    pid: int | None = None
    warnings: tuple[str, ...] = ()
    is_complete: bool = True

    @property
    def total_bytes(self) -> int:
        """Sum over all leaks."""
        return sum(leak.bytes for leak in self.leaks)

    @property
    def total_count(self) -> int:
        """Number of blocks of all leaks."""
        return sum(leak.count for leak in self.leaks)


def merge_leaks(leaks: Iterable[Leak]) -> tuple[Leak, ...]:
    """Equal stacks of one kind as one leak, the largest first."""
    sums: dict[tuple[str, tuple[Frame, ...]], list[int]] = {}
    for leak in leaks:
        known = sums.setdefault((leak.kind, leak.stack), [0, 0])
        known[0] += leak.bytes
        known[1] += leak.count
    merged = [Leak(size, count, kind, stack) for (kind, stack), (size, count) in sums.items()]
    return tuple(sorted(merged, key=lambda leak: leak.bytes, reverse=True))


def merge_reports(reports: Iterable[Report]) -> Report:
    """The reports of the processes of one run as one; the first names the tool, version, command and process."""
    first, *others = reports
    if not others:
        return first
    parts = (first, *others)
    return Report(
        first.tool,
        merge_leaks(leak for part in parts for leak in part.leaks),
        tuple(fault for part in parts for fault in part.faults),
        first.version,
        first.command,
        first.pid,
        tuple(dict.fromkeys(warning for part in parts for warning in part.warnings)),
        all(part.is_complete for part in parts),
    )
