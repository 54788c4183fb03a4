"""What can be taken back. Lives as long as the process: an agent that was restarted finds it again.

Used on the training thread at safe points, but for `listed`, which reads only.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from memgui.protocol.errors import Refused
from memgui.protocol.shrinking import UndoInfo
from memgui.shrink.change import Change

_KEPT = 32


@dataclass(frozen=True)
class Record:
    """One run that can be taken back."""

    info: UndoInfo
    change: Change


class Fetched:
    """An undo that cannot fail for the disk any more; one of `commit` and `roll_back` ends it, in the same visit."""

    decided: Mapping[str, str] = MappingProxyType({})

    def __init__(self, record: Record) -> None:
        self._record = record

    def commit(self, _meeting: str | None = None) -> Record:
        """Undo it."""
        return _taken_back(self._record)

    def roll_back(self) -> None:
        """Nothing was changed: let go of what was read."""
        self._record.change.let_go()


_records: dict[str, Record] = {}
_numbers = itertools.count(1)


def new_id() -> str:
    """An id that no other run of any process has."""
    return f"undo-{next(_numbers)}-{secrets.token_hex(4)}"


def add(info: UndoInfo, change: Change) -> None:
    """Remember a run; the oldest is forgotten where there are too many."""
    _records[info.undo] = Record(info, change)
    while len(_records) > _KEPT:
        _records.pop(next(iter(_records)))


def listed() -> tuple[UndoInfo, ...]:
    """What can be taken back, newest first."""
    return tuple(record.info for record in reversed(list(_records.values())) if record.change.is_alive)


def find(undo: str) -> Record:
    """The run of an id.

    Raises:
        Refused: there is none, its model or backup is gone, or a later run must be taken back first.
    """
    record = _records.get(undo)
    if record is None:
        raise Refused(f"no run that could be taken back has the undo id {undo!r}", "nothing was changed")
    if not record.change.is_alive:
        _records.pop(undo, None)
        raise Refused(f"{record.info.title}: its model, its optimizer or its backup is gone", "nothing was changed")
    later = list(_records.values())
    touched = record.change.owners()
    for other in later[later.index(record) + 1 :]:
        if other.change.is_alive and touched & other.change.owners():
            raise Refused(
                f"{other.info.title} of step {other.info.step} changed the same model later",
                f"take {other.info.undo} back first",
            )
    return record


def take_back(undo: str) -> Record:
    """Undo a run, bit for bit.

    Raises:
        Refused: as `find`.
        Problem: the backup cannot be read; what was restored by then stays.
    """
    return _taken_back(find(undo))


def fetch(undo: str) -> Fetched:
    """Read what undoing a run needs, which is then still to be done; raises what `take_back` does."""
    record = find(undo)
    try:
        record.change.fetch()
    except BaseException:
        record.change.let_go()
        raise
    return Fetched(record)


def _taken_back(record: Record) -> Record:
    record.change.take_back()
    _records.pop(record.info.undo, None)
    if record.change.backup is not None:
        record.change.backup.delete_tensors()
    return record
