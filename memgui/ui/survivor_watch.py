"""Arming the survivor watch, and what it found: one row above the suspects. GUI thread."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from memgui.protocol.watch import WatchParams
from memgui.ui import format as fmt
from memgui.ui.asks import Asks
from memgui.ui.feed import Outcome, as_problem
from memgui.ui.i18n import metric_title, translate
from memgui.ui.labels import label
from memgui.ui.suspicions import Suspicions

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget

_TIMEOUT_S = 10.0
_SHOWN = 4


class SurvivorWatch(QWidget):
    """Whether a watch is on is told by the target's events, so one that a terminal has armed is shown too.

    Attributes:
        toggle: begins or ends it; by_itself: whether a suspected growth begins it as well.
    """

    def __init__(self, asks: Asks, suspicions: Suspicions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asks = asks
        self._suspicions = suspicions
        self._target: LiveTarget | None = None
        self._trouble = ""
        self.toggle = QPushButton()
        self.toggle.setProperty("scale", "small")
        self.toggle.setToolTip(
            translate("chain", "Samples which line makes each tensor, and counts those that outlive their step")
        )
        self.toggle.clicked.connect(self._clicked)
        self.by_itself = QCheckBox(translate("chain", "When growth is suspected"))
        self.by_itself.setToolTip(
            translate(
                "chain",
                "Arms the watch of the shown target once for each growth that tensors may explain, for 24 sampled "
                "steps and two minutes at most. What it finds confirms or lowers the finding.",
            )
        )
        self.by_itself.toggled.connect(self._by_itself_toggled)
        suspicions.switched.connect(self.refresh)
        self.about = label(role="small", wrap=True)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.toggle)
        row.addWidget(self.by_itself)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 0, 12, 2)
        column.setSpacing(3)
        column.addLayout(row)
        column.addWidget(self.about)
        self.refresh()

    def show_target(self, target: LiveTarget | None) -> None:
        """Show another target's watch."""
        self._target, self._trouble = target, ""
        self.refresh()

    def refresh(self) -> None:
        """Take in what the events say."""
        target = self._target
        last = _last_watch(target) if target is not None else None
        self.toggle.setText(
            translate("chain", "End the watch") if _is_on(last) else translate("chain", "Watch for survivors")
        )
        self.toggle.setEnabled(target is not None and target.state == "connected")
        self.by_itself.setChecked(self._suspicions.are_on)
        trouble = self._trouble or (self._suspicions.trouble(target.key) if target is not None else "")
        self.about.setText(trouble or self._words(last))

    def _words(self, last: Mapping[str, Any] | None) -> str:
        if last is None:
            words = translate("chain", "For five minutes, at most 5 % of the step time; ends by itself.")
            return words if self._suspicions.are_on else f"{words} {_switched_off()}"
        if _is_on(last):
            cause = last.get("cause")
            if not isinstance(cause, str):
                return translate("chain", "The survivor watch is on; it takes at most 5 % of the step time.")
            return translate(
                "chain",
                "The survivor watch is on, since {metric} may leak; it takes at most 5 % of the step time and ends "
                "by itself.",
            ).format(metric=metric_title(cause))
        if last.get("reason"):
            return translate("chain", "The watch saw nothing: {why}.").format(why=last["reason"])
        found = last.get("survivors") or ()
        told = translate("chain", "{count} sampled steps, {share} of the time").format(
            count=last.get("sampled_steps", 0), share=f"{float(last.get('share', 0.0)):.1%}"
        )
        if not found:
            return translate("chain", "Nothing outlived its step.") + f" ({told})"
        return "\n".join([*map(_line, found[:_SHOWN]), told])

    @Slot()
    def _clicked(self) -> None:
        target = self._target
        if target is None:
            return
        is_on = _is_on(_last_watch(target))
        method, params = ("watch.stop", {}) if is_on else ("watch.start", WatchParams())
        self._trouble = ""
        self.toggle.setEnabled(False)
        self._asks.ask(target.key, method, params, self._answered, timeout_s=_TIMEOUT_S)

    @Slot(bool)
    def _by_itself_toggled(self, on: bool) -> None:  # noqa: FBT001 - Qt's signature
        self._suspicions.switch(on=on)

    def _answered(self, outcome: Outcome) -> None:
        """What came of it is an event; only a failure is told here."""
        if outcome.error is not None:
            self._trouble = str(as_problem(outcome.error))
        self.refresh()


def _switched_off() -> str:
    return translate("chain", "You have switched off that a suspected growth arms it.")


def _last_watch(target: LiveTarget) -> Mapping[str, Any] | None:
    found = [event.data for event in target.timeline.events if event.kind == "watch"]
    return found[-1] if found else None


def _is_on(last: Mapping[str, Any] | None) -> bool:
    return last is not None and bool(last.get("on"))


def _line(found: Mapping[str, Any]) -> str:
    what = f"{found.get('shape')} {found.get('dtype')}, {found.get('device')}"
    size = fmt.size(float(found.get("bytes_per_step", 0.0)))
    words = translate("chain", "+{size} a step: {what}, made in {place}")
    line = words.format(size=size, what=what, place=os.path.basename(str(found.get("born", ""))))
    return f"{line} ({translate('chain', 'expected')})" if found.get("expected") else line
