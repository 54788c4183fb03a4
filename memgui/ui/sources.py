"""What the feed draws from: the link, the list of processes and the ways in, imported when first needed. GUI thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from memgui.link.batch import Batch
    from memgui.link.opened import Grown, Rereading
    from memgui.link.recorder import Recorder
    from memgui.link.replay import News
    from memgui.link.target import LiveTarget
    from memgui.link.targets import TargetInfo
    from memgui.protocol.errors import Problem
    from memgui.store.outline import Outline
    from memgui.ui.settings import Settings


HORIZON_DAYS = 7.0
_HORIZON = "horizon_days"


def horizon_days(settings: Settings) -> float:
    """Growth that reaches the limit later than this raises no alarm."""
    return settings.number(_HORIZON, HORIZON_DAYS, 0.01, 3650.0)


def set_horizon_days(settings: Settings, days: float) -> None:
    """Remember another horizon; it holds for targets that are watched from now on."""
    settings.set(_HORIZON, repr(days))
    settings.save()


class HubLike(Protocol):
    """The part of `link.hub.Hub` that the window uses."""

    def watch(self, pid: int) -> Any:
        """Follow a process."""
        ...

    def unwatch(self, key: Any) -> None:
        """Stop following it."""
        ...

    def request(
        self, key: Any, method: str, params: Any, *, timeout_s: float, on_progress: Callable[..., None] | None = None
    ) -> Future[Any]:
        """Ask a target."""
        ...

    def close(self) -> None:
        """Stop all threads."""
        ...


class Sources(Protocol):
    """Where targets come from; the tests bring their own."""

    def open_hub(self, deliver: Callable[[Batch], None]) -> HubLike:
        """A hub that delivers on its own threads."""
        ...

    def make_target(self, key: Any) -> LiveTarget:
        """The model of a target."""
        ...

    def list_targets(self) -> Sequence[TargetInfo]:
        """Worker thread: what runs on this host."""
        ...

    def attach(self, pid: int, progress: Callable[[str], None], cancelled: Callable[[], bool]) -> Any:
        """Worker thread: put the agent into a process."""
        ...

    def open_recorder(self, path: Path, stopped: Callable[[Problem], None], limit_bytes: int | None = None) -> Recorder:
        """What writes a recording; `stopped` is called on its own thread."""
        ...

    def load_recording(self, path: Path) -> Sequence[LiveTarget]:
        """Worker thread: the targets of a recording."""
        ...

    def look_again(self, path: Path, after_s: Mapping[str, float]) -> News:
        """Worker thread: what was written later than what is known of its targets."""
        ...

    def look_further(self, path: Path, known: Mapping[str, Outline]) -> Grown:
        """Worker thread: what was written since the outlines that are known."""
        ...

    def reread(self, path: Path) -> Rereading:
        """What reads all rows of a recording that was opened by its outlines."""
        ...


class Files:
    """Recordings, for real."""

    def open_recorder(self, path: Path, stopped: Callable[[Problem], None], limit_bytes: int | None = None) -> Recorder:
        """What writes a recording; `stopped` is called on its own thread."""
        from memgui import __version__
        from memgui.link.recorder import Recorder

        return Recorder(path, version=__version__, stopped=stopped, limit_bytes=limit_bytes)

    def load_recording(self, path: Path) -> Sequence[LiveTarget]:
        """Worker thread: the targets of a recording."""
        from memgui.link.opened import open_file

        return open_file(path)

    def look_again(self, path: Path, after_s: Mapping[str, float]) -> News:
        """Worker thread: what was written later than what is known of its targets."""
        from memgui.link.replay import look_again

        return look_again(path, after_s)

    def look_further(self, path: Path, known: Mapping[str, Outline]) -> Grown:
        """Worker thread: what was written since the outlines that are known."""
        from memgui.link.opened import look_further

        return look_further(path, known)

    def reread(self, path: Path) -> Rereading:
        """What reads all rows of a recording that was opened by its outlines."""
        from memgui.link.opened import Rereading

        return Rereading(path)


class LocalSources(Files):
    """This host, for real. Importing the link costs tens of ms, so it is left to the first call."""

    def __init__(self, settings: Settings | None = None) -> None:
        """`settings` knows the horizon of alarms, which may change from target to target."""
        self._settings = settings

    def open_hub(self, deliver: Callable[[Batch], None]) -> HubLike:
        """A hub that delivers on its own threads."""
        from memgui.link.hub import Hub

        return Hub(deliver)

    def make_target(self, key: Any) -> LiveTarget:
        """The model of a target."""
        from memgui.analysis.settings import DetectorSettings
        from memgui.link.target import LiveTarget

        days = horizon_days(self._settings) if self._settings is not None else HORIZON_DAYS
        return LiveTarget(key, DetectorSettings(horizon_s=days * 86_400.0))

    def list_targets(self) -> Sequence[TargetInfo]:
        """Worker thread: what runs on this host."""
        from memgui.link.targets import list_targets

        return tuple(list_targets())

    def attach(self, pid: int, progress: Callable[[str], None], cancelled: Callable[[], bool]) -> Any:
        """Worker thread: put the agent into a process."""
        from memgui.attach.inject import attach

        return attach(pid, progress=progress, cancelled=cancelled)
