"""One finding as a card: what, how sure, how long; the open one also since when, why and what to do. GUI thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from memgui.ui.finding_words import (
    advice_html,
    fact_lines,
    finding_advice,
    finding_evidence,
    finding_sentence,
    finding_title,
    state_words,
)
from memgui.ui.labels import label, restyle
from memgui.ui.target_view import finding_id

if TYPE_CHECKING:
    from memgui.analysis.finding import Finding
    from memgui.ui.silence import Expectation

_ACT_PX = 136
_WHY_LEAST_PX = 56
_SIDE_PX = 12


@dataclass(frozen=True)
class NextStep:
    """The action that a finding advises, as the target offers it now, and what was found out so far.

    Attributes:
        title: on the button; empty where there is no such button.
        running: it is under way.
        diagnosis: the cause that the ladder has named; empty where it was not climbed.
    """

    title: str = ""
    running: bool = False
    diagnosis: str = ""


def tone_of(finding: Finding) -> str:
    """The card's colour: alarming, worth a look, or over; plain where it raises no alarm."""
    if finding.state == "resolved":
        return "good"
    if not finding.alarm:
        return ""
    return "bad" if finding.state == "confirmed" else "warn"


class FindingCard(QFrame):
    """One finding; a click or Return opens it and shows its fit in the charts.

    Attributes:
        chosen, mute_wanted, expect_wanted, rule_wanted: the finding's id; action_wanted: the name of the action it
            advises; chain_wanted: who holds what grows.
    """

    chosen = Signal(str)
    mute_wanted = Signal(str)
    expect_wanted = Signal(str)
    rule_wanted = Signal(str)
    action_wanted = Signal(str)
    chain_wanted = Signal()

    def __init__(self, finding: Finding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._finding = finding
        self._title = label(role="strong", wrap=True)
        self._state = label(role="small", wrap=True)
        self._sentence = label(role="muted", wrap=True)
        self._note = label(role="small", wrap=True)
        restyle(self._note, tone="warn")
        self._facts = label(role="small", wrap=True)
        self._diagnosis = label(wrap=True)
        self._advice = label(wrap=True)
        self._advice.setTextFormat(Qt.TextFormat.RichText)
        self._evidence = label(role="small", wrap=True)
        self.act = QPushButton()
        self.act.setProperty("role", "primary")
        self.act.clicked.connect(self._act_clicked)
        self.chain = QPushButton(self.tr("Show the chain"))
        self.chain.setToolTip(self.tr("Who holds what grows, and the line that made it"))
        self.chain.clicked.connect(self.chain_wanted)
        self.evidence = QPushButton(self.tr("Evidence"))
        self.evidence.setCheckable(True)
        self.evidence.setToolTip(self.tr("What this is concluded from"))
        self.evidence.toggled.connect(self._show_parts)
        tip = self.tr("Why am I told this? How this rule reaches its verdict")
        self.why = self._quiet_button(self.tr("Why am I told this?"), tip)
        self.why.setProperty("role", "link")
        self.why.setMinimumWidth(_WHY_LEAST_PX)
        self.why.clicked.connect(self._why_clicked)
        self.expect = self._quiet_button(
            self.tr("Expected…"), self.tr("Say why this grows; remembered for this script, also after a restart")
        )
        self.expect.clicked.connect(self._expect_clicked)
        self.mute = self._quiet_button(
            self.tr("Mute"), self.tr("Hide this finding and take its badge away until memgui ends")
        )
        self.mute.clicked.connect(self._mute_clicked)
        for button in (self.act, self.chain, self.evidence, self.why, self.expect, self.mute):
            button.setCursor(Qt.CursorShape.ArrowCursor)
            button.setProperty("scale", "small")
        for button in (self.why, self.expect, self.mute):
            button.setProperty("scale", "tight")
        self._is_open = False
        self._lay_out()
        self.show_finding(finding, NextStep(), None, is_open=False)

    def _quiet_button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("role", "quiet")
        button.setToolTip(tip)
        return button

    def _lay_out(self) -> None:
        steps = QHBoxLayout()
        steps.setSpacing(6)
        steps.addWidget(self.act)
        steps.addStretch(1)
        looks = QHBoxLayout()
        looks.setSpacing(6)
        looks.addWidget(self.chain)
        looks.addWidget(self.evidence)
        looks.addStretch(1)
        quiet = QHBoxLayout()
        quiet.setSpacing(0)
        quiet.addWidget(self.why)
        quiet.addStretch(1)
        quiet.addWidget(self.expect)
        quiet.addWidget(self.mute)
        self._steps, self._looks, self._quiet = QWidget(), QWidget(), QWidget()
        for holder, row in ((self._steps, steps), (self._looks, looks), (self._quiet, quiet)):
            row.setContentsMargins(0, 0 if holder is self._quiet else 3, 0, 0)
            holder.setLayout(row)
        column = QVBoxLayout(self)
        column.setContentsMargins(_SIDE_PX, 11, _SIDE_PX, 9)
        column.setSpacing(5)
        for part in (self._title, self._state, self._sentence, self._note, self._facts, self._diagnosis):
            column.addWidget(part)
        column.addWidget(self._advice)
        column.addWidget(self._evidence)
        column.addWidget(self._steps)
        column.addWidget(self._looks)
        column.addWidget(self._quiet)

    @property
    def finding(self) -> Finding:
        """What it shows."""
        return self._finding

    def show_finding(
        self, finding: Finding, next_step: NextStep, outgrown: Expectation | None, *, is_open: bool
    ) -> None:
        """Take in the finding as it is now.

        Args:
            outgrown: what was expected of it, and is not enough any more.
            is_open: it is the one whose fit the charts draw.
        """
        self._finding = finding
        self._is_open = is_open
        restyle(self, tone=tone_of(finding), chosen="true" if is_open else "false")
        self._title.setText(finding_title(finding))
        self._state.setText(state_words(finding))
        self._sentence.setText(finding_sentence(finding))
        self._note.setText(self._outgrown_words(outgrown))
        self._facts.setText("\n".join(fact_lines(finding)))
        self._diagnosis.setText(self._diagnosis_words(next_step.diagnosis))
        self._advice.setText(advice_html(finding_advice(finding)))
        self._evidence.setText("\n".join(f"• {line}" for line in finding_evidence(finding)))
        words = self.tr("{title}…").format(title=next_step.title) if next_step.running else next_step.title
        self.act.setText(self.act.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, _ACT_PX))
        self.act.setToolTip(self.tr("Under way") if next_step.running else next_step.title)
        self.act.setEnabled(not next_step.running)
        self.act.setVisible(bool(next_step.title) and finding.state != "resolved")
        self.setAccessibleName(f"{self._title.text()}. {self._sentence.text()}")
        self.setAccessibleDescription(self._state.text())
        self._show_parts()

    @Slot()
    def _show_parts(self) -> None:
        finding, is_open = self._finding, self._is_open
        self._note.setVisible(bool(self._note.text()))
        self._facts.setVisible(is_open)
        self._diagnosis.setVisible(is_open and bool(self._diagnosis.text()))
        self._advice.setVisible(is_open and bool(finding.advice))
        self._evidence.setVisible(is_open and bool(finding.evidence) and self.evidence.isChecked())
        self.evidence.setVisible(bool(finding.evidence))
        self._steps.setVisible(is_open and not self.act.isHidden())
        self.chain.setVisible(finding.state != "resolved")
        self._looks.setVisible(is_open and (bool(finding.evidence) or not self.chain.isHidden()))
        self._quiet.setVisible(is_open)

    def _diagnosis_words(self, diagnosis: str) -> str:
        return self.tr("Diagnosed. {cause}").format(cause=diagnosis) if diagnosis else ""

    def _outgrown_words(self, outgrown: Expectation | None) -> str:
        if outgrown is None:
            return ""
        return self.tr("Expected (“{reason}”), but now more than twice as fast.").format(reason=outgrown.reason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The link to the rule has a shorter wording for a narrow card."""
        super().resizeEvent(event)
        room = self.width() - 2 * _SIDE_PX - self.expect.sizeHint().width() - self.mute.sizeHint().width()
        wide = self.tr("Why am I told this?")
        fits = self.why.fontMetrics().horizontalAdvance(wide) + 4 <= room
        self.why.setText(wide if fits else self.tr("Why this?"))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click anywhere on the card chooses it."""
        self.chosen.emit(finding_id(self._finding))
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return or space chooses it."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(finding_id(self._finding))
        else:
            super().keyPressEvent(event)

    @Slot()
    def _act_clicked(self) -> None:
        self.action_wanted.emit(self._finding.action or "")

    @Slot()
    def _why_clicked(self) -> None:
        self.rule_wanted.emit(finding_id(self._finding))

    @Slot()
    def _expect_clicked(self) -> None:
        self.expect_wanted.emit(finding_id(self._finding))

    @Slot()
    def _mute_clicked(self) -> None:
        self.mute_wanted.emit(finding_id(self._finding))
