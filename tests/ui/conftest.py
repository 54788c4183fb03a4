"""A stage for the window: a link of our making that plays processes, agents and answers as a test wants them."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from memgui.analysis.finding import Finding
from memgui.collect.children import ChildProcess
from memgui.collect.observer import EndReason
from memgui.link.batch import CONNECTED, ENDED, LOST, OUTSIDE, Batch
from memgui.link.target import LiveTarget
from memgui.link.targets import TargetInfo
from memgui.protocol.errors import Unreachable
from memgui.protocol.payloads import ActionInfo, Hello, Progress, Receipt
from memgui.protocol.wire import to_wire
from memgui.store.events import MarkedEvent
from memgui.store.timeline import Row
from memgui.ui.appearance import Appearance
from memgui.ui.launches import Launches
from memgui.ui.options import Options
from memgui.ui.settings import Settings
from memgui.ui.sources import Files
from memgui.ui.window import MainWindow

_HERE = Path(__file__).parent
START = 1_780_000_000.0
MIB = 1024.0**2
_OFFSCREEN_CANNOT = ("propagateSizeHints", "does not support raise", "grabbing the keyboard", "grabbing the mouse")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The offscreen plugin warns of what it cannot do."""
    for item in items:
        if item.path.parent == _HERE:
            item.add_marker(pytest.mark.qt_log_ignore(*_OFFSCREEN_CANNOT, extend=True))


@dataclass
class Asked:
    """A request that the window has made."""

    key: str
    method: str
    params: Any
    future: Future[Any]
    on_progress: Callable[[Progress], None] | None

    def answer(self, result: object) -> None:
        """End it with a result, as it comes over the wire."""
        self.future.set_result(to_wire(result))

    def fail(self, error: BaseException) -> None:
        """End it with an error."""
        self.future.set_exception(error)


@dataclass
class FakeHub:
    """Takes what the window asks."""

    deliver: Callable[[Batch], None]
    alive: set[int]
    asked: list[Asked] = field(default_factory=list)
    unwatched: list[str] = field(default_factory=list)
    closed: bool = False

    def watch(self, pid: int) -> str:
        if pid not in self.alive and not Path(f"/proc/{pid}").exists():
            raise Unreachable(f"there is no process {pid}", "run `memgui ps` for what runs here")
        return f"{pid}.1"

    def unwatch(self, key: str) -> None:
        self.unwatched.append(key)

    def request(self, key: str, method: str, params: Any, *, timeout_s: float, on_progress: Any = None) -> Future[Any]:
        future: Future[Any] = Future()
        self.asked.append(Asked(key, method, params, future, on_progress))
        return future

    def close(self) -> None:
        self.closed = True


