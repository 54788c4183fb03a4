"""Files that hold what was seen of processes, of whatever kind they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from memgui.protocol.black_box import SUFFIX as BOX_SUFFIX
from memgui.protocol.black_box import is_black_box
from memgui.protocol.errors import BadInput
from memgui.store.black_box import BlackBoxFile
from memgui.store.events import MarkedEvent
from memgui.store.replay import RecordedTarget, Recording
from memgui.store.schema import is_recording
from memgui.store.timeline import Row

SUFFIXES = (".memgui", BOX_SUFFIX)


class Recorded(Protocol):
    """What a recording and a black box have in common."""

    path: Path

    def __enter__(self) -> Recorded: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None: ...

    @property
    def targets(self) -> tuple[RecordedTarget, ...]:
        """The processes in it."""
        ...

    @property
    def is_growing(self) -> bool:
        """It is being written, so that looking again may bring more."""
        ...

    def rows(self, target: RecordedTarget, after_s: float | None = None) -> Iterator[Row]:
        """Readings later than a moment, oldest first."""
        ...

    def events(self, target: RecordedTarget) -> tuple[MarkedEvent, ...]:
        """What happened in it, without findings, oldest first."""
        ...

    def findings(self, target: RecordedTarget) -> tuple[tuple[float, Mapping[str, Any]], ...]:
        """What was found at the time: moment, and the finding as it was told."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


def is_recorded(path: Path) -> bool:
    """A recording or a black box, by what the file says of itself."""
    return is_recording(path) or is_black_box(path)


def is_box(path: Path) -> bool:
    """A black box; a recording is not touched to find out."""
    return not is_recording(path) and is_black_box(path)


def open_recorded(path: Path) -> Recorded:
    """Open a recording or a black box.

    Raises:
        BadInput: it is neither, is damaged, or of a later version.
    """
    return BlackBoxFile(path) if is_box(path) else Recording(path)


def files_in(path: Path) -> list[Path]:
    """The file, or what a folder holds of recordings and black boxes, by name.

    Raises:
        BadInput: there is nothing.
    """
    if not path.is_dir():
        if not path.is_file():
            raise BadInput(f"there is no file {path}")
        return [path]
    found = sorted(file for file in path.iterdir() if file.name.endswith(SUFFIXES) and is_recorded(file))
    if not found:
        raise BadInput(f"{path} holds no recording and no black box", "make one with `memgui run --black-box DIR`")
    return found
