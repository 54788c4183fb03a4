"""Plays a recording: moves the moment that is looked at, at a speed or from event to event. GUI thread."""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from memgui.link.replay import ReplayedTarget

SPEEDS = (1, 2, 5, 10, 30, 100)
_TICK_MS = 50
# Moments closer than this to the one that is looked at are the same to a person.
_NEAR_S = 0.05
_NUDGE_RATIO = 0.01
_LEAST_NUDGE_S = 1.0


class Player(QObject):
    """The one that moves the moment.

    Attributes:
        moved: another moment is looked at; changed: it plays, or no longer, or at another speed.
    """

    moved = Signal()
    changed = Signal()

    def __init__(self, parent: QObject | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self._target: ReplayedTarget | None = None
        self._speed = 10
        self._clock = clock
        self._then_s = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self.advance)

    @property
    def target(self) -> ReplayedTarget | None:
        """What is played."""
        return self._target

    @property
    def is_playing(self) -> bool:
        """The moment moves by itself."""
        return self._timer.isActive()

    @property
    def speed(self) -> int:
        """Seconds of the recording a second."""
        return self._speed

    @property
    def moment_s(self) -> float | None:
        """The moment that is looked at, Unix seconds, the last one at the end; None where there is none."""
        if self._target is None or self._target.span_s is None:
            return None
        return self._target.moment_s if self._target.moment_s is not None else self._target.span_s[1]

    def show_target(self, target: ReplayedTarget | None) -> None:
        """Play another recording, from where it was left."""
        self.pause()
        self._target = target
        self.moved.emit()

    def set_speed(self, speed: int) -> None:
        """Faster or slower, from now on."""
        self._speed = speed
        self.changed.emit()

    @Slot()
    def toggle(self) -> None:
        """Play or pause."""
        if self.is_playing:
            self.pause()
        else:
            self.play()

    @Slot()
    def play(self) -> None:
        """Play on; from the beginning where it stands at the end."""
        target = self._target
        if target is None or target.span_s is None:
            return
        if target.moment_s is None:
            self.seek(target.span_s[0])
        self._then_s = self._clock()
        self._timer.start()
        self.changed.emit()

    @Slot()
    def pause(self) -> None:
        """Stand still."""
        if self._timer.isActive():
            self._timer.stop()
            self.changed.emit()

    @Slot()
    def advance(self) -> None:
        """Move by what has passed."""
        target, now_s = self._target, self._clock()
        passed_s, self._then_s = now_s - self._then_s, now_s
        moment_s = target.moment_s if target is not None else None
        if moment_s is not None:
            self.seek(moment_s + passed_s * self._speed)
        if target is None or target.moment_s is None:
            self.pause()

    def seek(self, t_s: float | None) -> None:
        """Look at a moment; None for the end."""
        if self._target is not None:
            self._target.look_at(t_s)
            self.moved.emit()

    def nudge(self, times: int) -> None:
        """Forward or back by a hundredth of the recording, a second at least."""
        moment = self.moment_s
        if self._target is not None and self._target.span_s is not None and moment is not None:
            first, last = self._target.span_s
            self.seek(moment + times * max(_LEAST_NUDGE_S, (last - first) * _NUDGE_RATIO))

    @Slot()
    def to_next(self) -> None:
        """To where something happened next; to the end where nothing did."""
        moment = self.moment_s
        if self._target is not None and moment is not None:
            moments = self._target.moments()
            at = bisect_right(moments, moment + _NEAR_S)
            self.seek(moments[at] if at < len(moments) else None)

    @Slot()
    def to_previous(self) -> None:
        """To where something happened before; to the beginning where nothing did."""
        moment = self.moment_s
        if self._target is not None and self._target.span_s is not None and moment is not None:
            moments = self._target.moments()
            at = bisect_left(moments, moment - _NEAR_S)
            self.seek(moments[at - 1] if at else self._target.span_s[0])
