"""The history of a recorded target, read from its file as it is looked at. Used on one thread.

Wide views are drawn from what stands for whole chunks; where few chunks are in sight, they are unpacked and kept for a
while. A chunk that cannot be read is drawn as what stands for it.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memgui.protocol.errors import BadInput
from memgui.store.outline import Outline, Stretch
from memgui.store.replay import Recording
from memgui.store.replayed import ReplayedTimeline
from memgui.store.table import GAP_S, Blocks, joined_in_time
from memgui.store.tier import Floats
from memgui.store.timeline import Row

# Up to here all rows are drawn from, up to there so many of them at a time; both in rows.
_EXACT_ROWS, _MIDDLE_ROWS = 12_288, 81_920
_MIDDLE = 16
# Unpacked stretches that are kept, and those that were joined since.
_KEPT, _KEPT_JOINED = 32, 192

# A stretch, and the step before it.
_Key = tuple[Stretch, int]


class RecordedTimeline(ReplayedTimeline):
    """What an outline shows, and the file behind it.

    Attributes:
        outline: as it was read last; None before.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.outline: Outline | None = None
        self._fine: Blocks | None = None
        self._exact: OrderedDict[_Key, Blocks] = OrderedDict()
        self._joined: OrderedDict[_Key, Blocks] = OrderedDict()
        self._begins: Floats = np.empty(0)
        self._counts: NDArray[np.int64] = np.zeros(1, np.int64)

    def show(self, outline: Outline) -> None:
        """Take in what was read of the file."""
        self.outline = outline
        self._index = {name: at for at, name in enumerate(outline.names)}
        self._begins = np.array([one.first_s for one in outline.stretches])
        self._counts = np.cumsum([0, *(one.rows for one in outline.stretches)])
        self._first_t, self._last_t = outline.first_s, outline.last_s
        periods = [(one.last_s - one.first_s) / (one.rows - 1) for one in outline.stretches if one.rows > 1]
        self._period = float(np.median(periods)) if periods else None
        self._last_step = max(int(outline.last.step[-1]), outline.stretches[-1].last_step if outline.stretches else -1)
        self._newest = dict(zip(outline.last.names, outline.last.value[:, -1].tolist(), strict=True))
        self._changed()

    def refine(self, fine: Blocks) -> None:
        """Take in blocks that show more than one a chunk; what is later than they are stays as it is."""
        self._fine = fine
        self._changed()

    @property
    def nbytes(self) -> int:
        """Memory that stands for the whole of it; what was unpacked to be looked at is some MB at most."""
        blocks = self.outline.blocks.nbytes if self.outline is not None else 0
        return blocks + (self._fine.nbytes if self._fine is not None else 0)

    def append_summary(self, *_: Any) -> None:
        """Not here: a recording is read, by `show`."""
        raise TypeError("a recording is read and not written")

    def rows(self) -> list[Row]:
        """All of it as summaries, up to the moment that is looked at."""
        whole = self._wide(-math.inf, math.inf)
        rows = []
        for at, (t_s, step) in enumerate(zip(whole.start.tolist(), whole.step.tolist(), strict=True)):
            low, high = (self._named(levels[:, at].astype(np.float64)) for levels in (whole.low, whole.high))
            if self.until_s is None or t_s <= self.until_s:
                rows.append(Row(t_s, step, high, low, high))
        return rows

    def step_at(self, t_s: float) -> int:
        """The step that was the last one completed at a time, -1 before the first."""
        step = self._step_before(len(self._begins))
        tail = self.outline.tail if self.outline is not None else None
        if tail is None or t_s < tail.t_s[0]:
            at = int(np.searchsorted(self._begins, t_s, "right")) - 1
            if at < 0:
                return -1
            (part,) = self._parts(at, at + 1, 1)
        else:
            part = tail.blocks(step=step)
            at = len(self._begins)
        place = int(np.searchsorted(part.end, t_s, "right")) - 1
        return int(part.step[place]) if place >= 0 else self._step_before(at)

    def time_of_step(self, step: float) -> float | None:
        """When a step was first seen to be completed; None where it was not yet."""
        if self.outline is None:
            return None
        ends = [one.last_step for one in self.outline.stretches]
        at = int(np.searchsorted(ends, step, "left"))
        if at < len(ends):
            (part,) = self._parts(at, at + 1, 1)
        elif self.outline.tail is not None:
            part = self.outline.tail.blocks(step=self._step_before(at))
        else:
            return None
        place = int(np.searchsorted(part.step, step, "left"))
        found = float(part.end[place]) if place < len(part.end) else None
        return None if found is None or (self.until_s is not None and found > self.until_s) else found

    # ---- inside --------------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        self.revision += 1
        self.rewritten += 1

    def _step_before(self, at: int) -> int:
        """The newest step before a stretch."""
        return self.outline.stretches[at - 1].last_step if self.outline is not None and at else -1

    def _assemble(
        self, names: Sequence[str], t0: float, t1: float
    ) -> tuple[Floats, Floats, NDArray[np.int64], NDArray[np.bool_], Floats, Floats] | None:
        if self.outline is None or not names or not self._index.keys() >= set(names):
            return None
        reach = max(GAP_S, self._period or 0.0)
        t0, t1 = t0 - reach, t1 + reach
        first = max(int(np.searchsorted(self._begins, t0, "right")) - 1, 0)
        last = int(np.searchsorted(self._begins, t1, "right"))
        rows = int(self._counts[last] - self._counts[min(first, last)])
        if rows > _MIDDLE_ROWS:
            parts = [self._wide(t0, t1)]
        else:
            factor = 1 if rows <= _EXACT_ROWS else _MIDDLE
            parts = [*self._parts(first, last, factor), *self._tail_parts(factor)]
        whole = joined_in_time([part.between(t0, t1) for part in parts], names)
        low, high = whole.levels(names)
        return whole.start, whole.end, whole.step, whole.gap, low, high

    def _axis(self) -> tuple[Floats, Floats, NDArray[np.int64], NDArray[np.bool_]]:
        whole = self._wide(-math.inf, math.inf)
        return whole.start, whole.end, whole.step, whole.gap

    def _wide(self, t0: float, t1: float) -> Blocks:
        """By what stands for chunks, finer where that is known."""
        if self.outline is None:
            none = np.empty(0)
            return Blocks((), none, none, none.astype(np.int64), none.astype(bool), np.empty((0, 0)), np.empty((0, 0)))
        parts = [self.outline.blocks.between(t0, t1)]
        fine = self._fine
        if fine is not None and len(fine.end):
            later = int(np.searchsorted(self.outline.blocks.start, fine.end[-1], "right"))
            parts = [fine.between(t0, t1), self.outline.blocks.part(slice(later, None)).between(t0, t1)]
        return joined_in_time([*parts, *self._tail_parts(_MIDDLE)], self.outline.names)

    def _tail_parts(self, factor: int) -> list[Blocks]:
        if self.outline is None or self.outline.tail is None:
            return []
        at = len(self._begins)
        gap = bool(at) and self.outline.tail.t_s[0] - self.outline.stretches[-1].last_s > GAP_S
        return [self.outline.tail.blocks(gap=gap, step=self._step_before(at)).joined(factor)]

    def _parts(self, first: int, last: int, factor: int) -> list[Blocks]:
        """Stretches by so many rows at a time; what is not there yet is unpacked."""
        if self.outline is None:
            return []
        kept = self._exact if factor == 1 else self._joined
        keys = [(self.outline.stretches[at], self._step_before(at)) for at in range(first, last)]
        missing = [key for key in keys if key not in kept]
        if missing:
            kept.update((key, part.joined(factor)) for key, part in self._unpacked(missing))
        for key in keys:
            kept.move_to_end(key)
        found = [kept[key] for key in keys]
        while len(kept) > (_KEPT if factor == 1 else _KEPT_JOINED):
            kept.popitem(last=False)
        return found

    def _unpacked(self, keys: Sequence[_Key]) -> Iterator[tuple[_Key, Blocks]]:
        assert self.outline is not None
        try:
            with Recording(self.path) as recording:
                if recording.identity != self.outline.file:
                    raise BadInput(f"{self.path} is another file by now")
                for key in keys:
                    yield key, self._unpack(recording, *key)
        except (BadInput, OSError):
            # Who reads all of the file tells of it; here each view goes on with what there is.
            for stretch, step in keys:
                yield (stretch, step), self._instead(stretch)

    def _unpack(self, recording: Recording, stretch: Stretch, step: int) -> Blocks:
        try:
            return recording.table(stretch).blocks(gap=stretch.gap, step=step)
        except BadInput:
            return self._instead(stretch)

    def _instead(self, stretch: Stretch) -> Blocks:
        """What stands for a stretch that cannot be read."""
        assert self.outline is not None
        part = self.outline.blocks.between(stretch.first_s, stretch.last_s)
        start, end = np.maximum(part.start, stretch.first_s), np.minimum(part.end, stretch.last_s)
        return Blocks(part.names, start, end, part.step, part.gap, part.low, part.high)
