"""Reading a recording, also one that is still being written or whose writer was killed. One thread at a time."""

from __future__ import annotations

import heapq
import json
import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memgui.protocol.errors import BadInput
from memgui.store import schema
from memgui.store.codec import DamagedError, decode
from memgui.store.events import MarkedEvent
from memgui.store.outline import Head, Outline, Stretch, blocks_of, stretches_of
from memgui.store.table import Blocks, Table, merged
from memgui.store.timeline import Row

Floats = NDArray[np.float64]
_HEAD = "id, names, rows, summaries, first_s, last_s, last_step, extremes"
# Time, step and levels by column; the names of the levels; whether they are summaries, with lows and highs behind.
_Table = tuple[Floats, tuple[str, ...], bool]


@dataclass(frozen=True)
class RecordedTarget:
    """One process of a recording.

    Attributes:
        facts: what was known of it: name, pid, script, rank, how it ended, …
        first_s, last_s: first and last moment, Unix seconds; None where nothing was read from it.
        rows: how many readings there are.
    """

    ident: int
    key: str
    facts: Mapping[str, Any]
    first_s: float | None
    last_s: float | None
    rows: int

    @property
    def name(self) -> str:
        """What people call it."""
        return str(self.facts.get("name") or f"process {self.key.split('.', 1)[0]}")


