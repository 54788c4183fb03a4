"""What the analysis has to say about the shown target, one card a finding. GUI thread."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from memgui.ui.action_runs import ActionRuns
from memgui.ui.finding_card import FindingCard, NextStep
from memgui.ui.i18n import action_title
from memgui.ui.labels import ElidedLabel, label, section
from memgui.ui.silence import Expectation, Silence, script_of
from memgui.ui.target_view import diagnosis_of, finding_id

if TYPE_CHECKING:
    from memgui.analysis.finding import Finding
    from memgui.link.target import LiveTarget

_ORDER = {"confirmed": 0, "probable": 1, "growing": 2, "resolved": 3}


class FindingsPanel(QWidget):
    """Cards, the one that reaches its limit first on top; what was muted or expected can be brought back.

    Attributes:
        finding_shown: the Finding whose fit the charts should draw, or None; span_wanted: a Finding whose interval the
            charts should select, since a person has chosen its card; action_wanted: an action's name;
            chain_wanted: who holds what grows.
    """

    finding_shown = Signal(object)
    span_wanted = Signal(object)
    action_wanted = Signal(str)
    chain_wanted = Signal()

    def __init__(self, runs: ActionRuns, silence: Silence, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self._silence = silence
        self._target: LiveTarget | None = None
        self._chosen = ""
        self._by_hand = False
        self._shown: Finding | None = None
        self._last: object = None
        self.cards: dict[str, FindingCard] = {}
        self.expected_rows: dict[Expectation, _ExpectedRow] = {}
        self._quiet = label(role="small", wrap=True)
        self._quiet.setContentsMargins(4, 0, 4, 0)
        self.unmute = QPushButton()
        self.unmute.setProperty("role", "link")
        self.unmute.clicked.connect(self._unmute_clicked)
        heading = section(self.tr("Findings"))
        heading.setContentsMargins(4, 0, 0, 0)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addWidget(heading)
        self._column.addWidget(self._quiet)
        self._column.addWidget(self.unmute, 0, Qt.AlignmentFlag.AlignLeft)
        silence.changed.connect(self._look_again)
        runs.changed.connect(self._look_again)
        self._show(())

    def show_target(self, target: LiveTarget | None) -> None:
        """Show another target's findings."""
        self._target = target
        self._chosen, self._by_hand = "", False
        self._look_again()

    def refresh(self) -> None:
        """Take in the findings as they are now; nothing is done where they are the same."""
        target = self._target
        # The action that a finding advises comes and goes with the connection, and a diagnosis is an event.
        now = (tuple(target.findings), target.state, target.actions, len(target.receipts)) if target else ((),)
        if now != self._last:
            self._last = now
            self._show(now[0])

    @Slot()
    def _look_again(self) -> None:
        self._last = None
        self.refresh()

    def _show(self, findings: tuple[Finding, ...]) -> None:
        target = self._target
        told = [one for one in findings if target is None or not self._silence.hides(target, one)]
        wanted = {finding_id(one): one for one in sorted(told, key=_urgency)}
        for ident in [ident for ident in self.cards if ident not in wanted]:
            self._drop(self.cards.pop(ident))
        if self._chosen not in wanted:
            self._chosen, self._by_hand = next(iter(wanted), ""), False
        for place, (ident, one) in enumerate(wanted.items()):
            known = self.cards.get(ident) or self._make_card(one)
            self.cards[ident] = known
            if self._column.indexOf(known) != place + 1:
                self._column.removeWidget(known)
                self._column.insertWidget(place + 1, known)
            outgrown = self._silence.outgrown(target, one) if target is not None else None
            known.show_finding(one, self._next_step(one), outgrown, is_open=ident == self._chosen)
        self._quiet.setText(self._quiet_words())
        self._quiet.setVisible(not wanted)
        self._show_silenced(findings)
        shown = wanted.get(self._chosen)
        if shown is not None and shown.state == "resolved" and not self._by_hand:
            shown = None
        if shown != self._shown:
            self._shown = shown
            self.finding_shown.emit(shown)

    def _show_silenced(self, findings: tuple[Finding, ...]) -> None:
        target, silence = self._target, self._silence
        muted = sum(target is not None and silence.is_muted(target, one) for one in findings)
        self.unmute.setText(self.tr("{n} muted · show").format(n=muted))
        self.unmute.setVisible(muted > 0)
        expected = silence.expected_of(target) if target is not None else ()
        for gone in [one for one in self.expected_rows if one not in expected]:
            self._drop(self.expected_rows.pop(gone))
        for one in expected:
            if one not in self.expected_rows:
                row = _ExpectedRow(one)
                row.back.clicked.connect(partial(silence.take_back, one))
                self.expected_rows[one] = row
                self._column.addWidget(row)

    def _drop(self, part: QWidget) -> None:
        self._column.removeWidget(part)
        part.hide()
        part.deleteLater()

    def _make_card(self, finding: Finding) -> FindingCard:
        card = FindingCard(finding)
        card.chosen.connect(self._choose)
        card.mute_wanted.connect(self._mute)
        card.expect_wanted.connect(self._ask_why_expected)
        card.rule_wanted.connect(self._show_rule)
        card.action_wanted.connect(self.action_wanted)
        card.chain_wanted.connect(self.chain_wanted)
        return card

    def _next_step(self, finding: Finding) -> NextStep:
        target = self._target
        if target is None:
            return NextStep()
        diagnosis = diagnosis_of(target, finding)
        actions = target.actions if target.state == "connected" else ()
        offered = (one for one in actions if one.name == finding.action and not one.unavailable)
        action = next(offered, None)
        if action is None:
            return NextStep(diagnosis=diagnosis)
        running = self._runs.running(target.key, action.name) is not None
        return NextStep(action_title(action.title), running, diagnosis)

    def _quiet_words(self) -> str:
        if self._target is None:
            return self.tr("No target is shown.")
        if self._target.state == "ended":
            return self.tr("Nothing grew while this process was watched.")
        return self.tr("Nothing grows. A verdict needs some twenty steps after the warm-up.")

    def _of(self, ident: str) -> Finding | None:
        card = self.cards.get(ident)
        return card.finding if card is not None else None

    @Slot(str)
    def _choose(self, ident: str) -> None:
        self._chosen, self._by_hand = ident, True
        self._look_again()
        finding = self._of(ident)
        if finding is not None:
            self.span_wanted.emit(finding)

    @Slot(str)
    def _mute(self, ident: str) -> None:
        finding = self._of(ident)
        if self._target is not None and finding is not None:
            self._silence.mute(self._target, finding)

    @Slot(str)
    def _ask_why_expected(self, ident: str) -> None:
        from memgui.ui.expect_dialog import ExpectDialog  # dialogs are no part of the first paint

        target, finding = self._target, self._of(ident)
        if target is not None and finding is not None:
            dialog = ExpectDialog(finding, os.path.basename(script_of(target)), self.window())
            dialog.given.connect(partial(self._silence.expect, target, finding))
            dialog.open()

    @Slot(str)
    def _show_rule(self, ident: str) -> None:
        from memgui.ui.rule_dialog import RuleDialog

        finding = self._of(ident)
        if finding is not None:
            RuleDialog(finding, self.window()).show()

    @Slot()
    def _unmute_clicked(self) -> None:
        if self._target is not None:
            self._silence.unmute(self._target)


class _ExpectedRow(QFrame):
    """What is expected of this script and why; `back` takes it back."""

    def __init__(self, expectation: Expectation) -> None:
        super().__init__()
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(ElidedLabel(self.tr("Expected: {title}").format(title=expectation.title), "small"))
        words.addWidget(ElidedLabel(f"“{expectation.reason}”", "small"))
        self.back = QPushButton(self.tr("Take back"))
        self.back.setProperty("role", "link")
        self.back.setProperty("scale", "small")
        self.back.setToolTip(self.tr("Be told of this growth again"))
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 0, 0)
        row.setSpacing(4)
        row.addLayout(words, 1)
        row.addWidget(self.back)


def _urgency(finding: Finding) -> tuple[bool, float, int, float]:
    """By the time to the limit; what has none comes after, the surest first; what is over comes last."""
    eta_s = float("inf") if finding.eta_s is None else finding.eta_s
    return finding.state == "resolved", eta_s, _ORDER.get(finding.state, 9), -finding.score
