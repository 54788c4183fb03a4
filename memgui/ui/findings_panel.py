"""What the analysis has to say about the shown target, one card a finding. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from memgui.ui import format as fmt
from memgui.ui.i18n import action_title
from memgui.ui.labels import label, restyle, section
from memgui.ui.target_view import finding_id

if TYPE_CHECKING:
    from memgui.analysis.finding import Finding
    from memgui.link.target import LiveTarget
    from memgui.protocol.payloads import ActionInfo

_ACT_PX = 130
_ORDER = {"confirmed": 0, "probable": 1, "growing": 2, "resolved": 3}


def tone_of(finding: Finding) -> str:
    """The card's colour: alarming, worth a look, or over."""
    if finding.state == "resolved":
        return "good"
    return "bad" if finding.state == "confirmed" else "warn" if finding.state == "probable" else ""


class FindingCard(QFrame):
    """One finding; a click or Return shows its fit in the charts.

    Attributes:
        chosen, mute_wanted: the finding's id; action_wanted: the name of the action it advises.
    """

    chosen = Signal(str)
    mute_wanted = Signal(str)
    action_wanted = Signal(str)

    def __init__(self, finding: Finding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._finding = finding
        self._title = label(role="strong", wrap=True)
        self._sentence = label(role="muted", wrap=True)
        self._facts = label(role="small", wrap=True)
        self._advice = label(wrap=True)
        self._evidence = label(role="small", wrap=True)
        self._evidence.hide()
        self.act = QPushButton()
        self.act.setProperty("role", "primary")
        self.act.clicked.connect(self._act_clicked)
        self.why = QPushButton(self.tr("Why?"))
        self.why.setCheckable(True)
        self.why.setToolTip(self.tr("What this is concluded from"))
        self.why.toggled.connect(self._evidence.setVisible)
        self.mute = QPushButton(self.tr("Mute"))
        self.mute.setToolTip(self.tr("Hide this finding and take its badge away until memgui ends"))
        self.mute.setProperty("role", "quiet")
        self.mute.clicked.connect(self._mute_clicked)
        for button in (self.act, self.why, self.mute):
            button.setCursor(Qt.CursorShape.ArrowCursor)
            button.setProperty("scale", "small")
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.act)
        row.addWidget(self.why)
        row.addStretch(1)
        row.addWidget(self.mute)
        column = QVBoxLayout(self)
        column.setContentsMargins(13, 11, 13, 11)
        column.setSpacing(5)
        for part in (self._title, self._sentence, self._facts, self._advice, self._evidence):
            column.addWidget(part)
        column.addSpacing(3)
        column.addLayout(row)
        self.show_finding(finding, "", is_shown=False)

    def show_finding(self, finding: Finding, action_title: str, *, is_shown: bool) -> None:
        """Take in the finding as it is now; `is_shown` marks the one whose fit the charts draw."""
        self._finding = finding
        restyle(self, tone=tone_of(finding), chosen="true" if is_shown else "false")
        self._title.setText(finding.title)
        self._sentence.setText(finding.sentence)
        self._facts.setText("\n".join(self._fact_lines(finding)))
        self._advice.setText(finding.advice)
        self._advice.setVisible(bool(finding.advice))
        self._evidence.setText("\n".join(f"• {line}" for line in finding.evidence))
        self.why.setVisible(bool(finding.evidence))
        self.act.setText(self.act.fontMetrics().elidedText(action_title, Qt.TextElideMode.ElideRight, _ACT_PX))
        self.act.setToolTip(action_title)
        self.act.setVisible(bool(action_title) and finding.state != "resolved")
        self.setAccessibleName(f"{finding.title}. {finding.sentence}")

    def _fact_lines(self, finding: Finding) -> list[str]:
        lines = []
        low, high = finding.step_low, finding.step_high
        if low is not None and high is not None and finding.rate_bytes_per_step is not None:
            unit, scale = fmt.unit_of(finding.rate_bytes_per_step)
            words = self.tr("between {low} and {high} per step")
            lines.append(words.format(low=fmt.size_in(low, unit, scale), high=fmt.size_in(high, unit, scale)))
        since = fmt.clock(finding.since_s)
        lasted = fmt.span(finding.until_s - finding.since_s)
        state = {
            "growing": self.tr("growing"),
            "probable": self.tr("probable"),
            "confirmed": self.tr("confirmed"),
            "resolved": self.tr("over"),
        }.get(finding.state, finding.state)
        lines.append(self.tr("{state} · since {time}, for {span}").format(state=state, time=since, span=lasted))
        if finding.eta_s is not None and finding.state != "resolved":
            eta = self.tr("limit in {eta}").format(eta=fmt.duration(finding.eta_s))
            if finding.eta_low_s is not None and finding.eta_high_s is not None:
                eta += f" ({fmt.duration(finding.eta_low_s)} – {fmt.duration(finding.eta_high_s)})"
            lines.append(eta)
        return lines

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
    def _mute_clicked(self) -> None:
        self.mute_wanted.emit(finding_id(self._finding))


