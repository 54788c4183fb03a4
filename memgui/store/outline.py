"""What a recording tells of a target without being unpacked: a block a chunk, and the rows that are in no chunk yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from memgui.store.codec import DamagedError
from memgui.store.table import GAP_PERIODS, GAP_S, Blocks, Table

# More blocks than that are joined, so that a series stays within its room however long the recording is.
MOST_BLOCKS = 1800


class Head(NamedTuple):
    """A chunk without its body; `names` is the number of the list, `extremes` float32[2, names]."""

    ident: int
    names: int
    rows: int
    summaries: int
    first_s: float
    last_s: float
    last_step: int
    extremes: bytes


class Stretch(NamedTuple):
    """Chunks whose times overlap, which are read together, and what is known of them without reading."""

    chunks: tuple[tuple[int, int, int], ...]
    rows: int
    first_s: float
    last_s: float
    last_step: int
    gap: bool


@dataclass(frozen=True)
class Outline:
    """One target of a recording, as of one moment.

    Attributes:
        ident: number of the target in the file.
        stretches: in order of time, none overlapping another; before each of them lies the one before.
        blocks: what stands for them; several may share one.
        tail: rows behind all of them, None where there are none.
        last: the newest row, alone.
        heads, pieces: of which it was made: chunks, and rows that wait for theirs, by their number in the file.
        file: device and inode, by which another file of that name is told.
    """

    ident: int
    names: tuple[str, ...]
    stretches: tuple[Stretch, ...]
    blocks: Blocks
    tail: Table | None
    last: Table
    heads: tuple[Head, ...]
    pieces: Mapping[int, Table]
    file: tuple[int, int]

    @property
    def first_s(self) -> float:
        """Its first moment, Unix seconds."""
        if self.stretches:
            return self.stretches[0].first_s
        return float((self.tail or self.last).t_s[0])

    @property
    def last_s(self) -> float:
        """Its last moment, Unix seconds."""
        return float(self.last.t_s[-1])


def stretches_of(heads: Sequence[Head]) -> tuple[Stretch, ...]:
    """Chunks gathered where their times overlap."""
    if not heads:
        return ()
    ordered = sorted(heads, key=_begin)
    begin, end = np.array([head.first_s for head in ordered]), np.array([head.last_s for head in ordered])
    reach = np.maximum.accumulate(end)
    first = np.flatnonzero(np.concatenate(([True], begin[1:] > reach[:-1])))
    last = np.append(first[1:], len(ordered)) - 1
    rows = np.add.reduceat(np.array([head.rows for head in ordered]), first)
    steps = np.maximum.accumulate(np.array([head.last_step for head in ordered], np.int64))[last]
    period = np.where(rows > 1, (reach[last] - begin[first]) / np.maximum(rows - 1, 1), 0.0)
    usual = np.maximum(period[1:], period[:-1])
    gap = np.concatenate(([False], begin[first][1:] - reach[last][:-1] > np.maximum(GAP_S, GAP_PERIODS * usual)))
    parts = zip(
        first.tolist(), last.tolist(), rows.tolist(), begin[first].tolist(), reach[last].tolist(), steps.tolist(),
        gap.tolist(), strict=True,
    )  # fmt: skip
    return tuple(
        Stretch(tuple((head.ident, head.names, head.summaries) for head in ordered[one : other + 1]), *about)
        for one, other, *about in parts
    )


def blocks_of(
    stretches: Sequence[Stretch], heads: Sequence[Head], lists: Mapping[int, tuple[str, ...]], names: tuple[str, ...]
) -> Blocks:
    """A block a stretch, by the extremes of its chunks.

    Raises:
        DamagedError: extremes are not of as many metrics as their chunk.
    """
    owner = {chunk[0]: at for at, one in enumerate(stretches) for chunk in one.chunks}
    low = np.full((len(names), len(stretches)), np.nan, np.float32)
    high = low.copy()
    place = {name: at for at, name in enumerate(names)}
    by_list: dict[int, list[Head]] = {}
    for head in heads:
        by_list.setdefault(head.names, []).append(head)
    for number, some in by_list.items():
        listed = lists[number]
        joined = b"".join(head.extremes for head in some)
        if len(joined) != 8 * len(listed) * len(some):
            raise DamagedError("the extremes of a chunk are not of its metrics")
        extremes = np.frombuffer(joined, "<f4").reshape(len(some), 2, len(listed))
        rows = np.array([place[name] for name in listed], np.intp)[None, :]
        columns = np.array([owner[head.ident] for head in some], np.intp)[:, None]
        if len(stretches) == len(heads):
            low[rows, columns], high[rows, columns] = extremes[:, 0], extremes[:, 1]
        else:
            np.fmin.at(low, (rows, columns), extremes[:, 0])
            np.fmax.at(high, (rows, columns), extremes[:, 1])
    start, end = np.array([one.first_s for one in stretches]), np.array([one.last_s for one in stretches])
    step, gap = np.array([one.last_step for one in stretches], np.int64), np.array([one.gap for one in stretches], bool)
    made = Blocks(names, start, end, step, gap, low, high)
    return made.joined(-(-len(stretches) // MOST_BLOCKS))


def _begin(head: Head) -> tuple[float, int]:
    return head.first_s, head.ident