@dataclass
class FakeTarget(LiveTarget):
    """A live target whose findings a test sets."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.told: tuple[Finding, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.told


@dataclass
class FakeSources(Files):
    """Where the window gets everything from; recordings are real."""

    here: list[TargetInfo] = field(default_factory=list)
    alive: set[int] = field(default_factory=set)
    hub: FakeHub | None = None
    attach_error: BaseException | None = None
    attach_may_end: threading.Event = field(default_factory=threading.Event)

    def open_hub(self, deliver: Callable[[Batch], None]) -> FakeHub:
        self.hub = FakeHub(deliver, self.alive)
        return self.hub

    def make_target(self, key: str) -> LiveTarget:
        return FakeTarget(key)

    def list_targets(self) -> list[TargetInfo]:
        return list(self.here)

    def attach(self, pid: int, progress: Callable[[str], None], cancelled: Callable[[], bool]) -> object:
        progress("writing the agent into the process")
        while not self.attach_may_end.wait(0.01):
            if cancelled():
                raise Unreachable("attaching was stopped")
        if self.attach_error is not None:
            raise self.attach_error
        return object()


class Stage:
    """Processes come, speak and go as a test says; a window looks on."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.qtbot = qtbot
        self.folder = folder
        self.sources = FakeSources()
        self.windows: list[MainWindow] = []
        self._appearances: list[Appearance] = []

    # The window.

    def open(self, *, theme: str = "dark", commander: Any = None, **options: Any) -> MainWindow:
        """A window whose charts are there."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        settings = Settings(self.folder / "settings.ini")
        appearance = Appearance(app, settings.choice("theme", ("system", "dark", "light"), theme))
        self._appearances.append(appearance)
        launches = Launches(commander) if commander else None
        options.setdefault("size", (1440, 900))
        window = MainWindow(self.sources, appearance, settings, Options(**options), launches)
        self.windows.append(window)
        window.show()
        self.until(lambda: window.middle.charts is not None and window.feed.was_listed)
        return window

    def close(self) -> None:
        """Close what is open."""
        self.sources.attach_may_end.set()
        while self.windows:
            window = self.windows.pop()
            window.close()
            window.deleteLater()
        while self._appearances:
            self._appearances.pop().deleteLater()
        QApplication.processEvents()
        gc.collect()

    def until(self, holds: Callable[[], object]) -> None:
        """Let the window work until something is so."""
        self.qtbot.waitUntil(lambda: bool(holds()), timeout=5000)

    def drop(self, widget: QWidget, file: Path) -> None:
        """Carry a file over a widget and let it go there."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(file))])
        place, actions = QPoint(widget.width() // 2, widget.height() // 2), Qt.DropAction.CopyAction
        buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        entered = QDragEnterEvent(place, actions, data, buttons, keys)
        QApplication.sendEvent(widget, entered)
        assert entered.isAccepted()
        QApplication.sendEvent(widget, QDropEvent(place, actions, data, buttons, keys))

    @property
    def hub(self) -> FakeHub:
        """The link that the window has opened."""
        assert self.sources.hub is not None
        return self.sources.hub

    def asked(self, number: int = 1) -> Asked:
        """Wait for so many requests and give the last."""
        self.until(lambda: len(self.hub.asked) >= number)
        return self.hub.asked[number - 1]

    # The processes.

    def process(self, pid: int, *, agent: bool = False, **about: Any) -> TargetInfo:
        """A process runs here."""
        words: dict[str, Any] = {
            "name": "python", "script": f"/home/ada/train_{pid}.py", "user": "ada", "python": "3.11", "torch": "2.13.0",
            "agent": f"/run/{pid}.1.sock" if agent else None, "attachable": not agent, "reason": None, "rank": None,
            "world_size": None, "parent": None, "rss_bytes": 300 * MIB,
        }  # fmt: skip
        info = TargetInfo(pid=pid, start_time=1, **{**words, **about})
        self.sources.here.append(info)
        self.sources.alive.add(pid)
        return info

    def speak(self, pid: int, *, actions: tuple[ActionInfo, ...] = (), **hello: Any) -> LiveTarget:
        """The agent of a watched process answers; gives the window's target."""
        words: dict[str, Any] = {
            "protocol": (1,), "agent_version": "0.1.0", "pid": pid, "start_time": 1, "monotonic_s": 0.0,
            "time_s": START, "host": "here", "name": f"train_{pid}.py", "argv": ("python", f"train_{pid}.py"),
            "user": "ada", "python": "3.11", "script": f"/home/ada/train_{pid}.py", "torch": "2.13.0", "step": 0,
            "safe_point": "after AdamW.step()",
        }  # fmt: skip
        window = self.windows[-1]
        self.until(lambda: window.feed.target_of(pid) is not None)
        self.send(pid, state=CONNECTED, state_text="connected", hello=Hello(**{**words, **hello}), actions=actions)
        target = window.feed.target_of(pid)
        assert target is not None
        self.until(lambda: target.state == CONNECTED)
        return target

    def send(self, pid: int, **parts: Any) -> None:
        """Deliver a batch, as the link's threads do."""
        self.hub.deliver(Batch(f"{pid}.1", **parts))

    def sample(self, pid: int, values: Mapping[str, float], *, count: int = 20, t_s: float = START) -> None:
        """So many samples, ten a second."""
        rows = tuple(Row(t_s + number / 10, number, dict(values)) for number in range(count))
        target = self.windows[-1].feed.target_of(pid)
        assert target is not None
        before = target.timeline.revision
        self.send(pid, rows=rows)
        self.until(lambda: target.timeline.revision != before)

    def mark(self, pid: int, text: str) -> None:
        """The script marks something."""
        self.send(pid, events=(MarkedEvent(START + 1, "mark", text, 3),))

    def workers(self, pid: int, *pids: int) -> None:
        """Loader workers run below a process."""
        made = tuple(ChildProcess(one, "python", ("python", "train"), "loader worker", 9 * MIB, MIB) for one in pids)
        self.send(pid, children=made)

    def lose(self, pid: int, text: str = "the agent closed the connection") -> None:
        """The connection is lost."""
        self.send(pid, state=LOST, state_text=text)

    def outside(self, pid: int) -> None:
        """The process has no agent."""
        self.send(pid, state=OUTSIDE, state_text="there is no agent in this process")

    def end(self, pid: int, kind: str = "exited", text: str = "exited with status 1") -> None:
        """The process ends."""
        self.send(pid, state=ENDED, state_text=text, end=EndReason(kind, text))


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(qtbot, tmp_path)
    yield made
    made.close()


@pytest.fixture
def finding() -> Callable[..., Finding]:
    """Makes a finding, with other words where they are given."""

    def make(**other: Any) -> Finding:
        words: dict[str, Any] = {
            "rule": "growth", "metric": "host.anon_bytes", "kind": "tensors", "state": "confirmed", "alarm": True,
            "title": "Host memory is never released", "sentence": "+3.0 MiB per step since step 412.", "score": 0.9,
            "rate_bytes_per_s": 30 * MIB, "rate_low": 29 * MIB, "rate_high": 31 * MIB, "rate_bytes_per_step": 3 * MIB,
            "step_low": 2.9 * MIB, "step_high": 3.1 * MIB, "since_step": 412, "since_s": START,
            "until_s": START + 250, "level_bytes": 4e9, "limit_name": "machine", "limit_bytes": 64e9,
            "eta_s": 2280.0, "eta_low_s": 1860.0, "eta_high_s": 2940.0, "evidence": ("It rose in 7 of 7 parts.",),
            "advice": "Detach what is kept.", "action": "collect_garbage",
        }  # fmt: skip
        return Finding(**{**words, **other})

    return make


@pytest.fixture
def action() -> Callable[..., ActionInfo]:
    """Makes an action, as a target publishes it."""

    def make(name: str = "trim_heap", title: str = "Trim heap", group: str = "free", **other: Any) -> ActionInfo:
        return ActionInfo(name, title, group, other.pop("description", "Gives memory back."), **other)

    return make


@pytest.fixture
def receipt() -> Callable[..., Receipt]:
    """Makes the receipt of a run."""

    def make(outcome: str = "done", **other: Any) -> Receipt:
        words: dict[str, Any] = {
            "id": "r1", "action": "trim_heap", "t_s": 12.0, "step": 1198, "cost_ms": 38.0,
            "freed_bytes": 420 * int(MIB), "before": {"host.rss_bytes": 1e9}, "after": {"host.rss_bytes": 0.6e9},
        }  # fmt: skip
        return Receipt(outcome=outcome, **{**words, **other})

    return make