class FindingsPanel(QWidget):
    """Cards, the gravest first; what was muted can be brought back.

    Attributes:
        finding_shown: the Finding whose fit the charts should draw, or None; action_wanted: an action's name;
        muted_changed: the ids that are muted, by target key.
    """

    finding_shown = Signal(object)
    action_wanted = Signal(str)
    muted_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._target: LiveTarget | None = None
        self._chosen = ""
        self._offered: tuple[str, tuple[ActionInfo, ...]] | None = None
        self._by_hand = False
        self._shown: Finding | None = None
        self._last: tuple[Finding, ...] | None = None
        self.cards: dict[str, FindingCard] = {}
        self.muted: dict[Any, frozenset[str]] = {}
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
        self._show(())

    def show_target(self, target: LiveTarget | None) -> None:
        """Show another target's findings."""
        self._target = target
        self._chosen, self._last, self._by_hand = "", None, False
        self.refresh()

    def refresh(self) -> None:
        """Take in the findings as they are now; nothing is done where they are the same."""
        target = self._target
        findings = tuple(target.findings) if target else ()
        # The action that a finding advises comes and goes with the connection.
        offered = (target.state, target.actions) if target else None
        if findings != self._last or offered != self._offered:
            self._last, self._offered = findings, offered
            self._show(findings)

    def _show(self, findings: tuple[Finding, ...]) -> None:
        key = self._target.key if self._target else None
        muted = self.muted.get(key, frozenset())
        open_ones = sorted(
            (one for one in findings if finding_id(one) not in muted),
            key=lambda one: (_ORDER.get(one.state, 9), -one.score),
        )
        wanted = {finding_id(one): one for one in open_ones}
        for ident in [ident for ident in self.cards if ident not in wanted]:
            card = self.cards.pop(ident)
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        if self._chosen not in wanted:
            self._chosen, self._by_hand = next(iter(wanted), ""), False
        for place, (ident, one) in enumerate(wanted.items()):
            known = self.cards.get(ident) or self._make_card(one)
            self.cards[ident] = known
            if self._column.indexOf(known) != place + 1:
                self._column.removeWidget(known)
                self._column.insertWidget(place + 1, known)
            known.show_finding(one, self._action_title(one), is_shown=ident == self._chosen)
        self._quiet.setText(self._quiet_words())
        self._quiet.setVisible(not wanted)
        hidden = sum(finding_id(one) in muted for one in findings)
        self.unmute.setText(self.tr("{n} muted · show").format(n=hidden))
        self.unmute.setVisible(hidden > 0)
        shown = wanted.get(self._chosen)
        if shown is not None and shown.state == "resolved" and not self._by_hand:
            shown = None
        if shown != self._shown:
            self._shown = shown
            self.finding_shown.emit(shown)

    def _make_card(self, finding: Finding) -> FindingCard:
        card = FindingCard(finding)
        card.chosen.connect(self._choose)
        card.mute_wanted.connect(self._mute)
        card.action_wanted.connect(self.action_wanted)
        return card

    def _action_title(self, finding: Finding) -> str:
        target = self._target
        actions = target.actions if target and target.state == "connected" else ()
        return next(
            (action_title(one.title) for one in actions if one.name == finding.action and not one.unavailable), ""
        )

    def _quiet_words(self) -> str:
        if self._target is None:
            return self.tr("No target is shown.")
        if self._target.state == "ended":
            return self.tr("Nothing grew while this process was watched.")
        return self.tr("Nothing grows. A verdict needs some twenty steps after the warm-up.")

    @Slot(str)
    def _choose(self, ident: str) -> None:
        self._chosen, self._by_hand = ident, True
        self._show(self._last or ())

    @Slot(str)
    def _mute(self, ident: str) -> None:
        if self._target is not None:
            self.muted[self._target.key] = self.muted.get(self._target.key, frozenset()) | {ident}
            self._show(self._last or ())
            self.muted_changed.emit(dict(self.muted))

    @Slot()
    def _unmute_clicked(self) -> None:
        if self._target is not None:
            self.muted.pop(self._target.key, None)
            self._show(self._last or ())
            self.muted_changed.emit(dict(self.muted))