class Recording:
    """A recording that is read.

    Raises:
        BadInput: there is no such file, it is something else, it is damaged, or it is of a later version.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise BadInput(f"there is no file {path}")
        self.path = path
        self._database = schema.connected(path)
        try:
            self._database = schema.opened(path, self._database)
            self._names = {ident: tuple(json.loads(text)) for ident, text in self._all("SELECT id, list FROM names")}
        except BaseException:
            self._database.close()
            raise

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    @property
    def targets(self) -> tuple[RecordedTarget, ...]:
        """The processes in it, in the order in which they came."""
        found = []
        for ident, key, facts in self._all("SELECT id, key, facts FROM target ORDER BY id"):
            pieces = [decoded for decoded, _ in self._pieces(ident)]
            spans = self._all("SELECT min(first_s), max(last_s), sum(rows) FROM chunk WHERE target=?", ident)[0]
            starts = [t for t in (spans[0], *(piece[0, 0] / 1e6 for piece in pieces)) if t is not None]
            ends = [t for t in (spans[1], *(piece[0, -1] / 1e6 for piece in pieces)) if t is not None]
            rows = (spans[2] or 0) + sum(piece.shape[1] for piece in pieces)
            found.append(
                RecordedTarget(
                    ident, key, json.loads(facts), min(starts, default=None), max(ends, default=None), int(rows)
                )
            )
        return tuple(found)

    @property
    def is_growing(self) -> bool:
        """Somebody writes it. Its log alone does not tell: it stays where others read the file as it was closed."""
        return schema.is_being_written(self.path) and not self._all("SELECT 1 FROM about WHERE name='closed'")

    def rows(self, target: RecordedTarget, after_s: float | None = None) -> Iterator[Row]:
        """Its readings, oldest first; those later than `after_s` where that is given.

        Raises:
            BadInput: a chunk is damaged; everything before it has been given.
        """
        last_s = -math.inf if after_s is None else after_s
        for group in self._overlapping(target.ident, last_s):
            for row in heapq.merge(*(_rows_of(*table) for table in group), key=_time_of):
                if row.t_s > last_s:
                    last_s = row.t_s
                    yield row

    def events(self, target: RecordedTarget) -> tuple[MarkedEvent, ...]:
        """What happened in it, oldest first; without findings."""
        return self.events_of(target.ident)

    def events_of(self, ident: int) -> tuple[MarkedEvent, ...]:
        """What happened in the target of a number."""
        return tuple(
            MarkedEvent(t_s, kind, text, step, json.loads(data))
            for t_s, kind, step, text, data in self._all(
                "SELECT t_s, kind, step, text, data FROM note WHERE target=? AND kind != 'finding' ORDER BY t_s",
                ident,
            )
        )

    def findings(self, target: RecordedTarget) -> tuple[tuple[float, Mapping[str, Any]], ...]:
        """What was found while it was recorded: moment, and the finding as it was told then."""
        rows = self._all("SELECT t_s, data FROM note WHERE target=? AND kind='finding' ORDER BY t_s", target.ident)
        return tuple((t_s, json.loads(data)) for t_s, data in rows)

    # ---- without unpacking it --------------------------------------------------------------------------------------

    def outlines(self, known: Mapping[str, Outline] | None = None) -> list[tuple[RecordedTarget, Outline]]:
        """Every process that was read from, without unpacking what was.

        Args:
            known: outlines of before, by the targets' keys; only what came since then is read.

        Raises:
            BadInput: the file is damaged.
        """
        known = known or {}
        since = min((outline.heads[-1].ident for outline in known.values() if outline.heads), default=0)
        heads: dict[int, list[Head]] = {}
        pieces: dict[int, list[tuple[int, int, int]]] = {}
        found = []
        with self._at_one_moment():
            for ident, *head in self._all(f"SELECT target, {_HEAD} FROM chunk WHERE id > ? ORDER BY id", since):
                heads.setdefault(ident, []).append(Head._make(head))
            for ident, piece, names in self._all("SELECT target, id, names FROM pending ORDER BY id"):
                pieces.setdefault(ident, []).append((ident, piece, names))
            for ident, key, facts in self._all("SELECT id, key, facts FROM target ORDER BY id"):
                outline = self._outline(ident, heads.get(ident, ()), pieces.get(ident, ()), known.get(key))
                if outline is not None:
                    rows = sum(head.rows for head in outline.heads)
                    found.append(
                        (RecordedTarget(ident, key, json.loads(facts), outline.first_s, outline.last_s, rows), outline)
                    )
        return found

    def table(self, stretch: Stretch) -> Table:
        """The rows of a stretch.

        Raises:
            BadInput: a chunk is damaged, or was dropped meanwhile.
        """
        return merged([self._table("chunk", *chunk) for chunk in stretch.chunks])

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode of the file."""
        status = self.path.stat()
        return status.st_dev, status.st_ino

    def _outline(
        self, ident: int, new: Sequence[Head], waiting: Sequence[tuple[int, int, int]], known: Outline | None
    ) -> Outline | None:
        newest = known.heads[-1].ident if known is not None and known.heads else 0
        heads = (*(known.heads if known is not None else ()), *(head for head in new if head.ident > newest))
        held = known.pieces if known is not None else {}
        pieces = {piece: held.get(piece) or self._table("pending", piece, names, 0) for _, piece, names in waiting}
        if not heads and not pieces:
            return None
        stretches = stretches_of(heads)
        tables = list(pieces.values())
        while stretches and tables and stretches[-1].last_s >= tables[0].t_s[0]:
            tables.insert(0, self.table(stretches[-1]))
            stretches = stretches[:-1]
        tail = merged(tables) if tables else None
        used = {chunk[0] for one in stretches for chunk in one.chunks}
        lists = {head.names: self._names_of(head.names) for head in heads}
        told = (name for listed in lists.values() for name in listed)
        names = tuple(dict.fromkeys((*told, *(tail.names if tail is not None else ()))))
        try:
            blocks = blocks_of(stretches, [head for head in heads if head.ident in used], lists, names)
        except DamagedError as error:
            raise BadInput(f"{self.path}: {error}") from error
        last = (tail if tail is not None else self._last(stretches[-1], blocks)).part(slice(-1, None))
        return Outline(ident, names, stretches, blocks, tail, last, heads, pieces, self.identity)

    def _last(self, stretch: Stretch, blocks: Blocks) -> Table:
        """The rows that the newest one is of; what stands for them where they cannot be read."""
        try:
            return self.table(stretch)
        except BadInput:
            high = blocks.high[:, -1:].astype(np.float64)
            end = blocks.end[-1:]
            return Table(blocks.names, end, blocks.step[-1:], high, high, high, np.ones(1, bool))

    def _table(self, where: str, ident: int, names: int, summaries: int) -> Table:
        found = self._all(f"SELECT body FROM {where} WHERE id=?", ident)
        if not found:
            raise BadInput(f"{self.path} does not hold a chunk any more", "a recording with a limit drops the oldest")
        columns, listed = self._decode(found[0][0]), self._names_of(names)
        width = len(listed)
        if len(columns) != 2 + width * (3 if summaries else 1):
            raise BadInput(f"{self.path}: a chunk is not of its metrics", "what came before it was read")
        value = columns[2 : 2 + width]
        low = np.fmin(value, columns[2 + width : 2 + 2 * width]) if summaries else value
        high = np.fmax(value, columns[2 + 2 * width :]) if summaries else value
        made = Table(
            listed, columns[0] / 1e6, columns[1].astype(np.int64), value, low, high,
            np.full(columns.shape[1], bool(summaries)),
        )  # fmt: skip
        return made if np.all(np.diff(made.t_s) > 0) else merged([made.part(slice(0, 0)), made])

    @contextmanager
    def _at_one_moment(self) -> Iterator[None]:
        """What is read within is of one commit of its writer."""
        self._all("BEGIN")
        try:
            yield
        finally:
            self._all("COMMIT")

    # ---- inside --------------------------------------------------------------------------------------------------

    def _all(self, statement: str, *values: Any) -> list[Any]:
        try:
            return self._database.execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise schema.broken(self.path, error) from error

    def _tables(self, ident: int, after_s: float) -> Iterator[_Table]:
        chunks = self._all(
            "SELECT id, names, summaries FROM chunk WHERE target=? AND last_s > ? ORDER BY first_s, id", ident, after_s
        )
        for chunk, names, summaries in chunks:
            ((body,),) = self._all("SELECT body FROM chunk WHERE id=?", chunk)
            yield self._decode(body), self._names_of(names), bool(summaries)
        for table, names in self._pieces(ident):
            yield table, self._names_of(names), False

    def _names_of(self, ident: int) -> tuple[str, ...]:
        if ident not in self._names:  # they came while it was read
            self._names = {one: tuple(json.loads(text)) for one, text in self._all("SELECT id, list FROM names")}
        return self._names[ident]

    def _overlapping(self, ident: int, after_s: float) -> Iterator[list[_Table]]:
        """Tables whose times overlap, together: an agent's history of a gap comes after the rows around it."""
        group: list[_Table] = []
        until = -math.inf
        for table in self._tables(ident, after_s):
            if group and table[0][0, 0] > until:
                yield group
                group, until = [], -math.inf
            group.append(table)
            until = max(until, table[0][0, -1])
        if group:
            yield group

    def _pieces(self, ident: int) -> list[tuple[Floats, int]]:
        rows = self._all("SELECT body, names FROM pending WHERE target=? ORDER BY id", ident)
        return [(self._decode(body), names) for body, names in rows]

    def _decode(self, body: bytes) -> Floats:
        try:
            return decode(body)
        except DamagedError as error:
            raise BadInput(f"{self.path}: {error}", "what came before it was read") from error


def _rows_of(table: Floats, names: tuple[str, ...], summaries: bool) -> Iterator[Row]:  # noqa: FBT001 - a _Table
    width = len(names)
    for column in table.T:
        values = _named(names, column[2 : 2 + width])
        low = _named(names, column[2 + width : 2 + 2 * width]) if summaries else None
        high = _named(names, column[2 + 2 * width :]) if summaries else None
        yield Row(float(column[0]) / 1e6, int(column[1]), values, low, high)


def _time_of(row: Row) -> float:
    return row.t_s


def _named(names: tuple[str, ...], levels: Floats) -> dict[str, float | None]:
    return {name: float(level) for name, level in zip(names, levels, strict=True) if level == level}
