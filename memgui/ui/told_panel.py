"""What was told while a recording was made, beside what today's rules say. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from memgui.ui import format as fmt
from memgui.ui.finding_words import state_word, state_words
from memgui.ui.labels import label, restyle, section
from memgui.ui.target_view import finding_id

if TYPE_CHECKING:
    from memgui.link.replay import ReplayedTarget, Told
    from memgui.link.target import LiveTarget

_SHOWN = 5


class ToldPanel(QWidget):
    """One small card for the last word on each metric; hidden for live targets, and where nothing was told."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._target: ReplayedTarget | None = None
        self._last: object = None
        self.cards: list[ToldCard] = []
        heading = section(self.tr("Told at the time"))
        heading.setContentsMargins(4, 0, 0, 0)
        heading.setToolTip(self.tr("Above: what today's rules say at this moment of the recording."))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 4, 0, 0)
        self._column.setSpacing(8)
        self._column.addWidget(heading)
        self.hide()

    def show_target(self, target: LiveTarget | None) -> None:
        """Show another target's, if it comes from a recording."""
        self._target = None
        if target is not None and target.recording is not None:
            from memgui.link.replay import ReplayedTarget  # no part of the first paint

            self._target = target if isinstance(target, ReplayedTarget) else None
        self.refresh()

    def refresh(self) -> None:
        """Take in what had been told by the moment that is looked at; nothing is done where that is the same."""
        target = self._target
        told = target.told_by_now[-_SHOWN:] if target is not None else ()
        today = {finding_id(one): one.state for one in target.findings} if target is not None else {}
        if (told, today) == self._last:
            return
        self._last = (told, today)
        while len(self.cards) > len(told):
            card = self.cards.pop()
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        while len(self.cards) < len(told):
            self.cards.append(ToldCard())
            self._column.addWidget(self.cards[-1])
        for card, one in zip(self.cards, told, strict=True):
            card.show_told(one, today.get(finding_id(one.finding)))
        self.setVisible(bool(told))


class ToldCard(QFrame):
    """When, what, and whether today's rules agree."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.title = label(wrap=True)
        self.state = label(role="small", wrap=True)
        self.today = label(role="small", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(3)
        for part in (self.title, self.state, self.today):
            column.addWidget(part)

    def show_told(self, told: Told, today: str | None) -> None:
        """Put it into words.

        Args:
            today: state by today's rules at the same moment; None where they say nothing of it.
        """
        finding = told.finding
        self.title.setText(finding.title)
        when = fmt.clock(told.t_s)
        self.state.setText(self.tr("{time} · {state}").format(time=when, state=state_words(finding)))
        self.setToolTip(finding.sentence)
        if today == finding.state:
            words, tone = self.tr("Today's rules say the same."), "good"
        elif today is None:
            words, tone = self.tr("Today's rules do not say this."), "warn"
        else:
            words, tone = self.tr("Today's rules say: {state}.").format(state=state_word(today)), ""
        self.today.setText(words)
        restyle(self.today, tone=tone)
