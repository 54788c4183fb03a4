"""A target with a timeline of our making, and hands that use the charts as a person does."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from memgui.analysis.finding import Finding
from memgui.collect.observer import EndReason
from memgui.store.events import MarkedEvent
from memgui.store.timeline import Timeline
from memgui.ui.charts import ChartArea
from memgui.ui.theme import Theme

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The offscreen plugin warns of what it cannot do whenever a window of a fixed least size is shown."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore("propagateSizeHints", extend=True))


GIB = 1024.0**3
START = 1_780_000_000.0


@dataclass
class FakeTarget:
    """What the charts read of a LiveTarget."""

    timeline: Timeline = field(default_factory=Timeline)
    findings: tuple[Finding, ...] = ()
    state: str = "connected"
    state_text: str = ""
    limit: tuple[str, float] | None = None
    end: EndReason | None = None

    def feed(self, seconds: float, *, gpu: bool = False, hz: float = 10.0, slope: float = 0.0) -> None:
        """Go on for so long: a step every 0.25 s, a sawtooth, and `slope` bytes a second on top."""
        last = self.timeline.last_t
        first = START if last is None else last + 1 / hz
        for index in range(round(seconds * hz)):
            t_s = first + index / hz
            anon = 2 * GIB + 0.1 * GIB * ((t_s % 5) / 5) + slope * (t_s - START)
            values: dict[str, float | None] = {
                "host.rss_bytes": anon + GIB / 2,
                "host.anon_bytes": anon,
                "host.heap_used_bytes": anon - GIB / 4,
                "host.heap_kept_bytes": 0.4 * GIB,
                "children.rss_bytes": GIB,
                "children.processes_count": 2.0,
                "step.duration_s": 0.25 + 0.002 * math.sin(index),
            }
            if gpu:
                values |= {
                    "cuda.0.allocated_bytes": 40 * GIB,
                    "cuda.0.allocated_peak_bytes": 55 * GIB,
                    "cuda.0.reserved_bytes": 52 * GIB,
                    "cuda.0.device_used_bytes": 54 * GIB,
                    "cuda.0.device_total_bytes": 79.6 * GIB,
                }
            self.timeline.append(t_s, int((t_s - START) * 4), values)

    def mark(self, after_s: float, kind: str, text: str, **data: Any) -> None:
        """An event so long after the start."""
        t_s = START + after_s
        self.timeline.events.append(MarkedEvent(t_s, kind, text, self.timeline.step_at(t_s), data))


class Hands:
    """Mouse and keyboard on a chart area; x is a share of the plot's width."""

    def __init__(self, area: ChartArea) -> None:
        self.area = area
        self.plot = area.host_card.plot

    def x(self, share: float) -> float:
        """The pixel at a share of the width."""
        rect = self.plot.area()
        return rect.left() + share * rect.width()

    def _send(self, kind: QEvent.Type, share: float, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
        at = QPointF(self.x(share), 30)
        event = QMouseEvent(kind, at, at, button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self.plot.viewport(), event)

    def hover(self, share: float) -> None:
        """Move without a button."""
        self._send(QEvent.Type.MouseMove, share, Qt.MouseButton.NoButton, Qt.MouseButton.NoButton)

    def leave(self) -> None:
        """Take the mouse away."""
        QApplication.sendEvent(self.plot.viewport(), QEvent(QEvent.Type.Leave))

    def click(self, share: float) -> None:
        """Press and release in place."""
        left = Qt.MouseButton.LeftButton
        self._send(QEvent.Type.MouseButtonPress, share, left, left)
        self._send(QEvent.Type.MouseButtonRelease, share, left, Qt.MouseButton.NoButton)

    def double_click(self, share: float) -> None:
        """As Qt tells it: a click, a double-click, a release."""
        left = Qt.MouseButton.LeftButton
        self.click(share)
        self._send(QEvent.Type.MouseButtonDblClick, share, left, left)
        self._send(QEvent.Type.MouseButtonRelease, share, left, Qt.MouseButton.NoButton)

    def drag(self, start: float, end: float) -> None:
        """Press, move, release."""
        left = Qt.MouseButton.LeftButton
        self._send(QEvent.Type.MouseButtonPress, start, left, left)
        self._send(QEvent.Type.MouseMove, (start + end) / 2, Qt.MouseButton.NoButton, left)
        self._send(QEvent.Type.MouseMove, end, Qt.MouseButton.NoButton, left)
        self._send(QEvent.Type.MouseButtonRelease, end, left, Qt.MouseButton.NoButton)

    def wheel(self, share: float, notches: int) -> None:
        """Turn the wheel, positive away from oneself."""
        at = QPointF(self.x(share), 30)
        event = QWheelEvent(
            at, at, QPoint(0, 0), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(self.plot.viewport(), event)


@pytest.fixture
def target() -> FakeTarget:
    """A minute of a run without GPU."""
    made = FakeTarget()
    made.feed(60)
    return made


@pytest.fixture
def gpu_target() -> FakeTarget:
    """A minute of a run on a GPU."""
    made = FakeTarget()
    made.feed(60, gpu=True)
    return made


@pytest.fixture
def new_target() -> FakeTarget:
    """A target that has sent nothing yet."""
    return FakeTarget(state="connecting", state_text="looking for the agent")


@pytest.fixture
def area(qtbot: Any) -> ChartArea:
    """A shown, empty chart area of the size it has in the window."""
    made = ChartArea(Theme.dark())
    qtbot.addWidget(made)
    made.resize(825, 560)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def hands(area: ChartArea) -> Hands:
    """Somebody at the mouse."""
    return Hands(area)


@pytest.fixture
def growth() -> Finding:
    """One MiB a second of anonymous memory since ten seconds after the start."""
    mib = 1024.0**2
    return Finding(
        rule="host_growth", metric="host.anon_bytes", kind="host", state="confirmed", alarm=True,
        title="Host memory grows", sentence="Anonymous memory grows.", score=0.95,
        rate_bytes_per_s=mib, rate_low=0.9 * mib, rate_high=1.1 * mib,
        rate_bytes_per_step=mib / 4, step_low=mib * 0.22, step_high=mib * 0.28,
        since_step=40, since_s=START + 10, until_s=START + 59.9, level_bytes=2 * GIB,
        limit_name="cgroup.limit_bytes", limit_bytes=8 * GIB, eta_s=2280.0, eta_low_s=1860.0, eta_high_s=2940.0,
    )  # fmt: skip


@pytest.fixture
def count_of() -> Callable[[QWidget, str], int]:
    """How many pixels of a widget have a colour."""

    def count(widget: QWidget, colour: str) -> int:
        image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        wanted = QColor(colour).rgb()
        return sum(
            image.pixel(x, y) == wanted for y in range(image.height()) for x in range(image.width())
        )  # fmt: skip

    return count
