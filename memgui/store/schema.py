"""The layout of a recording: one SQLite file. docs/recordings.md describes it for readers in other languages."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from memgui.protocol.errors import BadInput

# "mgui" as a big-endian number; `file` and this module tell by it that a database is a recording.
APPLICATION_ID = 0x6D677569
VERSION = 1
# What makes a recording of each earlier version one of the next: SQL that is run on a copy. A version that is left
# behind gets its entry here, and a file of it stays in tests/data/recordings.
UPGRADES: Mapping[int, str] = {}

CREATE = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE target (id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, facts TEXT NOT NULL);
CREATE TABLE names (id INTEGER PRIMARY KEY, list TEXT UNIQUE NOT NULL);
CREATE TABLE chunk (
    id INTEGER PRIMARY KEY, target INTEGER NOT NULL, names INTEGER NOT NULL, rows INTEGER NOT NULL,
    summaries INTEGER NOT NULL, first_s REAL NOT NULL, last_s REAL NOT NULL, last_step INTEGER NOT NULL,
    extremes BLOB NOT NULL, body BLOB NOT NULL);
CREATE INDEX chunk_time ON chunk (target, first_s);
CREATE TABLE pending (id INTEGER PRIMARY KEY, target INTEGER NOT NULL, names INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE note (
    id INTEGER PRIMARY KEY, target INTEGER NOT NULL, t_s REAL NOT NULL, kind TEXT NOT NULL, step INTEGER NOT NULL,
    text TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX note_time ON note (target, t_s);
"""

# A recorder commits once a second.
_STILL_WRITTEN_S = 10.0
# What SQLite says of a file that is none of its databases.
_FOREIGN = "not a database"


def connected(path: Path) -> sqlite3.Connection:
    """The file for reading, with the log that a writer keeps beside it; nothing is read yet.

    A recording is opened by SQLite only: to open and close it otherwise would take away the locks by which this process
    writes it or reads it, and the next program that closes it would remove its log.
    Source: https://www.sqlite.org/howtocorrupt.html, section 2.2.
    """
    # As SQLite's URIs want it. Source: https://www.sqlite.org/uri.html
    quoted = str(path.resolve()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return sqlite3.connect(f"file:{quoted}?mode=ro", uri=True, check_same_thread=False)


def is_recording(path: Path) -> bool:
    """The file says of itself that it is one, or is a database that cannot be read; False for anything else."""
    if not path.is_file():
        return False
    try:
        with closing(connected(path)) as database:
            return bool(database.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID)
    except sqlite3.DatabaseError as error:
        return _FOREIGN not in str(error)


def is_being_written(path: Path) -> bool:
    """The log beside a recording has moved of late. A writer that was killed leaves its log, too."""
    try:
        return time.time() - Path(f"{path}-wal").stat().st_mtime < _STILL_WRITTEN_S
    except OSError:
        return False


def files_of(path: Path) -> list[Path]:
    """The recording, and what a writer has left beside it."""
    return [file for file in (path, Path(f"{path}-wal"), Path(f"{path}-shm")) if file.exists()]


def opened(path: Path, database: sqlite3.Connection) -> sqlite3.Connection:
    """The recording in the present version: the database itself, or a private copy that was brought up to it.

    Raises:
        BadInput: it is something else, is damaged, or is of a later version.
    """
    try:
        application = database.execute("PRAGMA application_id").fetchone()[0]
        version = database.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if _FOREIGN in str(error):
            raise BadInput(f"{path} is no recording of memgui", "make one with `memgui record`") from error
        raise broken(path, error) from error
    if application != APPLICATION_ID:
        raise BadInput(f"{path} is a database, but no recording of memgui", "make one with `memgui record`")
    if not 1 <= version <= VERSION:
        raise BadInput(
            f"{path} was written in version {version} of the format, and this memgui reads up to {VERSION}",
            "open it with a later memgui",
        )
    return database if version == VERSION else _upgraded(path, database, version)


def _upgraded(path: Path, database: sqlite3.Connection, version: int) -> sqlite3.Connection:
    # SQLite keeps a database without a name in memory, and in a temporary file once it is large.
    copy = sqlite3.connect("", check_same_thread=False)
    try:
        database.backup(copy)
        for step in range(version, VERSION):
            copy.executescript(UPGRADES[step])
    except sqlite3.DatabaseError as error:
        copy.close()
        raise broken(path, error) from error
    database.close()
    return copy


def broken(path: Path, error: sqlite3.DatabaseError) -> BadInput:
    """What to say of a file that SQLite cannot read."""
    if isinstance(error, sqlite3.OperationalError) and not os.access(path.parent, os.W_OK):
        return BadInput(
            f"{path} cannot be read in a folder where nothing can be written ({error})",
            f"copy it to a folder of your own, with {path.name}-wal where that stands beside it",
        )
    return BadInput(
        f"{path} is no recording, or a damaged one ({error})",
        "a copy that was cut off can often be taken again; what the original holds is read to its last second",
    )
