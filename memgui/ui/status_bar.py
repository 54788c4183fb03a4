"""The bottom line: connection, rate, losses, what watching costs, and who is alive. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from memgui.ui import format as fmt
from memgui.ui import target_view as view
from memgui.ui.labels import ElidedLabel, label, restyle

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget

_TONES = {"connected": "good", "outside": "", "connecting": "", "lost": "warn", "ended": ""}


class StatusBar(QFrame):
    """Each part explains itself on hover."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusBar")
        self.setFixedHeight(26)
        self._state = label()
        self._rate = label()
        self._cost = label()
        self._recording = label()
        restyle(self._recording, tone="bad")
        self._message = ElidedLabel()
        self._alive = label()
        self._rate.setToolTip(
            self.tr(
                "Readings that arrive per second, and readings that the agent threw away because this window\n"
                "took them too slowly. Training never waits for the window."
            )
        )
        self._cost.setToolTip(
            self.tr(
                "Processor time that the agent's own thread uses inside the training process,\n"
                "as a share of the time that passes."
            )
        )
        self._alive.setToolTip(self.tr("Watched processes that still run"))
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 0, 14, 0)
        row.setSpacing(26)
        for part in (self._state, self._rate, self._cost, self._recording):
            row.addWidget(part)
        row.addWidget(self._message, 1)
        row.addWidget(self._alive)

    def say(self, text: str) -> None:
        """Put a passing remark into the middle."""
        self._message.setText(text)

    def show_recording(self, words: str, always: str = "") -> None:
        """Say where to what is watched is written, by wish and always; empty for nowhere."""
        self._recording.setText(f"● {words}" if words else f"● {always}" if always else "")
        restyle(self._recording, tone="bad" if words else "")
        self._recording.setToolTip(always if words else "")

    def show_target(self, target: LiveTarget | None, targets: tuple[LiveTarget, ...]) -> None:
        """Say how the shown target and all of them are."""
        if target is None:
            self._state.setText(self.tr("○ no target"))
            restyle(self._state, tone="")
            self._rate.clear()
            self._cost.clear()
        else:
            live = target.state in ("connected", "outside")
            self._state.setText(("● " if live else "○ ") + view.state_words(target))
            self._state.setToolTip(target.state_text or "")
            restyle(self._state, tone=_TONES.get(target.state, ""))
            words = self.tr("{rate} · {n} dropped").format(
                rate=fmt.rate_hz(target.rate_hz if live else 0.0), n=fmt.count(target.dropped)
            )
            self._rate.setText(words if target.recording is None else "")
            restyle(self._rate, tone="warn" if target.dropped else "")
            cost = target.agent_cost_ratio
            self._cost.setText("" if cost is None else self.tr("agent costs {share}").format(share=fmt.ratio(cost)))
        watched = [one for one in targets if one.recording is None]
        alive = sum(one.state != "ended" for one in watched)
        text = self.tr("{alive} of {all} targets alive").format(alive=alive, all=len(watched))
        self._alive.setText(text if watched else "")
