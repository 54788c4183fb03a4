"""Writing a recording: rows, events and facts of any number of targets in one file. One thread at a time.

Rows are committed in small pieces as they come and gathered into chunks of some hundred, so that a crash loses what
came since the last `commit`, and a day still takes little room. Each chunk carries the extremes of its columns, so that
a long recording can be drawn without unpacking it.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memgui.protocol.errors import BadInput, Problem
from memgui.protocol.metrics import CATALOGUE
from memgui.store import schema
from memgui.store.codec import encode
from memgui.store.events import MarkedEvent
from memgui.store.timeline import Row

CHUNK_ROWS = 512
# How long closing waits for those who read, twice at most: who stops a recording waits for it.
_CLOSE_WITHIN_S = 0.5
_TRY_EVERY_S = 0.01
Floats = NDArray[np.float64]


@dataclass
class _Writing:
    """What is kept of a target between two commits.

    Attributes:
        table: the rows since the last chunk, as they are stored: time, step, then a column a metric.
        committed: how many of them the file has already.
    """

    ident: int
    names: tuple[str, ...] = ()
    names_id: int = 0
    table: list[Floats] = field(default_factory=list)
    committed: int = 0
    pieces: list[int] = field(default_factory=list)


class RecordingFile:
    """A recording that is being written.

    Args:
        path: where to; there must be no such file yet.
        limit_bytes: drop the oldest chunks beyond that; None for no limit.

    Raises:
        BadInput: there is such a file, or it cannot be made there.
    """

    def __init__(self, path: Path, *, version: str, limit_bytes: int | None = None) -> None:
        if path.exists():
            raise BadInput(f"{path} exists already", "choose another name, or remove it first")
        self.path = path
        self._limit_bytes = limit_bytes
        self._targets: dict[str, _Writing] = {}
        self.rows_count = 0
        try:
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA auto_vacuum=INCREMENTAL")
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.execute("BEGIN")
            for statement in schema.CREATE.split(";"):
                self._database.execute(statement)
            self._about("memgui", version)
            self._about("catalogue", [asdict(metric) for metric in CATALOGUE])
            self._database.execute(f"PRAGMA application_id={schema.APPLICATION_ID}")
            self._database.execute(f"PRAGMA user_version={schema.VERSION}")
            self._database.execute("COMMIT")
            # The first page, by which a recording is told, must not wait in the log.
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._inodes = {file: _inode_of(file) for file in (path, Path(f"{path}-wal"))}
        except (sqlite3.Error, OSError) as error:
            raise BadInput(
                f"{path} cannot be written ({error})", "choose a folder of your own with room in it"
            ) from error
        self._database.execute("BEGIN")

    def __enter__(self) -> RecordingFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def size_bytes(self) -> int:
        """What the file and its log take on the disk."""
        sizes = [file.stat().st_size for file in (self.path, Path(f"{self.path}-wal")) if file.exists()]
        return sum(sizes)

    def facts(self, key: str, facts: Mapping[str, Any]) -> None:
        """Say who a target is and how it fares; what is said later replaces what was said before."""
        self._execute("UPDATE target SET facts=? WHERE id=?", (_json(facts), self._target(key).ident))

    def rows(self, key: str, rows: Sequence[Row]) -> None:
        """Add readings, or summaries of several (rows with `low` and `high`); oldest first within a call."""
        target = self._target(key)
        plain = [row for row in rows if row.low is None and row.high is None]
        for row in plain:
            self._append(target, row)
        summaries = [row for row in rows if row.low is not None or row.high is not None]
        for first in range(0, len(summaries), CHUNK_ROWS):
            self._summaries(target, summaries[first : first + CHUNK_ROWS])
        self.rows_count += len(rows)

    def event(self, key: str, event: MarkedEvent) -> None:
        """Add an event."""
        self._note(key, event.t_s, event.kind, event.step, event.text, event.data)

    def finding(self, key: str, t_s: float, finding: Mapping[str, Any]) -> None:
        """Add a finding as it was told at that moment."""
        text, step = str(finding.get("sentence", "")), int(finding.get("since_step", -1))
        self._note(key, t_s, "finding", step, text, finding)

    def commit(self) -> None:
        """Put what came since the last time on the disk.

        Raises:
            Problem: the disk is full, or the file or its log was removed; what was committed before stays.
        """
        for target in self._targets.values():
            if len(target.table) >= CHUNK_ROWS:
                self._close_chunk(target)
            elif len(target.table) > target.committed:
                body = encode(np.column_stack(target.table[target.committed :]))
                cursor = self._execute(
                    "INSERT INTO pending (target, names, body) VALUES (?, ?, ?)", (target.ident, target.names_id, body)
                )
                target.pieces.append(cursor.lastrowid or 0)
                target.committed = len(target.table)
        self._execute("COMMIT")
        self._execute("BEGIN")
        removed = [file for file, inode in self._inodes.items() if _inode_of(file) != inode]
        if removed:
            # Without its name the log still serves `close`.
            raise Problem(f"{removed[0]} was removed while it was written", "start the recording again")
        self._keep_limit()

    def close(self) -> None:
        """Commit, and leave one file that needs nothing beside it.

        Where others read it for longer, an empty log stays, or, if one of them keeps to an earlier moment, a log that
        belongs to it.
        """
        try:
            for target in self._targets.values():
                if target.table:
                    self._close_chunk(target)
            self._about("closed", time.time())
            self._execute("COMMIT")
            self._database.execute(f"PRAGMA busy_timeout={round(_CLOSE_WITHIN_S * 1000)}")
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._remove_log()
        except (Problem, sqlite3.Error):
            pass  # what was committed stays in the file and its log; there is nothing more to be saved
        finally:
            self._database.close()

    # ---- inside --------------------------------------------------------------------------------------------------

    def _execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        try:
            return self._database.execute(statement, values)
        except sqlite3.Error as error:
            full = "full" in str(error)
            what = f"the disk of {self.path} is full" if full else f"{self.path} cannot be written any more ({error})"
            step = "what came until a second ago is in the file; make room and start another recording"
            raise Problem(what, step) from error

    def _about(self, name: str, value: Any) -> None:
        self._database.execute("INSERT INTO about VALUES (?, ?)", (name, _json(value)))

    def _target(self, key: str) -> _Writing:
        target = self._targets.get(key)
        if target is None:
            cursor = self._execute("INSERT INTO target (key, facts) VALUES (?, '{}')", (key,))
            target = self._targets[key] = _Writing(cursor.lastrowid or 0)
        return target

    def _note(self, key: str, t_s: float, kind: str, step: int, text: str, data: Mapping[str, Any]) -> None:
        self._execute(
            "INSERT INTO note (target, t_s, kind, step, text, data) VALUES (?, ?, ?, ?, ?, ?)",
            (self._target(key).ident, t_s, kind, step, text, _json(data)),
        )

    def _append(self, target: _Writing, row: Row) -> None:
        new = [name for name in row.values if name not in target.names]
        if new:
            if target.table:
                self._close_chunk(target)
            target.names = (*target.names, *new)
            target.names_id = self._names_id(target.names)
        target.table.append(np.array([*_when(row), *_levels(row.values, target.names)]))

    def _summaries(self, target: _Writing, rows: Sequence[Row]) -> None:
        names = tuple(dict.fromkeys(name for row in rows for name in row.values))
        table = [
            np.array([*_when(row), *(level for part in (row.values, row.low or row.values, row.high or row.values)
                                     for level in _levels(part, names))])
            for row in rows
        ]  # fmt: skip
        self._insert_chunk(target.ident, self._names_id(names), len(names), table, summaries=True)

    def _close_chunk(self, target: _Writing) -> None:
        self._insert_chunk(target.ident, target.names_id, len(target.names), target.table, summaries=False)
        for piece in target.pieces:
            self._execute("DELETE FROM pending WHERE id=?", (piece,))
        target.table, target.committed, target.pieces = [], 0, []

    def _insert_chunk(self, ident: int, names_id: int, width: int, rows: list[Floats], *, summaries: bool) -> None:
        table = np.column_stack(rows)
        lows, highs = (
            (table[2 + width : 2 + 2 * width], table[2 + 2 * width :]) if summaries else (table[2:], table[2:])
        )
        extremes = np.stack([_reduce(np.fmin, lows), _reduce(np.fmax, highs)]).astype("<f4")
        self._execute(
            "INSERT INTO chunk (target, names, rows, summaries, first_s, last_s, last_step, extremes, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (ident, names_id, len(rows), int(summaries), table[0, 0] / 1e6, table[0, -1] / 1e6, int(table[1, -1]),
             extremes.tobytes(), encode(table)),
        )  # fmt: skip

    def _names_id(self, names: tuple[str, ...]) -> int:
        text = _json(names)
        self._execute("INSERT OR IGNORE INTO names (list) VALUES (?)", (text,))
        found: int = self._execute("SELECT id FROM names WHERE list=?", (text,)).fetchone()[0]
        return found

    def _remove_log(self) -> None:
        """Done at a moment when nobody has the file open; SQLite does not wait for one by itself."""
        until_s = time.monotonic() + _CLOSE_WITHIN_S
        while True:
            try:
                self._database.execute("PRAGMA journal_mode=DELETE")
                return
            except sqlite3.OperationalError:
                if time.monotonic() >= until_s:
                    raise
                time.sleep(_TRY_EVERY_S)

    def _keep_limit(self) -> None:
        if self._limit_bytes is None or self.size_bytes <= self._limit_bytes:
            return
        self._execute(
            "DELETE FROM chunk WHERE id IN (SELECT id FROM chunk ORDER BY first_s LIMIT"
            " (SELECT max(1, count(*) / 8) FROM chunk))"
        )
        self._execute("COMMIT")
        self._execute("PRAGMA incremental_vacuum")
        self._execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._execute("BEGIN")


def _inode_of(file: Path) -> int | None:
    try:
        return file.stat().st_ino
    except OSError:
        return None


def _when(row: Row) -> tuple[float, float]:
    """Microseconds and step, the first two columns of every table."""
    return float(round(row.t_s * 1e6)), float(row.step)


def _levels(values: Mapping[str, float | None], names: tuple[str, ...]) -> list[float]:
    return [np.nan if (value := values.get(name)) is None else value for name in names]


def _reduce(extreme: np.ufunc, table: Floats) -> Floats:
    reduced: Floats = extreme.reduce(table, axis=1) if table.size else np.full(len(table), np.nan)
    return reduced


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), default=str)
